//! Roles and bindings (Kubernetes, `pkg/apis/rbac/validation`).

use serde_json::{Value, json};

use super::super::status::Cause;
use super::field::{Path, items, text};
use super::name::{path_segment, subdomain};

const GROUP: &str = "rbac.authorization.k8s.io";

/// What is wrong with the rules of a role.
pub(super) fn role(role: &Value, namespaced: bool) -> Vec<Cause> {
    let path = Path::new("rules");
    items(role, "rules")
        .enumerate()
        .flat_map(|(index, rule)| policy_rule(rule, namespaced, &path.index(index)))
        .collect()
}

fn policy_rule(rule: &Value, namespaced: bool, path: &Path) -> Vec<Cause> {
    let count = |name: &str| items(rule, name).count();
    let mut causes = Vec::new();
    if count("verbs") == 0 {
        let text = "verbs must contain at least one value";
        causes.push(path.child("verbs").required(text));
    }
    if let Some(urls) = rule
        .get("nonResourceURLs")
        .filter(|_| count("nonResourceURLs") > 0)
    {
        let path = path.child("nonResourceURLs");
        if namespaced {
            let text = "namespaced rules cannot apply to non-resource URLs";
            causes.push(path.invalid(urls, text));
        }
        if count("apiGroups") + count("resources") + count("resourceNames") > 0 {
            let text = "rules cannot apply to both regular resources and non-resource URLs";
            causes.push(path.invalid(urls, text));
        }
        return causes;
    }
    if count("apiGroups") == 0 {
        let text = "resource rules must supply at least one api group";
        causes.push(path.child("apiGroups").required(text));
    }
    if count("resources") == 0 {
        let text = "resource rules must supply at least one resource";
        causes.push(path.child("resources").required(text));
    }
    causes
}

/// What is wrong with a binding, and with changing another one into it.
pub(super) fn binding(new: &Value, old: Option<&Value>, namespaced: bool) -> Vec<Cause> {
    let path = Path::new("roleRef");
    let role = new.get("roleRef").cloned().unwrap_or_default();
    let mut causes = Vec::new();
    let group = text(&role, "apiGroup");
    // An empty group is filled in before this is checked.
    if !["", GROUP].contains(&group) {
        causes.push(path.child("apiGroup").not_supported(group, &[GROUP]));
    }
    let kinds: &[&str] = if namespaced {
        &["Role", "ClusterRole"]
    } else {
        &["ClusterRole"]
    };
    let kind = text(&role, "kind");
    if !kinds.contains(&kind) {
        causes.push(path.child("kind").not_supported(kind, kinds));
    }
    let name = text(&role, "name");
    if name.is_empty() {
        causes.push(path.child("name").required(""));
    }
    for problem in path_segment(name) {
        causes.push(path.child("name").invalid_text(name, &problem));
    }
    let subjects = Path::new("subjects");
    for (index, one) in items(new, "subjects").enumerate() {
        causes.extend(subject(one, namespaced, &subjects.index(index)));
    }
    if let Some(before) = old.and_then(|old| old.get("roleRef")) {
        let parts = |role: &Value| ["kind", "name"].map(|part| text(role, part).to_owned());
        if parts(before) != parts(&role) {
            // The server writes the names of its own types here.
            let shown = json!({ "APIGroup": GROUP, "Kind": kind, "Name": name });
            causes.push(path.invalid(&shown, "cannot change roleRef"));
        }
    }
    causes
}

fn subject(subject: &Value, namespaced: bool, path: &Path) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (kind, name, group) = (
        text(subject, "kind"),
        text(subject, "name"),
        text(subject, "apiGroup"),
    );
    if name.is_empty() {
        causes.push(path.child("name").required(""));
    }
    match kind {
        "ServiceAccount" => {
            if !name.is_empty() {
                for problem in subdomain(name) {
                    causes.push(path.child("name").invalid_text(name, &problem));
                }
            }
            if !group.is_empty() {
                causes.push(path.child("apiGroup").not_supported(group, &[""]));
            }
            if !namespaced && text(subject, "namespace").is_empty() {
                causes.push(path.child("namespace").required(""));
            }
        }
        "User" | "Group" => {
            if name.is_empty() {
                let detail = format!("{} name cannot be empty", kind.to_lowercase());
                causes.push(path.child("name").invalid_text("", &detail));
            }
            if !["", GROUP].contains(&group) {
                causes.push(path.child("apiGroup").not_supported(group, &[GROUP]));
            }
        }
        other => {
            let kinds = ["ServiceAccount", "User", "Group"];
            causes.push(path.child("kind").not_supported(other, &kinds));
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_of_a_binding_stays() {
        let bound = |name: &str| json!({ "roleRef": { "kind": "ClusterRole", "name": name } });

        let same = binding(&bound("view"), Some(&bound("view")), true);
        let other = binding(&bound("edit"), Some(&bound("view")), true);

        let message = "Invalid value: {\"APIGroup\":\"rbac.authorization.k8s.io\",\"Kind\":\
                       \"ClusterRole\",\"Name\":\"edit\"}: cannot change roleRef";
        assert_eq!(same, []);
        assert_eq!(other, [Cause::new("FieldValueInvalid", "roleRef", message)]);
    }

    #[test]
    fn subjects_are_users_groups_or_service_accounts() {
        let new = json!({
            "roleRef": { "kind": "Role", "name": "a" },
            "subjects": [
                { "kind": "Group", "name": "g", "apiGroup": GROUP },
                { "kind": "Team", "name": "t" },
                { "kind": "User", "name": "u", "apiGroup": "x" },
            ],
        });

        let causes = binding(&new, None, true);

        let seen: Vec<(&str, &str)> = causes
            .iter()
            .map(|cause| (cause.reason, cause.field.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                ("FieldValueNotSupported", "subjects[1].kind"),
                ("FieldValueNotSupported", "subjects[2].apiGroup"),
            ]
        );
    }

    #[test]
    fn a_rule_needs_verbs_and_resources_or_paths() {
        let rules = json!({ "rules": [
            { "apiGroups": [""], "resources": ["pods"], "verbs": [] },
            { "nonResourceURLs": ["/x"], "verbs": ["get"] },
            { "verbs": ["get"] },
        ]});

        let fields: Vec<String> = role(&rules, true)
            .into_iter()
            .map(|cause| cause.field)
            .collect();

        assert_eq!(
            fields,
            [
                "rules[0].verbs",
                "rules[1].nonResourceURLs",
                "rules[2].apiGroups",
                "rules[2].resources"
            ]
        );
    }
}
