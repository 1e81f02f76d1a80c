//! Resource ids taken apart. Azure compares them without regard to case.

/// What a request's path names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) subscription: Option<String>,
    pub(super) resource_group: Option<String>,
    /// The last provider named, such as `Microsoft.Network`; empty when there is none.
    pub(super) namespace: String,
    /// The provider's types and the names below each; a collection lacks the last name.
    pub(super) types: Vec<String>,
    pub(super) names: Vec<String>,
    /// The verb a POST ends in.
    pub(super) action: Option<String>,
    /// The path before the last provider, without one a role could be assigned at.
    pub(super) scope: String,
}

impl Address {
    pub(super) fn of(method: &str, segments: &[String]) -> Self {
        let at = |index: usize, name: &str| {
            let named = segments
                .get(index)
                .is_some_and(|part| part.eq_ignore_ascii_case(name));
            if named {
                segments.get(index + 1).cloned()
            } else {
                None
            }
        };
        let mut address = Self {
            subscription: at(0, "subscriptions"),
            resource_group: at(2, "resourceGroups"),
            ..Self::default()
        };
        let providers = segments
            .iter()
            .rposition(|part| part.eq_ignore_ascii_case("providers"));
        let (before, after) = segments.split_at(providers.unwrap_or(segments.len()));
        address.scope = format!("/{}", before.join("/"));
        let mut tail = after.iter().skip(1);
        address.namespace = tail.next().cloned().unwrap_or_default();
        while let Some(kind) = tail.next() {
            match tail.next() {
                Some(name) => {
                    address.types.push(kind.clone());
                    address.names.push(name.clone());
                }
                None if method == "POST" => address.action = Some(kind.clone()),
                None => address.types.push(kind.clone()),
            }
        }
        address
    }

    /// Such as `Microsoft.Network/virtualNetworks/subnets`.
    pub(super) fn resource_type(&self) -> String {
        let mut parts = vec![self.namespace.clone()];
        parts.extend(self.types.iter().cloned());
        parts.join("/")
    }

    /// Whether this is one resource of a type of its namespace, whatever the case.
    pub(super) fn is(&self, types: &[&str]) -> bool {
        self.types.len() == types.len()
            && self
                .types
                .iter()
                .zip(types)
                .all(|(own, wanted)| own.eq_ignore_ascii_case(wanted))
    }

    pub(super) fn is_collection(&self) -> bool {
        self.names.len() < self.types.len()
    }

    pub(super) fn name(&self, depth: usize) -> &str {
        self.names.get(depth).map_or("", String::as_str)
    }

    pub(super) fn group(&self) -> &str {
        self.resource_group.as_deref().unwrap_or_default()
    }
}

/// The segments in lower case, to match on.
pub(super) fn lowered(segments: &[String]) -> Vec<String> {
    segments.iter().map(|part| part.to_lowercase()).collect()
}

/// The permission a request needs and where: Resource Manager derives both from method and path.
pub(super) fn permission(method: &str, segments: &[String], address: &Address) -> (String, String) {
    let verb = match method {
        "PUT" | "PATCH" => "write",
        "DELETE" => "delete",
        "POST" => "action",
        _ => "read",
    };
    let path = lowered(segments);
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let here = format!("/{}", segments.join("/"));
    let subscription = format!("/{}", segments.get(..2).unwrap_or_default().join("/"));
    let resources = "Microsoft.Resources/subscriptions";
    match path.as_slice() {
        ["subscriptions", _] => (format!("{resources}/{verb}"), here),
        ["subscriptions", _, "resourcegroups"] => {
            (format!("{resources}/resourceGroups/{verb}"), subscription)
        }
        ["subscriptions", _, "resourcegroups", _] => {
            (format!("{resources}/resourceGroups/{verb}"), here)
        }
        ["subscriptions", _, "resourcegroups", _, kind] => (
            format!("{resources}/resourceGroups/{kind}/{verb}"),
            address.scope.clone(),
        ),
        ["subscriptions", _, "providers"] | ["subscriptions", _, "providers", _] => {
            (format!("{resources}/providers/{verb}"), subscription)
        }
        [
            "subscriptions",
            _,
            "providers",
            _,
            action @ ("register" | "unregister"),
        ] => (
            format!("{}/{action}/{verb}", address.namespace),
            subscription,
        ),
        ["subscriptions", _, kind, ..] if address.namespace.is_empty() => {
            (format!("{resources}/{kind}/{verb}"), subscription)
        }
        _ => {
            let resource_type = address.resource_type();
            match &address.action {
                Some(action) => {
                    let scope = here.rsplit_once('/').map_or("", |(parent, _)| parent);
                    (format!("{resource_type}/{action}/{verb}"), scope.to_owned())
                }
                None if address.is_collection() && address.names.is_empty() => {
                    (format!("{resource_type}/{verb}"), address.scope.clone())
                }
                None => (format!("{resource_type}/{verb}"), here),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(method: &str, path: &str) -> (String, String) {
        let segments: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        permission(method, &segments, &Address::of(method, &segments))
    }

    #[test]
    fn permissions_follow_from_method_and_path() {
        let cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
        let assignment = format!("{cluster}/providers/Microsoft.Authorization/roleAssignments/r");
        let clusters = "Microsoft.ContainerService/managedClusters";
        let cases = [
            ("GET", "/subscriptions/s".to_owned(), "Microsoft.Resources/subscriptions/read".to_owned(), "/subscriptions/s".to_owned()),
            ("PUT", "/subscriptions/s/resourcegroups/g".into(), "Microsoft.Resources/subscriptions/resourceGroups/write".into(), "/subscriptions/s/resourcegroups/g".into()),
            ("POST", "/subscriptions/s/providers/Microsoft.Network/register".into(), "Microsoft.Network/register/action".into(), "/subscriptions/s".into()),
            ("GET", cluster.into(), format!("{clusters}/read"), cluster.into()),
            ("GET", "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters".into(), format!("{clusters}/read"), "/subscriptions/s/resourceGroups/g".into()),
            ("POST", format!("{cluster}/stop"), format!("{clusters}/stop/action"), cluster.into()),
            ("PUT", format!("{cluster}/agentPools/p"), format!("{clusters}/agentPools/write"), format!("{cluster}/agentPools/p")),
            ("DELETE", assignment.clone(), "Microsoft.Authorization/roleAssignments/delete".into(), assignment),
        ];

        for (method, path, action, scope) in cases {
            assert_eq!(needed(method, &path), (action, scope), "{method} {path}");
        }
    }
}
