//! A schema as merging sees it: what is one value, what is a map or a list that several may own
//! parts of.

use serde_json::{Map, Value};

use super::kind::Kind;
use super::schema::{definitions, reference};

/// The shape of a value somewhere in an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// The definition referred to, or the schema in place.
    schema: &'static Value,
    /// The schema of the field itself, which says how its list or map is merged.
    field: &'static Value,
    /// Name of the definition; empty for a schema in place.
    name: &'static str,
}

/// What a shape is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// One value, or an object or list owned as a whole.
    Atomic,
    /// An object with these fields.
    Object(&'static Map<String, Value>),
    /// A map of names to values.
    Map(Shape),
    /// A list of values told apart by themselves.
    Set,
    /// A list of objects told apart by these members.
    Keyed(&'static [Value], Shape),
}

impl Shape {
    /// The shape of a whole object.
    pub(crate) fn of(kind: &Kind) -> Option<Self> {
        Self::named(&kind.definition())
    }

    /// The shape of what a definition describes.
    pub(crate) fn named(definition: &str) -> Option<Self> {
        let (name, schema) = definitions().get_key_value(definition)?;
        Some(Self {
            schema,
            field: schema,
            name,
        })
    }

    fn resolved(field: &'static Value) -> Self {
        let found = reference(field).and_then(|name| definitions().get_key_value(name));
        match found {
            Some((name, schema)) => Self {
                schema,
                field,
                name,
            },
            None => Self {
                schema: field,
                field,
                name: "",
            },
        }
    }

    /// A field of an object, or a value of a map; `None` for a field that does not exist.
    pub(crate) fn member(self, name: &str) -> Option<Self> {
        match self.structure() {
            Form::Object(fields) => fields.get(name).map(Self::resolved),
            Form::Map(values) => Some(values),
            _ => None,
        }
    }

    /// Whether an object cannot be without a field.
    pub(crate) fn requires(self, name: &str) -> bool {
        let required = self.schema.get("required").and_then(Value::as_array);
        required.is_some_and(|required| required.iter().any(|own| own == name))
    }

    /// The items of a list.
    pub(crate) fn items(self) -> Option<Self> {
        self.schema.get("items").map(Self::resolved)
    }

    /// How it is merged.
    pub(crate) fn form(self) -> Form {
        let whole = |schema: &Value| {
            let own = schema.get("x-kubernetes-map-type");
            own.is_some_and(|own| own == "atomic")
        };
        if whole(self.schema) || whole(self.field) {
            return Form::Atomic;
        }
        self.structure()
    }

    /// What it consists of, whoever owns it.
    pub(crate) fn structure(self) -> Form {
        if let Some(fields) = self.schema.get("properties").and_then(Value::as_object) {
            return Form::Object(fields);
        }
        if let Some(values) = self.schema.get("additionalProperties")
            && values.is_object()
        {
            return Form::Map(Self::resolved(values));
        }
        let Some(items) = self.items() else {
            return Form::Atomic;
        };
        let text = |name: &str| self.field.get(name).and_then(Value::as_str);
        match text("x-kubernetes-list-type") {
            Some("set") => Form::Set,
            Some("map") => {
                let keys = self.field.get("x-kubernetes-list-map-keys");
                keys.and_then(Value::as_array)
                    .map_or(Form::Atomic, |keys| Form::Keyed(keys, items))
            }
            _ => Form::Atomic,
        }
    }

    /// An extension of the field, such as `x-kubernetes-patch-strategy`; empty when absent.
    pub(crate) fn extension(self, name: &str) -> &'static str {
        let own = self.field.get(name).and_then(Value::as_str);
        own.unwrap_or_default()
    }

    /// The type `OpenAPI` gives it; empty for one that may be several things.
    pub(crate) fn type_name(self) -> &'static str {
        let own = self.schema.get("type").and_then(Value::as_str);
        own.unwrap_or_default()
    }

    /// `int32` and the like; empty when absent.
    pub(crate) fn format(self) -> &'static str {
        let own = self.schema.get("format").and_then(Value::as_str);
        own.unwrap_or_default()
    }

    /// The name of its definition; empty for a schema in place.
    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// The last part of the definition's name, as Go's error texts have it.
    pub(crate) fn go_name(self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}
