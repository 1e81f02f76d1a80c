//! What to ask about in order to prove that a role has effect: a few things it allows.

use k8s_openapi::api::{authorization::v1::ResourceAttributes, rbac::v1::PolicyRule};

use super::spec::AzureRole;

/// One verb for each action that Azure knows: to it `get`, `list` and `watch` are all reading, and `create`,
/// `update` and `patch` all writing.
const READING: [&str; 1] = ["list"];
const WRITING: [&str; 2] = ["update", "delete"];
const ALL: [&str; 3] = ["update", "delete", "list"];

/// Objects that every role of Azure's reads, and all but the Reader write (Azure built-in roles, "Containers").
const USUAL: [(&str, &str); 17] = [
    ("", "pods"),
    ("", "services"),
    ("", "configmaps"),
    ("", "persistentvolumeclaims"),
    ("", "serviceaccounts"),
    ("", "endpoints"),
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("autoscaling", "horizontalpodautoscalers"),
    ("networking.k8s.io", "ingresses"),
    ("networking.k8s.io", "networkpolicies"),
    ("policy", "poddisruptionbudgets"),
];

/// Objects that every role of Azure's reads, and few write.
const SHOWN: [(&str, &str); 5] = [
    ("", "events"),
    ("", "limitranges"),
    ("", "resourcequotas"),
    ("", "namespaces"),
    ("apps", "controllerrevisions"),
];

/// Objects that only those write who administer a namespace.
const ADMINISTERED: [(&str, &str); 2] = [
    ("rbac.authorization.k8s.io", "roles"),
    ("rbac.authorization.k8s.io", "rolebindings"),
];

/// Objects that only those write who administer the cluster.
const GUARDED: [(&str, &str); 1] = [("", "resourcequotas")];

/// Something that may or may not be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Probe {
    /// What is done: `list`.
    verb: String,
    /// The group of what it is done to; empty for the core group.
    group: String,
    /// What it is done to: `pods`.
    resource: String,
    /// A part of it: `log`.
    subresource: Option<String>,
    /// One by name.
    name: Option<String>,
}

impl Probe {
    fn of(verb: &str, group: &str, resource: &str) -> Self {
        Self {
            verb: verb.to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            ..Self::default()
        }
    }

    /// It as Kubernetes is asked about it, in a namespace or in all.
    pub(super) fn attributes(&self, namespace: Option<&str>) -> ResourceAttributes {
        ResourceAttributes {
            group: Some(self.group.clone()),
            namespace: namespace.map(str::to_owned),
            resource: Some(self.resource.clone()),
            subresource: self.subresource.clone(),
            name: self.name.clone(),
            verb: Some(self.verb.clone()),
            ..ResourceAttributes::default()
        }
    }

    /// It for messages: `list deployments.apps`.
    pub(super) fn shown(&self) -> String {
        let mut text = format!("{} {}", self.verb, self.resource);
        if let Some(part) = &self.subresource {
            text.push('/');
            text.push_str(part);
        }
        if !self.group.is_empty() {
            text.push('.');
            text.push_str(&self.group);
        }
        if let Some(name) = &self.name {
            text.push(' ');
            text.push_str(name);
        }
        text
    }
}

/// Up to three things that rules allow: of the first, the middle and the last rule about objects.
pub(super) fn of_rules(rules: &[PolicyRule]) -> Vec<Probe> {
    let all: Vec<Probe> = rules.iter().filter_map(of_rule).collect();
    let last = all.len().saturating_sub(1);
    let mut picked: Vec<Probe> = Vec::new();
    for index in [0, last / 2, last] {
        if let Some(probe) = all.get(index)
            && !picked.contains(probe)
        {
            picked.push(probe.clone());
        }
    }
    picked
}

fn of_rule(rule: &PolicyRule) -> Option<Probe> {
    let first = |names: Option<&Vec<String>>, any: &str| {
        let first = names?.first()?;
        Some(if first == "*" {
            any.to_owned()
        } else {
            first.clone()
        })
    };
    let resource = first(rule.resources.as_ref(), "pods")?;
    let (resource, subresource) = match resource.split_once('/') {
        Some((resource, part)) => (resource.replace('*', "pods"), Some(part.to_owned())),
        None => (resource, None),
    };
    Some(Probe {
        verb: first(Some(&rule.verbs), "get")?,
        group: first(rule.api_groups.as_ref(), "").unwrap_or_default(),
        resource,
        subresource,
        name: rule
            .resource_names
            .as_ref()
            .and_then(|names| names.first().cloned()),
    })
}

/// What a role of Azure's allows and the next smaller one does not. The API server keeps what it was told for five
/// minutes, also a no (Azure/guard, `authz/providers/azure`), so whoever asks again must ask about something
/// else: there are as many as that takes.
pub(super) fn of_azure_role(role: &AzureRole) -> Vec<Probe> {
    let all = |verbs: &[&str], objects: &[(&str, &str)]| {
        let mut probes = Vec::new();
        for verb in verbs {
            probes.extend(
                objects
                    .iter()
                    .map(|(group, resource)| Probe::of(verb, group, resource)),
            );
        }
        probes
    };
    match role {
        AzureRole::Reader => [all(&READING, &USUAL), all(&READING, &SHOWN)].concat(),
        AzureRole::Writer => all(&WRITING, &USUAL),
        AzureRole::Admin => [all(&ALL, &ADMINISTERED), all(&WRITING, &USUAL)].concat(),
        AzureRole::ClusterAdmin => {
            let guarded = all(&WRITING, &GUARDED);
            [guarded, all(&ALL, &ADMINISTERED), all(&WRITING, &USUAL)].concat()
        }
        AzureRole::Other(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(groups: &[&str], resources: &[&str], verbs: &[&str], names: &[&str]) -> PolicyRule {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        PolicyRule {
            api_groups: Some(owned(groups)),
            resources: Some(owned(resources)),
            verbs: owned(verbs),
            resource_names: (!names.is_empty()).then(|| owned(names)),
            non_resource_urls: None,
        }
    }

    fn shown(probes: &[Probe]) -> Vec<String> {
        probes.iter().map(Probe::shown).collect()
    }

    #[test]
    fn a_role_is_proved_by_what_its_rules_name() {
        let rules = [
            rule(&["apps"], &["deployments/scale"], &["update"], &[]),
            rule(&[""], &["pods"], &["list"], &[]),
            rule(&[""], &["secrets"], &["get"], &["shop"]),
        ];

        let probes = of_rules(&rules);

        assert_eq!(
            shown(&probes),
            [
                "update deployments/scale.apps",
                "list pods",
                "get secrets shop"
            ]
        );
    }

    #[test]
    fn a_wildcard_stands_for_something_usual() {
        let everything = PolicyRule {
            non_resource_urls: Some(vec!["*".to_owned()]),
            verbs: vec!["*".to_owned()],
            ..PolicyRule::default()
        };

        let probes = of_rules(&[rule(&["*"], &["*"], &["*"], &[]), everything]);

        assert_eq!(shown(&probes), ["get pods"]);
    }

    #[test]
    fn there_is_something_new_to_ask_for_ten_minutes() {
        let counts = AzureRole::ALL.map(|role| {
            let mut probes = shown(&of_azure_role(&role));
            probes.sort();
            probes.dedup();
            probes.len()
        });

        assert!(counts.iter().all(|count| *count >= 22), "{counts:?}");
    }
}
