//! Resource ids, which Azure spells in varying casing: compared without it, and handed on in the one that
//! Resource Manager documents.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The address of something below a subscription. Names in it keep their casing; the words between them have that of
/// Azure's own reference, whatever they were read in: AKS answers `resourcegroups`, which azurerm's parsers refuse.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceId(String);

/// A text that is no resource id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a resource id: {reason}")]
pub struct InvalidResourceId {
    text: String,
    reason: &'static str,
}

impl InvalidResourceId {
    /// Why it is none, as a clause about "it".
    pub fn reason(&self) -> &'static str {
        self.reason
    }
}

impl ResourceId {
    /// Reads an id in any casing.
    pub fn parse(text: &str) -> Result<Self, InvalidResourceId> {
        let fail = |reason| {
            Err(InvalidResourceId {
                text: text.to_owned(),
                reason,
            })
        };
        let Some(rest) = text.strip_prefix('/') else {
            return fail("it does not begin with a slash");
        };
        let segments: Vec<&str> = rest.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return fail("a part of it is empty");
        }
        // Such a part would make the request go to another address than the one that is shown.
        if segments
            .iter()
            .any(|segment| matches!(*segment, "." | "..") || segment.contains(forbidden))
        {
            return fail("a part of it holds characters that no name has");
        }
        match segments.as_slice() {
            [kind, _, rest @ ..] if kind.eq_ignore_ascii_case("subscriptions") => match shape(rest)
            {
                Some(reason) => fail(reason),
                None => Ok(Self(canonical(&segments))),
            },
            _ => fail("it does not begin with /subscriptions/<id>"),
        }
    }

    /// The id of a subscription.
    pub fn subscription_of(subscription: &str) -> Result<Self, InvalidResourceId> {
        Self::parse(&format!("/subscriptions/{subscription}"))
    }

    /// The id of a resource group.
    pub fn resource_group_of(
        subscription: &str,
        resource_group: &str,
    ) -> Result<Self, InvalidResourceId> {
        Self::parse(&format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}"
        ))
    }

    /// The id of a managed cluster.
    pub fn managed_cluster(
        subscription: &str,
        resource_group: &str,
        name: &str,
    ) -> Result<Self, InvalidResourceId> {
        Self::parse(&format!(
            "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/Microsoft.ContainerService/managedClusters/{name}"
        ))
    }

    /// The id of something directly below this one, such as an agent pool.
    pub fn child(&self, kind: &str, name: &str) -> Result<Self, InvalidResourceId> {
        Self::parse(&format!("{self}/{kind}/{name}"))
    }

    /// The id of something that another provider attaches to this one, such as a role assignment.
    pub fn extension(
        &self,
        namespace: &str,
        kind: &str,
        name: &str,
    ) -> Result<Self, InvalidResourceId> {
        Self::parse(&format!("{self}/providers/{namespace}/{kind}/{name}"))
    }

    /// The text in canonical casing if it is an id, else as it is.
    pub fn canonical(text: &str) -> String {
        Self::parse(text).map_or_else(|_| text.to_owned(), Self::into)
    }

    /// The id, in canonical casing.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The subscription's id.
    pub fn subscription(&self) -> &str {
        self.0.split('/').nth(2).unwrap_or_default()
    }

    /// The resource group's name, if it is in one.
    pub fn resource_group(&self) -> Option<&str> {
        let mut segments = self.0.split('/').skip(3);
        segments
            .next()
            .filter(|kind| kind.eq_ignore_ascii_case("resourceGroups"))?;
        segments.next()
    }

    /// The provider and kind, such as `Microsoft.ContainerService/managedClusters/agentPools`, if it is the
    /// resource of a provider.
    pub fn resource_type(&self) -> Option<String> {
        let segments: Vec<&str> = self.0.split('/').collect();
        let last = segments
            .iter()
            .rposition(|segment| segment.eq_ignore_ascii_case("providers"))?;
        let mut rest = segments.get(last + 1..)?.iter();
        let namespace = rest.next()?;
        let kinds: Vec<&str> = rest.step_by(2).copied().collect();
        Some(format!("{namespace}/{}", kinds.join("/")))
    }

    /// Whether it is of the given provider and kind.
    pub fn is_a(&self, resource_type: &str) -> bool {
        self.resource_type()
            .is_some_and(|own| own.eq_ignore_ascii_case(resource_type))
    }

    /// The last name in it.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The id of what holds it: a pool's cluster, a cluster's resource group.
    pub fn parent(&self) -> Option<Self> {
        let mut segments: Vec<&str> = self.0.split('/').collect();
        segments.truncate(segments.len().saturating_sub(2));
        // Without its kind and name, a provider's namespace is left over from a top-level resource.
        if segments
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|segment| segment.eq_ignore_ascii_case("providers"))
        {
            segments.truncate(segments.len().saturating_sub(2));
        }
        Self::parse(&segments.join("/")).ok()
    }
}

/// Words between the names of an id, in the casing of Azure's reference.
const WORDS: [&str; 18] = [
    "subscriptions",
    "resourceGroups",
    "providers",
    "Microsoft.ContainerService",
    "managedClusters",
    "agentPools",
    "namespaces",
    "Microsoft.ManagedIdentity",
    "userAssignedIdentities",
    "Microsoft.Network",
    "virtualNetworks",
    "subnets",
    "publicIPAddresses",
    "natGateways",
    "Microsoft.Authorization",
    "roleAssignments",
    "roleDefinitions",
    "routeTables",
];

