//! A rule of a role, and what falls under it (Kubernetes, `pkg/apis/rbac/v1/evaluation_helpers`).

use serde_json::{Map, Value, json};

use super::super::attributes::{Attributes, Target};

/// A `PolicyRule`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) verbs: Vec<String>,
    pub(crate) api_groups: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) resource_names: Vec<String>,
    pub(crate) non_resource_urls: Vec<String>,
}

const ALL: &str = "*";

impl Rule {
    /// The rules of a role.
    pub(crate) fn of(role: &Value) -> Vec<Self> {
        let rules = role.get("rules").and_then(Value::as_array);
        rules.into_iter().flatten().map(Self::read).collect()
    }

    pub(crate) fn read(rule: &Value) -> Self {
        let list = |name: &str| {
            let list = rule.get(name).and_then(Value::as_array);
            let texts = list.into_iter().flatten().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        };
        Self {
            verbs: list("verbs"),
            api_groups: list("apiGroups"),
            resources: list("resources"),
            resource_names: list("resourceNames"),
            non_resource_urls: list("nonResourceURLs"),
        }
    }

    /// The rule as JSON, without empty lists.
    pub(crate) fn document(&self) -> Value {
        let mut document = Map::new();
        for (name, list) in self.parts() {
            if !list.is_empty() {
                document.insert(name.into(), json!(list));
            }
        }
        Value::Object(document)
    }

    fn parts(&self) -> [(&'static str, &[String]); 5] {
        [
            ("apiGroups", &self.api_groups),
            ("resources", &self.resources),
            ("nonResourceURLs", &self.non_resource_urls),
            ("resourceNames", &self.resource_names),
            ("verbs", &self.verbs),
        ]
    }

    /// As refusals write it: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`.
    pub(crate) fn compact(&self) -> String {
        let titles = [
            "APIGroups",
            "Resources",
            "NonResourceURLs",
            "ResourceNames",
            "Verbs",
        ];
        let parts: Vec<String> = titles
            .into_iter()
            .zip(self.parts())
            .filter(|(_, (_, list))| !list.is_empty())
            .map(|(title, (_, list))| format!("{title}:{}", quoted_list(list)))
            .collect();
        format!("{{{}}}", parts.join(", "))
    }

    pub(crate) fn allows(&self, attributes: &Attributes) -> bool {
        if !has(&self.verbs, &attributes.verb) {
            return false;
        }
        match &attributes.target {
            Target::Path(path) => self
                .non_resource_urls
                .iter()
                .any(|pattern| path_matches(pattern, path)),
            Target::Resource(target) => {
                has(&self.api_groups, &target.group)
                    && self.names_resource(&target.resource, &target.subresource)
                    && (self.resource_names.is_empty()
                        || self.resource_names.contains(&target.name))
            }
        }
    }

    fn names_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|own| {
            own == ALL
                || match own.split_once('/') {
                    None => own == resource && subresource.is_empty(),
                    Some((parent, child)) => {
                        !subresource.is_empty()
                            && child == subresource
                            && (parent == ALL || parent == resource)
                    }
                }
        })
    }

    /// Whether everything another rule allows is allowed by this one.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        let all = |own: &[String], others: &[String]| others.iter().all(|one| has(own, one));
        let resources = other.resources.iter().all(|one| {
            let (resource, subresource) = one.split_once('/').unwrap_or((one, ""));
            self.names_resource(resource, subresource) || self.resources.contains(one)
        });
        let names = self.resource_names.is_empty()
            || (!other.resource_names.is_empty()
                && all(&self.resource_names, &other.resource_names));
        let paths = other.non_resource_urls.iter().all(|path| {
            self.non_resource_urls
                .iter()
                .any(|own| own == path || path_matches(own, path))
        });
        all(&self.verbs, &other.verbs)
            && all(&self.api_groups, &other.api_groups)
            && resources
            && names
            && paths
    }

    /// The rule cut into rules with one verb, one group, one resource and one name each.
    pub(crate) fn atoms(&self) -> Vec<Self> {
        let one = |text: &String| vec![text.clone()];
        let mut atoms = Vec::new();
        for verb in &self.verbs {
            for path in &self.non_resource_urls {
                atoms.push(Self {
                    verbs: one(verb),
                    non_resource_urls: one(path),
                    ..Self::default()
                });
            }
            for group in &self.api_groups {
                for resource in &self.resources {
                    let atom = Self {
                        verbs: one(verb),
                        api_groups: one(group),
                        resources: one(resource),
                        ..Self::default()
                    };
                    if self.resource_names.is_empty() {
                        atoms.push(atom.clone());
                    }
                    for name in &self.resource_names {
                        atoms.push(Self {
                            resource_names: one(name),
                            ..atom.clone()
                        });
                    }
                }
            }
        }
        atoms
    }
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|own| own == ALL || own == wanted)
}

