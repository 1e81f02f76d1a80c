//! Configurations that cannot be: what the user is told, on which attribute, before Azure is asked
//! for anything. `snapshots/` holds every message as a whole.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::support::{Kept, Provider, assert_understood, azure, cluster, told};

/// What is wrong, and the change to a sound configuration that makes it so.
#[expect(clippy::too_many_lines, reason = "a table")]
fn wrong() -> Vec<(&'static str, Json)> {
    let ranges = |ranges: &[&str]| json!({ "api_server": { "authorized_ip_ranges": ranges } });
    let pool = |pool: Json| json!({ "system_pool": pool });
    let network = |network: Json| json!({ "network": network });
    let group = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo";
    vec![
        ("a name with a space", json!({ "name": "my cluster" })),
        ("a name that ends with a hyphen", json!({ "name": "aks-" })),
        ("a name too long", json!({ "name": "a".repeat(64) })),
        ("an empty name", json!({ "name": "" })),
        ("no name", json!({ "name": null })),
        (
            "a group's id for its name",
            json!({ "resource_group_name": group }),
        ),
        (
            "a region that is no word",
            json!({ "location": "west/europe" }),
        ),
        ("a word that is no tier", json!({ "tier": "Gold" })),
        ("a tier in other letters", json!({ "tier": "standard" })),
        (
            "a baseline that does not exist",
            json!({ "baseline": "2020.1" }),
        ),
        (
            "a version that is none",
            json!({ "kubernetes_version": "latest" }),
        ),
        ("a range that is none", ranges(&["20.50.0.0/33"])),
        ("the whole internet", ranges(&["0.0.0.0/0"])),
        ("a range with host bits set", ranges(&["20.50.0.7/24"])),
        ("a private range", ranges(&["10.0.0.0/8"])),
        ("a documentation range", ranges(&["203.0.113.0/24"])),
        ("an IPv6 range", ranges(&["2a01::/16"])),
        (
            "nobody beside somebody",
            ranges(&["0.0.0.0/32", "20.50.0.0/24"]),
        ),
        ("no range", ranges(&[])),
        (
            "ranges, and everybody",
            json!({ "api_server": { "unrestricted": true } }),
        ),
        (
            "a group's name for its id",
            json!({ "entra": { "admin_group_object_ids": ["platform-admins"] } }),
        ),
        (
            "local accounts off without Entra",
            json!({ "entra": { "enabled": false, "admin_group_object_ids": null, "azure_rbac": false } }),
        ),
        (
            "groups and Azure RBAC without Entra",
            json!({ "entra": { "enabled": false }, "local_accounts": true }),
        ),
        ("no number of nodes", pool(json!({ "node_count": null }))),
        ("no nodes", pool(json!({ "node_count": 0 }))),
        (
            "a count outside its bounds",
            pool(json!({ "autoscale": { "min_count": 4, "max_count": 6 } })),
        ),
        (
            "bounds the wrong way round",
            pool(json!({ "node_count": null, "autoscale": { "min_count": 6, "max_count": 3 } })),
        ),
        (
            "a bound of none",
            pool(json!({ "node_count": null, "autoscale": { "min_count": 0, "max_count": 3 } })),
        ),
        ("no size", pool(json!({ "vm_size": null }))),
        ("an empty size", pool(json!({ "vm_size": "" }))),
        (
            "a pool's name with capitals",
            pool(json!({ "name": "System" })),
        ),
        (
            "a zone that does not exist",
            pool(json!({ "zones": ["1", "4"] })),
        ),
        (
            "a network's id for its subnet's",
            pool(
                json!({ "subnet_id": format!("{group}/providers/Microsoft.Network/virtualNetworks/v") }),
            ),
        ),
        (
            "a subnet's name for its id",
            pool(json!({ "subnet_id": "nodes" })),
        ),
        (
            "an operating system that is none",
            pool(json!({ "os_sku": "Windows2022" })),
        ),
        (
            "pods' range with host bits set",
            network(json!({ "pod_cidr": "10.244.0.1/16" })),
        ),
        (
            "services' range that is none",
            network(json!({ "service_cidr": "10.0.0.0" })),
        ),
        (
            "ranges that overlap",
            network(json!({ "pod_cidr": "10.0.0.0/8", "service_cidr": "10.1.0.0/16" })),
        ),
        (
            "a DNS address without a range",
            network(json!({ "dns_service_ip": "10.0.0.10" })),
        ),
        (
            "a DNS address outside its range",
            network(json!({ "service_cidr": "10.1.0.0/16", "dns_service_ip": "10.0.0.10" })),
        ),
        (
            "a DNS address that is the API server's",
            network(json!({ "service_cidr": "10.1.0.0/16", "dns_service_ip": "10.1.0.1" })),
        ),
        (
            "pods' range without overlay",
            network(
                json!({ "mode": "node_subnet", "policy": "calico", "pod_cidr": "10.244.0.0/16" }),
            ),
        ),
        (
            "an identity that is not named",
            json!({ "identity": { "type": "UserAssigned" } }),
        ),
        (
            "an identity that has no use",
            json!({ "identity": { "identity_id": format!("{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i") } }),
        ),
        (
            "workload identity without its issuer",
            json!({ "oidc_issuer": false }),
        ),
        (
            "channels that do not fit",
            json!({ "automatic_upgrade_channel": "node-image", "node_os_upgrade_channel": "None" }),
        ),
        (
            "an interval that is too short",
            json!({ "image_cleaner": { "interval_hours": 1 } }),
        ),
        (
            "a tag that is the provider's",
            json!({ "tags": { "Hidden-secureaks": "x" } }),
        ),
        (
            "a tag Azure does not take",
            json!({ "tags": { "a/b": "x" } }),
        ),
        (
            "a duration without a unit",
            json!({ "timeouts": { "create": "90" } }),
        ),
        (
            "a duration of nothing",
            json!({ "timeouts": { "delete": "0s" } }),
        ),
        (
            "many things at once",
            json!({
                "name": "-", "location": "", "tier": "x",
                "api_server": { "authorized_ip_ranges": ["10.0.0.0/8", "20.50.0.7/24", "x"] },
                "entra": { "admin_group_object_ids": ["a", "b"] },
                "system_pool": { "node_count": 2000, "zones": ["9"] },
                "timeouts": { "create": "soon" },
            }),
        ),
    ]
}

#[test]
fn what_cannot_be_is_told_on_its_attribute_and_azure_is_not_asked() {
    let azure = azure();
    let provider = Provider::of(&azure);

    let mut texts = String::new();
    for (what, change) in wrong() {
        let config = provider.value(&cluster(&change));
        let validated = provider.validate(&config);
        let planned = provider.plan(&Kept::nothing(), &config);

        assert_eq!(
            validated, planned.diagnostics,
            "{what}: validate and plan say the same"
        );
        assert!(!validated.is_empty(), "{what}: accepted");
        assert!(
            validated.iter().all(|one| !one.path.is_root()),
            "{what}: on no attribute: {validated:?}"
        );
        write!(texts, "# {what}\n{}\n\n", told(&validated)).expect("text");
    }

    insta::assert_snapshot!(texts);
    assert_eq!(azure.journal(), []);
    assert_understood(&azure);
}
