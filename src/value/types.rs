//! The types of Terraform's values and their JSON form, cty's type constraints.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// A type of value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// Any type; each value brings its own.
    Dynamic,
    /// `list(..)`
    List(Box<Type>),
    /// `set(..)`
    Set(Box<Type>),
    /// `map(..)`
    Map(Box<Type>),
    /// `object({..})`
    Object(BTreeMap<String, Type>),
    /// `tuple([..])`
    Tuple(Vec<Type>),
}

/// Text or JSON that names no type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a type constraint")]
pub struct TypeError(String);

impl Type {
    /// The JSON form the protocol wants in schemas: `"string"`, `["list","string"]`, ...
    pub fn to_json(&self) -> Json {
        match self {
            Self::Bool => json!("bool"),
            Self::Number => json!("number"),
            Self::String => json!("string"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(members) => {
                let members: serde_json::Map<String, Json> = members
                    .iter()
                    .map(|(name, ty)| (name.clone(), ty.to_json()))
                    .collect();
                json!(["object", members])
            }
            Self::Tuple(items) => {
                json!(["tuple", items.iter().map(Self::to_json).collect::<Vec<_>>()])
            }
        }
    }

    /// Reads the JSON form.
    pub fn from_json(json: &Json) -> Result<Self, TypeError> {
        let wrong = || TypeError(json.to_string());
        match json {
            Json::String(name) => match name.as_str() {
                "bool" => Ok(Self::Bool),
                "number" => Ok(Self::Number),
                "string" => Ok(Self::String),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(wrong()),
            },
            // An object may carry the list of its optional attributes as a third item; it does
            // not change the values.
            Json::Array(items) => match (items.first().and_then(Json::as_str), items.get(1)) {
                (Some("list"), Some(element)) => {
                    Ok(Self::List(Box::new(Self::from_json(element)?)))
                }
                (Some("set"), Some(element)) => Ok(Self::Set(Box::new(Self::from_json(element)?))),
                (Some("map"), Some(element)) => Ok(Self::Map(Box::new(Self::from_json(element)?))),
                (Some("object"), Some(Json::Object(members))) => {
                    let members = members
                        .iter()
                        .map(|(name, ty)| Ok((name.clone(), Self::from_json(ty)?)));
                    Ok(Self::Object(members.collect::<Result<_, TypeError>>()?))
                }
                (Some("tuple"), Some(Json::Array(items))) => Ok(Self::Tuple(
                    items
                        .iter()
                        .map(Self::from_json)
                        .collect::<Result<_, TypeError>>()?,
                )),
                _ => Err(wrong()),
            },
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_survives_its_json_form() {
        let ty = Type::Object(BTreeMap::from([
            ("flags".to_owned(), Type::Map(Box::new(Type::Bool))),
            ("names".to_owned(), Type::Set(Box::new(Type::String))),
            (
                "pair".to_owned(),
                Type::Tuple(vec![Type::Number, Type::Dynamic]),
            ),
            (
                "rows".to_owned(),
                Type::List(Box::new(Type::Object(BTreeMap::new()))),
            ),
        ]));

        let back = Type::from_json(&ty.to_json());

        assert_eq!(back, Ok(ty));
    }

    #[test]
    fn an_unknown_word_is_refused() {
        let refused = Type::from_json(&json!("text"));

        assert_eq!(refused, Err(TypeError("\"text\"".into())));
    }
}
