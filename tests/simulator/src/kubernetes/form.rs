//! The forms an answer can have: the object, its metadata alone, or a table for people.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::kind::Kind;
use super::table;
use crate::message::Message;

/// What a client wants to see of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    /// `PartialObjectMetadata`.
    Metadata,
    /// `Table`, with the rows' objects as asked by `includeObject`.
    Table(Included),
}

/// What the rows of a table carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Included {
    Nothing,
    Metadata,
    Object,
}

impl Form {
    /// The first form of the `Accept` header that is known here.
    pub(crate) fn of(message: &Message) -> Self {
        let accept = message.header("accept").unwrap_or_default();
        let include = match message
            .parameters()
            .get("includeobject")
            .map(String::as_str)
        {
            Some("None") => Included::Nothing,
            Some("Object") => Included::Object,
            _ => Included::Metadata,
        };
        for one in accept.split(',') {
            let parameters: Vec<&str> = one.split(';').map(str::trim).collect();
            if !parameters.contains(&"g=meta.k8s.io") || !parameters.contains(&"v=v1") {
                if parameters.len() == 1 {
                    return Self::Whole;
                }
                continue;
            }
            if parameters.contains(&"as=Table") {
                return Self::Table(include);
            }
            if parameters.contains(&"as=PartialObjectMetadata")
                || parameters.contains(&"as=PartialObjectMetadataList")
            {
                return Self::Metadata;
            }
        }
        Self::Whole
    }

    /// One object in this form.
    pub(crate) fn object(self, kind: &Kind, object: &Value, now: Timestamp) -> Value {
        match self {
            Self::Whole => object.clone(),
            Self::Metadata => partial(object),
            Self::Table(included) => {
                let version = object.pointer("/metadata/resourceVersion");
                let metadata = json!({ "resourceVersion": version });
                table::of(kind, &[object], &metadata, included, now)
            }
        }
    }

    /// A list in this form.
    pub(crate) fn list(
        self,
        kind: &Kind,
        items: &[&Value],
        metadata: &Value,
        now: Timestamp,
    ) -> Value {
        let (kind_name, api_version, items) = match self {
            Self::Table(included) => return table::of(kind, items, metadata, included, now),
            Self::Whole => (
                format!("{}List", kind.kind),
                kind.api_version(),
                items.iter().map(|item| without_kind(item)).collect(),
            ),
            Self::Metadata => (
                "PartialObjectMetadataList".to_owned(),
                "meta.k8s.io/v1".to_owned(),
                items.iter().map(|item| partial(item)).collect::<Vec<_>>(),
            ),
        };
        json!({
            "kind": kind_name,
            "apiVersion": api_version,
            "metadata": metadata,
            "items": items,
        })
    }
}

/// Metadata and nothing else.
pub(crate) fn partial(object: &Value) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object.get("metadata"),
    })
}

/// The items of a list do not say what the list says for them.
fn without_kind(item: &Value) -> Value {
    let members = item.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| !matches!(name.as_str(), "kind" | "apiVersion"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
