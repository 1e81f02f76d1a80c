//! How the models of Azure's bodies are declared: a field's name beside the property it stands for.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

/// Declares a struct whose fields may all be missing, and that gives back what it does not know.
///
/// Null and absent are one thing to Azure Resource Manager, so both read as `None`, and `None` is not written.
macro_rules! model {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $kind:ty = $property:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name {
            $(
                #[doc = concat!("Azure's `", $property, "`.")]
                #[serde(rename = $property, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )*
            /// What Azure sent beyond the fields above, given back as it came.
            #[serde(flatten, deserialize_with = "crate::azure::arm::model::without_nulls")]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }
    };
}

pub(super) use model;

/// Reads the properties that no field takes, without those that are null.
pub(super) fn without_nulls<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Map<String, Value>, D::Error> {
    Map::deserialize(deserializer).map(drop_nulls)
}

fn drop_nulls(map: Map<String, Value>) -> Map<String, Value> {
    let present = map.into_iter().filter(|(_, value)| !value.is_null());
    present
        .map(|(name, value)| match value {
            Value::Object(inner) => (name, Value::Object(drop_nulls(inner))),
            other => (name, other),
        })
        .collect()
}