/// A star at the end stands for any rest.
fn path_matches(pattern: &str, path: &str) -> bool {
    pattern == path
        || pattern
            .strip_suffix(ALL)
            .is_some_and(|prefix| path.starts_with(prefix))
}

/// As Go's `%q` writes a list.
pub(crate) fn quoted_list<T: AsRef<str>>(list: &[T]) -> String {
    let quoted: Vec<String> = list
        .iter()
        .map(|text| super::super::status::quoted(text.as_ref()))
        .collect();
    format!("[{}]", quoted.join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::super::attributes::ResourceAttributes;
    use super::*;

    fn asked(verb: &str, resource: &str, subresource: &str, name: &str) -> Attributes {
        Attributes {
            verb: verb.into(),
            target: Target::Resource(ResourceAttributes {
                resource: resource.into(),
                subresource: subresource.into(),
                name: name.into(),
                ..ResourceAttributes::default()
            }),
        }
    }

    #[test]
    fn resources_subresources_and_names_are_told_apart() {
        let rule = |resources: Value, names: Value| {
            Rule::read(&json!({
                "apiGroups": [""], "verbs": ["get"], "resources": resources, "resourceNames": names,
            }))
        };
        let cases = [
            (
                rule(json!(["pods"]), json!([])),
                asked("get", "pods", "", "a"),
                true,
            ),
            (
                rule(json!(["pods"]), json!([])),
                asked("list", "pods", "", ""),
                false,
            ),
            (
                rule(json!(["pods"]), json!([])),
                asked("get", "pods", "log", "a"),
                false,
            ),
            (
                rule(json!(["pods/log"]), json!([])),
                asked("get", "pods", "log", "a"),
                true,
            ),
            (
                rule(json!(["*/log"]), json!([])),
                asked("get", "pods", "log", "a"),
                true,
            ),
            (
                rule(json!(["*/log"]), json!([])),
                asked("get", "pods", "", "a"),
                false,
            ),
            (
                rule(json!(["*"]), json!([])),
                asked("get", "pods", "log", "a"),
                true,
            ),
            (
                rule(json!(["pods"]), json!(["a"])),
                asked("get", "pods", "", "a"),
                true,
            ),
            (
                rule(json!(["pods"]), json!(["a"])),
                asked("get", "pods", "", "b"),
                false,
            ),
            (
                rule(json!(["pods"]), json!(["a"])),
                asked("get", "pods", "", ""),
                false,
            ),
        ];

        for (rule, attributes, expected) in cases {
            assert_eq!(
                rule.allows(&attributes),
                expected,
                "{rule:?} {attributes:?}"
            );
        }
    }

    #[test]
    fn paths_match_whole_or_up_to_a_star() {
        let rule = Rule::read(&json!({ "verbs": ["get"], "nonResourceURLs": ["/api", "/apis/*"] }));
        let asked = |path: &str| Attributes {
            verb: "get".into(),
            target: Target::Path(path.into()),
        };

        let seen = ["/api", "/api/v1", "/apis", "/apis/apps"].map(|path| rule.allows(&asked(path)));

        assert_eq!(seen, [true, false, false, true]);
    }

    #[test]
    fn a_rule_covers_what_it_allows_and_no_more() {
        let read = |rule: Value| Rule::read(&rule);
        let everything = read(json!({ "apiGroups": ["*"], "resources": ["*"], "verbs": ["*"] }));
        let pods = read(json!({ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }));
        let one_pod = Rule {
            resource_names: vec!["a".into()],
            ..pods.clone()
        };

        assert!(everything.covers(&pods) && pods.covers(&one_pod));
        assert!(!pods.covers(&everything) && !one_pod.covers(&pods));
    }

    #[test]
    fn a_rule_is_written_as_go_writes_lists() {
        let rule = Rule::read(&json!({
            "apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"],
        }));

        assert_eq!(
            rule.compact(),
            r#"{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}"#
        );
    }
}
