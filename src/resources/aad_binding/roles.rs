//! The Kubernetes role that a binding refers to: whether it exists, and what it allows.

use std::sync::Arc;

use k8s_openapi::api::rbac::v1::{ClusterRole, PolicyRule, Role as NamespacedRole};

use super::{objects::Role, spec::Spec};
use crate::{
    framework::{Attr, Diagnostic},
    kube::{Cluster, Error},
    resources::{inside::Inside, texts::RoleName},
};

/// How many names are suggested.
const SUGGESTIONS: usize = 5;

/// What is known of a role.
#[derive(Debug)]
pub(super) enum Found {
    /// Its rules.
    Rules(Arc<Vec<PolicyRule>>),
    /// There is none of that name; these are the names there are.
    Missing(Vec<String>),
    /// Whoever asks may not read it.
    Unreadable,
}

/// Looks for a role in the whole cluster, or in a namespace.
pub(super) async fn find(
    inside: &Inside<'_>,
    role: &Role,
    namespace: Option<&str>,
) -> Result<Found, Error> {
    let bindings = &inside.call.client.bindings;
    let cluster = &inside.cluster;
    let namespace = namespace.filter(|_| matches!(role, Role::Namespaced(_)));
    let key = format!(
        "{}|{}|{role:?}",
        cluster.number(),
        namespace.unwrap_or_default()
    );
    if let Some(rules) = bindings.rules(&key) {
        return Ok(Found::Rules(rules));
    }
    let read = match role {
        Role::Cluster(name) => cluster
            .get::<ClusterRole>(None, name, &inside.limits)
            .await
            .map(|found| found.map(|role| role.rules.unwrap_or_default())),
        Role::Namespaced(name) => cluster
            .get::<NamespacedRole>(namespace, name, &inside.limits)
            .await
            .map(|found| found.map(|role| role.rules.unwrap_or_default())),
    };
    match read {
        Ok(Some(rules)) => Ok(Found::Rules(bindings.keep_rules(key, rules))),
        Ok(None) => Ok(Found::Missing(
            names(inside, cluster, role, namespace).await,
        )),
        Err(error) if error.is_forbidden() => Ok(Found::Unreadable),
        Err(error) => Err(error),
    }
}

/// The names there are; none where they cannot be listed.
async fn names(
    inside: &Inside<'_>,
    cluster: &Cluster,
    role: &Role,
    namespace: Option<&str>,
) -> Vec<String> {
    let names: Vec<Option<String>> = match role {
        Role::Cluster(_) => {
            let roles = cluster
                .list::<ClusterRole>(None, None, &inside.limits)
                .await;
            let roles = roles.unwrap_or_default().into_iter();
            roles.map(|role| role.metadata.name).collect()
        }
        Role::Namespaced(_) => {
            let roles = cluster
                .list::<NamespacedRole>(namespace, None, &inside.limits)
                .await;
            let roles = roles.unwrap_or_default().into_iter();
            roles.map(|role| role.metadata.name).collect()
        }
    };
    names.into_iter().flatten().collect()
}

/// The error about a role that does not exist.
pub(super) fn missing(
    spec: &Spec,
    role: &Role,
    namespace: Option<&str>,
    names: &[String],
) -> Diagnostic {
    let place = namespace.map(|name| format!(" in the namespace {name}"));
    let place = place.as_deref().unwrap_or(" in the cluster");
    let nearest = nearest(role.name(), names);
    let choice = if nearest.is_empty() {
        format!("There is no {} at all{place}.", role.kind())
    } else {
        format!(
            "There are {} of them; the nearest are `{}`.",
            names.len(),
            nearest.join("`, `")
        )
    };
    let attribute: &Attr<Option<RoleName>> = match role {
        Role::Cluster(_) => &spec.cluster_role,
        Role::Namespaced(_) => &spec.role,
    };
    attribute.error(
        format!("{} does not exist", role.kind()),
        format!(
            "There is no {} {:?}{place}. {choice} Name one that exists, or create it first.",
            role.kind(),
            role.name()
        ),
    )
}

/// The names that are most like `name`, likest first. Kubernetes' own are left out unless asked for.
fn nearest(name: &str, names: &[String]) -> Vec<String> {
    let internal = name.starts_with("system:");
    let mut ranked: Vec<(usize, &String)> = names
        .iter()
        .filter(|other| internal || !other.starts_with("system:"))
        .map(|other| (distance(name, other), other))
        .collect();
    ranked.sort();
    let nearest = ranked.into_iter().take(SUGGESTIONS);
    nearest.map(|(_, name)| name.clone()).collect()
}

/// How many letters must change to make one text the other (Wagner and Fischer).
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (number, letter) in (1..).zip(left.chars()) {
        let mut next = vec![number];
        let mut last = number;
        for ((above_left, above), other) in row.iter().zip(row.iter().skip(1)).zip(&right) {
            let changed = above_left + usize::from(letter != *other);
            last = changed.min(above + 1).min(last + 1);
            next.push(last);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likest_names_come_first_and_internal_ones_not_at_all() {
        let names = ["admin", "edit", "system:node", "view", "cluster-admin"].map(str::to_owned);

        let nearest = nearest("editor", &names);

        assert_eq!(nearest[0], "edit");
        assert!(!nearest.contains(&"system:node".to_owned()));
    }

    #[test]
    fn distances_are_those_of_the_textbook() {
        let pairs = [
            ("kitten", "sitting"),
            ("", "abc"),
            ("abc", "abc"),
            ("ab", "ba"),
        ];

        let distances = pairs.map(|(left, right)| distance(left, right));

        assert_eq!(distances, [3, 3, 0, 2]);
    }
}
