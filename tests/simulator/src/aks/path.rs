//! Which AKS resource or action a request's path names.

/// A managed cluster by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterAddress {
    pub(crate) subscription: String,
    pub(crate) group: String,
    pub(crate) name: String,
}

impl ClusterAddress {
    /// The id as AKS answers it: `resourcegroups` in lower case whatever the caller wrote, names as
    /// first written (2,608 of 2,608 recorded clusters).
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourcegroups/{}/providers/Microsoft.ContainerService/managedClusters/{}",
            self.subscription, self.group, self.name
        )
    }

    /// The form ids are compared in.
    pub(crate) fn key(&self) -> String {
        self.id().to_ascii_lowercase()
    }
}

/// What a path under `Microsoft.ContainerService` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// All clusters of a subscription or of one of its resource groups.
    Clusters {
        subscription: String,
        group: Option<String>,
    },
    Cluster(ClusterAddress),
    /// A POST on a cluster; the action in lower case.
    Action(ClusterAddress, String),
    UpgradeProfile(ClusterAddress),
    Pools(ClusterAddress),
    Pool(ClusterAddress, String),
    /// A POST on a pool; the action in lower case.
    PoolAction(ClusterAddress, String, String),
    PoolUpgradeProfile(ClusterAddress, String),
    MaintenanceConfigurations(ClusterAddress),
    MaintenanceConfiguration(ClusterAddress, String),
    KubernetesVersions,
    /// The same in the form of before, of a subscription at a location.
    Orchestrators(String, String),
    Operation(Polled),
    OperationResult(Polled),
    /// An AKS path the simulator does not know.
    Unknown,
}

/// An operation as its address names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Polled {
    pub(crate) subscription: String,
    pub(crate) location: String,
    pub(crate) id: String,
}

/// Reads the segments of a path; `None` when the path is not for AKS to answer.
pub(crate) fn parse(segments: &[String]) -> Option<Target> {
    let lower: Vec<String> = segments.iter().map(|s| s.to_ascii_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let (subscription, group, rest) = match lower.as_slice() {
        [
            "subscriptions",
            _,
            "resourcegroups",
            _,
            "providers",
            "microsoft.containerservice",
            ..,
        ] => (segments.get(1)?, Some(segments.get(3)?), 6),
        [
            "subscriptions",
            _,
            "providers",
            "microsoft.containerservice",
            ..,
        ] => (segments.get(1)?, None, 4),
        _ => return None,
    };
    let lower = lower.get(rest..)?;
    let spelled = segments.get(rest..)?;
    // Registration belongs to Resource Manager, and so do resources that extend a cluster, such as
    // `managedClusters/x/providers/Microsoft.Authorization/roleAssignments`.
    if matches!(lower, [] | ["register" | "unregister"]) || lower.contains(&"providers") {
        return None;
    }
    Some(match group {
        Some(group) => in_group(subscription, group, lower, spelled),
        None => in_subscription(subscription, lower, spelled),
    })
}

fn in_subscription(subscription: &str, lower: &[&str], spelled: &[String]) -> Target {
    let polled = |position: usize| Polled {
        subscription: subscription.to_owned(),
        location: spelled.get(1).cloned().unwrap_or_default(),
        id: spelled
            .get(position)
            .map(|id| id.to_ascii_lowercase())
            .unwrap_or_default(),
    };
    match lower {
        ["managedclusters"] => Target::Clusters {
            subscription: subscription.to_owned(),
            group: None,
        },
        ["locations", _, "kubernetesversions"] => Target::KubernetesVersions,
        ["locations", location, "orchestrators"] => {
            Target::Orchestrators(subscription.to_owned(), (*location).to_owned())
        }
        ["locations", _, "operations", _] => Target::Operation(polled(3)),
        ["locations", _, "operationresults", _] => Target::OperationResult(polled(3)),
        _ => Target::Unknown,
    }
}

fn in_group(subscription: &str, group: &str, lower: &[&str], spelled: &[String]) -> Target {
    let name = |position: usize| spelled.get(position).cloned().unwrap_or_default();
    let cluster = || ClusterAddress {
        subscription: subscription.to_owned(),
        group: group.to_owned(),
        name: name(1),
    };
    match lower {
        ["managedclusters"] => Target::Clusters {
            subscription: subscription.to_owned(),
            group: Some(group.to_owned()),
        },
        ["managedclusters", _] => Target::Cluster(cluster()),
        ["managedclusters", _, "agentpools"] => Target::Pools(cluster()),
        ["managedclusters", _, "agentpools", _] => Target::Pool(cluster(), name(3)),
        [
            "managedclusters",
            _,
            "agentpools",
            _,
            "upgradeprofiles",
            "default",
        ] => Target::PoolUpgradeProfile(cluster(), name(3)),
        ["managedclusters", _, "agentpools", _, action] => {
            Target::PoolAction(cluster(), name(3), (*action).to_owned())
        }
        ["managedclusters", _, "maintenanceconfigurations"] => {
            Target::MaintenanceConfigurations(cluster())
        }
        ["managedclusters", _, "maintenanceconfigurations", _] => {
            Target::MaintenanceConfiguration(cluster(), name(3))
        }
        ["managedclusters", _, "upgradeprofiles", "default"] => Target::UpgradeProfile(cluster()),
        ["managedclusters", _, action] => Target::Action(cluster(), (*action).to_owned()),
        _ => Target::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segments(path: &str) -> Vec<String> {
        path.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn a_cluster_path_is_read_whatever_its_casing() {
        let path = "SUBSCRIPTIONS/s1/resourceGroups/Rg/providers/microsoft.containerservice/ManagedClusters/Main";

        let target = parse(&segments(path));

        let address = ClusterAddress {
            subscription: "s1".to_owned(),
            group: "Rg".to_owned(),
            name: "Main".to_owned(),
        };
        assert_eq!(target, Some(Target::Cluster(address.clone())));
        assert_eq!(
            address.id(),
            "/subscriptions/s1/resourcegroups/Rg/providers/Microsoft.ContainerService/managedClusters/Main"
        );
    }

    #[test]
    fn registration_and_extension_resources_are_left_to_resource_manager() {
        let cluster = "subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";

        let registration = parse(&segments(
            "subscriptions/s/providers/Microsoft.ContainerService/register",
        ));
        let namespace = parse(&segments(
            "subscriptions/s/providers/Microsoft.ContainerService",
        ));
        let assignment = parse(&segments(&format!(
            "{cluster}/providers/Microsoft.Authorization/roleAssignments/r"
        )));

        assert_eq!((registration, namespace, assignment), (None, None, None));
    }

    #[test]
    fn an_aks_path_nobody_taught_the_simulator_is_unknown() {
        let fleets =
            "subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/fleets/f";

        assert_eq!(parse(&segments(fleets)), Some(Target::Unknown));
    }
}
