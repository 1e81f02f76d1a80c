//! The types of `Microsoft.ContainerService` as published for Bicep: a list in which types refer to each other.

use std::path::Path;

use serde_json::Value;

/// All types of one API version.
pub(crate) struct Types(Vec<Value>);

/// Bits of a property's flags.
const READ_ONLY: u64 = 2;

/// What stands in the address of a request, not in its body.
const ADDRESS: [&str; 2] = ["apiVersion", "type"];

impl Types {
    pub(crate) fn load(schema: &Path) -> Self {
        let path = schema.join("bicep-microsoft.containerservice-2026-05-01.types.json");
        let text = std::fs::read_to_string(path).expect("the types of Microsoft.ContainerService");
        Self(serde_json::from_str(&text).expect("a list of types"))
    }

    /// What is wrong with a body of a resource type.
    pub(crate) fn faults(&self, of_type: &str, body: &Value) -> Vec<String> {
        let wanted = format!("{of_type}@2026-05-01");
        let resource = self.0.iter().find(|own| own["name"] == wanted.as_str());
        let Some(resource) = resource else {
            return vec!["no published type of this name".to_owned()];
        };
        let mut faults = Vec::new();
        self.check(self.at(&resource["body"]), body, "", &mut faults);
        faults
    }

    /// The type that a reference such as `#/12` leads to.
    fn at(&self, reference: &Value) -> &Value {
        let number = reference["$ref"]
            .as_str()
            .and_then(|text| text.strip_prefix("#/"));
        let number: usize = number
            .and_then(|number| number.parse().ok())
            .expect("a number");
        &self.0[number]
    }

    fn check(&self, of_type: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
        let fits = match of_type["$type"].as_str().expect("a kind of type") {
            "AnyType" => true,
            "BooleanType" => value.is_boolean(),
            "IntegerType" => value.as_i64().is_some_and(|number| {
                of_type["minValue"]
                    .as_i64()
                    .is_none_or(|least| number >= least)
                    && of_type["maxValue"]
                        .as_i64()
                        .is_none_or(|most| number <= most)
            }),
            "StringType" => value.as_str().is_some_and(|text| {
                let length = text.chars().count() as u64;
                of_type["minLength"]
                    .as_u64()
                    .is_none_or(|least| length >= least)
                    && of_type["maxLength"]
                        .as_u64()
                        .is_none_or(|most| length <= most)
            }),
            "StringLiteralType" => *value == of_type["value"],
            "UnionType" => {
                let elements = of_type["elements"].as_array().expect("elements");
                elements.iter().any(|element| {
                    let mut own = Vec::new();
                    self.check(self.at(element), value, path, &mut own);
                    own.is_empty()
                })
            }
            "ArrayType" => {
                for element in value.as_array().into_iter().flatten() {
                    self.check(
                        self.at(&of_type["itemType"]),
                        element,
                        &format!("{path}[]"),
                        faults,
                    );
                }
                value.is_array()
            }
            "ObjectType" => {
                self.check_members(of_type, value, path, faults);
                value.is_object()
            }
            other => panic!("{other} is a kind of type this test does not know"),
        };
        if !fits {
            faults.push(format!(
                "{path} is {value}, which is no {}",
                of_type["$type"]
            ));
        }
    }

    fn check_members(&self, of_type: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
        for (name, member) in value.as_object().into_iter().flatten() {
            let at = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            let property = &of_type["properties"][name];
            let rest = &of_type["additionalProperties"];
            if property.is_object() && !(path.is_empty() && ADDRESS.contains(&name.as_str())) {
                if property["flags"].as_u64().unwrap_or_default() & READ_ONLY != 0 {
                    faults.push(format!("{at} is Azure's to write"));
                }
                self.check(self.at(&property["type"]), member, &at, faults);
            } else if rest.is_object() {
                self.check(self.at(rest), member, &format!("{path}.*"), faults);
            } else {
                faults.push(format!("{at} is no property"));
            }
        }
    }
}
