//! Definitions of an `OpenAPI` description, as far as role assignments need them.

use std::path::Path;

use serde_json::Value;

/// The definitions of one description, by name.
pub(crate) struct Definitions(Value);

impl Definitions {
    /// Those of role assignments.
    pub(crate) fn load(schema: &Path) -> Self {
        let path = schema.join(
            "openapi/authorization/resource-manager/Microsoft.Authorization/stable/2022-04-01/\
             authorization-RoleAssignmentsCalls.json",
        );
        let text = std::fs::read_to_string(path).expect("the description of role assignments");
        let mut description: Value = serde_json::from_str(&text).expect("a description");
        Self(description["definitions"].take())
    }

    /// What is wrong with a body that a definition describes.
    pub(crate) fn faults(&self, definition: &str, body: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        self.check(&self.0[definition], body, "", &mut faults);
        faults
    }

    fn check(&self, definition: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
        let reference = definition["$ref"].as_str();
        if let Some(name) = reference.and_then(|text| text.strip_prefix("#/definitions/")) {
            return self.check(&self.0[name], value, path, faults);
        }
        let fits = match definition["type"].as_str() {
            Some("string") => value.as_str().is_some_and(|text| {
                let words = definition["enum"].as_array();
                words.is_none_or(|words| words.iter().any(|word| word == text))
            }),
            Some("object") => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    let at = format!("{path}.{name}");
                    match &definition["properties"][name] {
                        Value::Null => faults.push(format!("{at} is no property")),
                        property if property["readOnly"] == true => {
                            faults.push(format!("{at} is Azure's to write"));
                        }
                        property => self.check(property, member, &at, faults),
                    }
                }
                for name in definition["required"].as_array().into_iter().flatten() {
                    if value.get(name.as_str().unwrap_or_default()).is_none() {
                        faults.push(format!("{path} lacks {name}"));
                    }
                }
                value.is_object()
            }
            other => panic!("{other:?} is a type this test does not know"),
        };
        if !fits {
            faults.push(format!(
                "{path} is {value}, which is no {}",
                definition["type"]
            ));
        }
    }
}