/// The id in canonical casing. Words and names take turns, but for a namespace after `providers`, which is a word.
fn canonical(segments: &[&str]) -> String {
    let word = |segment: &str| {
        let known = WORDS.iter().find(|word| word.eq_ignore_ascii_case(segment));
        known.map_or_else(|| segment.to_owned(), |word| (*word).to_owned())
    };
    let mut text = String::new();
    let mut is_name = false;
    for segment in segments {
        text.push('/');
        if is_name {
            text.push_str(segment);
            is_name = false;
        } else {
            text.push_str(&word(segment));
            // What follows `providers` is a namespace, and then a kind.
            let is_namespace = segment.contains('.');
            is_name = !is_namespace && !segment.eq_ignore_ascii_case("providers");
        }
    }
    text
}

fn forbidden(character: char) -> bool {
    character.is_control() || character.is_whitespace() || "?#%\\<>\"".contains(character)
}

/// What is wrong with the parts that follow the subscription.
fn shape(segments: &[&str]) -> Option<&'static str> {
    let rest = match segments {
        [kind, _, rest @ ..] if kind.eq_ignore_ascii_case("resourceGroups") => rest,
        rest => rest,
    };
    match rest {
        [] => None,
        [word, _, _, _, further @ ..] if word.eq_ignore_ascii_case("providers") => {
            (further.len() % 2 != 0).then_some("a kind in it has no name")
        }
        _ => {
            Some("after the resource group it must go on with /providers/<namespace>/<kind>/<name>")
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ResourceId {
    type Err = InvalidResourceId;

    fn from_str(text: &str) -> Result<Self, InvalidResourceId> {
        Self::parse(text)
    }
}

impl TryFrom<String> for ResourceId {
    type Error = InvalidResourceId;

    fn try_from(text: String) -> Result<Self, InvalidResourceId> {
        Self::parse(&text)
    }
}

impl From<ResourceId> for String {
    fn from(id: ResourceId) -> Self {
        id.0
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ResourceId {}

impl PartialOrd for ResourceId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ResourceId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0
            .to_ascii_lowercase()
            .cmp(&other.0.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POOL: &str = "/subscriptions/s1/resourcegroups/Rg-Demo/providers/Microsoft.ContainerService/managedClusters/aks/agentPools/system";

    #[test]
    fn casing_does_not_tell_ids_apart() {
        let id = ResourceId::parse(POOL).unwrap();
        let shouted = ResourceId::parse(&POOL.to_ascii_uppercase()).unwrap();

        assert_eq!(id, shouted);
    }

    #[test]
    fn words_get_their_canonical_casing_and_names_keep_theirs() {
        let shouted = ResourceId::parse(&POOL.to_ascii_uppercase()).unwrap();
        let named = ResourceId::parse(
            "/SUBSCRIPTIONS/s/RESOURCEGROUPS/Subnets/PROVIDERS/microsoft.foo/Bars/SUBNETS/providers/MICROSOFT.AUTHORIZATION/roleassignments/Providers",
        );

        assert_eq!(
            (shouted.as_str(), named.unwrap().as_str()),
            (
                "/subscriptions/S1/resourceGroups/RG-DEMO/providers/Microsoft.ContainerService/managedClusters/AKS/agentPools/SYSTEM",
                "/subscriptions/s/resourceGroups/Subnets/providers/microsoft.foo/Bars/SUBNETS/providers/Microsoft.Authorization/roleAssignments/Providers",
            )
        );
    }

    #[test]
    fn an_id_gives_its_parts() {
        let id = ResourceId::parse(POOL).unwrap();

        let parts = (
            id.subscription(),
            id.resource_group(),
            id.resource_type(),
            id.name(),
        );

        let kind = Some("Microsoft.ContainerService/managedClusters/agentPools".to_owned());
        assert_eq!(parts, ("s1", Some("Rg-Demo"), kind, "system"));
    }

    #[test]
    fn parents_lead_up_to_the_subscription() {
        let mut ids = Vec::new();
        let mut next = ResourceId::parse(POOL).ok();

        while let Some(id) = next {
            next = id.parent();
            ids.push(id.to_string());
        }

        let group = "/subscriptions/s1/resourceGroups/Rg-Demo";
        let cluster = format!("{group}/providers/Microsoft.ContainerService/managedClusters/aks");
        let pool = format!("{cluster}/agentPools/system");
        assert_eq!(ids, [&pool, &cluster, group, "/subscriptions/s1"]);
    }

    #[test]
    fn an_extension_is_of_the_kind_that_is_attached() {
        let id = ResourceId::parse(POOL).unwrap();
        let id = id
            .extension("Microsoft.Authorization", "roleAssignments", "g")
            .unwrap();

        assert!(id.is_a("microsoft.authorization/roleassignments"));
        assert_eq!(id.parent(), ResourceId::parse(POOL).ok());
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let texts = [
            "",
            "aks",
            "subscriptions/s1",
            "/subscriptions//resourceGroups/rg",
            "/resourceGroups/rg",
            "/subscriptions/s1/resourceGroups/..",
            "/subscriptions/s1/resourceGroups/rg?x=1",
            "/subscriptions/s1/resourceGroups/rg/managedClusters/aks",
            "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters",
        ];

        let parsed: Vec<&str> = texts
            .into_iter()
            .filter(|text| ResourceId::parse(text).is_ok())
            .collect();

        assert_eq!(parsed, [""; 0]);
    }
}
