//! Which attribute of a binding a field of its objects stands for.

use crate::{resources::inside::Fields, value::Path};

/// The attributes of a binding.
pub(super) struct BindingFields;

/// Fields as the API server names them, and the attribute each is written as; the first that the field begins with
/// counts.
const FIELDS: [(&str, &str); 4] = [
    ("subjects", "principals"),
    ("roleRef", "cluster_role"),
    ("metadata.name", "name"),
    ("metadata.namespace", "namespaces"),
];

impl Fields for BindingFields {
    fn attribute(&self, field: &str) -> Path {
        let field = field.trim_start_matches('.');
        // `metadata.namespace` begins with `metadata.name` too.
        let found = FIELDS
            .iter()
            .filter(|(name, _)| field.starts_with(name))
            .max_by_key(|(name, _)| name.len());
        found.map_or_else(Path::root, |(_, attribute)| Path::attribute(attribute))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_is_told_on_its_attribute() {
        let places = [".subjects[0].name", "roleRef", "metadata.namespace", "x"]
            .map(|field| BindingFields.attribute(field).to_string());

        assert_eq!(places, ["principals", "cluster_role", "namespaces", ""]);
    }
}
