//! Changes that need a new cluster: refused with what would be lost, or planned where that was
//! allowed.

use std::fmt::Write as _;

use std::collections::BTreeSet;

use secureaks::framework::{
    schema::{Block, Mode, Shape},
    service::Service as _,
};
use secureaks::value::Value;
use serde_json::{Value as Json, json};

use crate::support::{
    Provider, assert_understood, cluster, fast_azure, lay_over, subnet, told, writes,
};

/// An attribute, a cluster to begin with, and the change that needs a new one.
struct Row {
    attribute: &'static str,
    from: Json,
    to: Json,
}

fn row(attribute: &'static str, from: Json, to: Json) -> Row {
    Row {
        attribute,
        from,
        to,
    }
}

/// Those that always need a new cluster.
fn always(subnet: &str) -> Vec<Row> {
    let pool = |pool: Json| json!({ "system_pool": pool });
    let network = |network: Json| json!({ "network": network });
    let ranges = || {
        network(
            json!({ "pod_cidr": "10.100.0.0/16", "service_cidr": "10.200.0.0/16", "dns_service_ip": "10.200.0.10" }),
        )
    };
    vec![
        row("name", json!({}), json!({ "name": "aks-other" })),
        row(
            "resource_group_name",
            json!({}),
            json!({ "resource_group_name": "rg-other" }),
        ),
        row("location", json!({}), json!({ "location": "northeurope" })),
        row(
            "network.pod_cidr",
            ranges(),
            network(json!({ "pod_cidr": "10.101.0.0/16" })),
        ),
        row(
            "network.service_cidr",
            ranges(),
            network(json!({ "service_cidr": "10.200.0.0/17" })),
        ),
        row(
            "network.dns_service_ip",
            ranges(),
            network(json!({ "dns_service_ip": "10.200.0.11" })),
        ),
        row(
            "system_pool.name",
            json!({}),
            pool(json!({ "name": "first" })),
        ),
        row(
            "system_pool.vm_size",
            json!({}),
            pool(json!({ "vm_size": "Standard_D8ds_v5" })),
        ),
        row(
            "system_pool.zones",
            json!({}),
            pool(json!({ "zones": ["1"] })),
        ),
        row(
            "system_pool.subnet_id",
            json!({}),
            pool(json!({ "subnet_id": subnet })),
        ),
        row(
            "system_pool.os_sku",
            json!({}),
            pool(json!({ "os_sku": "Ubuntu" })),
        ),
    ]
}

/// Those that do in one direction.
fn sometimes() -> Vec<Row> {
    let no_entra = json!({ "entra": { "enabled": false, "azure_rbac": false, "admin_group_object_ids": null }, "local_accounts": true });
    let calico = |mode: &str| json!({ "network": { "mode": mode, "policy": "calico" } });
    vec![
        row("entra.enabled", json!({}), no_entra),
        row(
            "oidc_issuer",
            json!({}),
            json!({ "oidc_issuer": false, "workload_identity": false }),
        ),
        row("network.mode", calico("overlay"), calico("node_subnet")),
        row("network.policy", json!({}), calico("overlay")),
        row(
            "network.policy",
            json!({}),
            json!({ "network": { "policy": "none" } }),
        ),
    ]
}

/// The attributes that are declared to need a new cluster.
fn declared(block: &Block, before: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for attribute in block
        .attributes
        .iter()
        .filter(|one| one.mode != Mode::Computed)
    {
        let name = format!("{before}{}", attribute.name);
        if let Shape::Nested(_, inner) = &attribute.shape {
            found.extend(declared(inner, &format!("{name}.")));
        }
        // No plan comes to change what has one value that is offered.
        let has_choice = !attribute.kept.contains(&Value::Bool(true));
        if attribute.replace.is_some() && has_choice {
            found.insert(name);
        }
    }
    found
}

#[test]
fn a_change_that_needs_a_new_cluster_is_refused_with_what_is_lost_unless_that_is_allowed() {
    let azure = fast_azure();
    let subnet = subnet(&azure, "v");
    let always = always(&subnet);
    let told_of: BTreeSet<String> = always.iter().map(|row| row.attribute.to_owned()).collect();
    assert_eq!(
        told_of,
        declared(
            &Provider::of(&azure).server().schemas().resources["secureaks_cluster"].block,
            ""
        )
    );

    let mut texts = String::new();
    for Row {
        attribute,
        from,
        to,
    } in always.into_iter().chain(sometimes())
    {
        println!("{attribute}");
        let provider = Provider::of(&azure);
        let mut after = from.clone();
        lay_over(&mut after, &to);
        let mut allowed = after.clone();
        lay_over(&mut allowed, &json!({ "allow_replacement": true }));
        let kept = provider.create(&provider.value(&cluster(&from)));
        azure.clear_journal();

        let refused = provider.plan(&kept, &provider.value(&cluster(&after)));
        let replaced = provider.plan(&kept, &provider.value(&cluster(&allowed)));

        let paths: Vec<String> = refused
            .diagnostics
            .iter()
            .map(|one| one.path.to_string())
            .collect();
        assert_eq!(paths, [attribute]);
        write!(
            texts,
            "# {attribute}\n{}\n\n",
            told(&refused.diagnostics).replace(&subnet, "SUBNET")
        )
        .expect("text");
        let paths: Vec<String> = replaced.replaces.iter().map(ToString::to_string).collect();
        let summaries: Vec<&str> = replaced
            .diagnostics
            .iter()
            .map(|told| told.summary.as_str())
            .collect();
        assert_eq!(
            (paths, summaries),
            (
                vec![attribute.to_owned()],
                vec!["Replacement deletes first"]
            )
        );
        assert_eq!(
            replaced.value.member("id"),
            &Value::unknown(),
            "{attribute}"
        );
        assert_eq!(writes(&azure), Vec::<String>::new(), "{attribute}");

        assert_eq!(provider.destroy(&kept).1, []);
    }

    insta::assert_snapshot!(texts);
    assert_understood(&azure);
}

#[test]
fn what_azure_chose_may_be_written_down_and_left_to_it_again() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let left_out = provider.value(&cluster(&json!({})));
    let running = json!({ "pod_cidr": "10.244.0.0/16", "service_cidr": "10.0.0.0/16", "dns_service_ip": "10.0.0.10" });
    let written = provider.value(&cluster(
        &json!({ "kubernetes_version": "1.35", "network": running }),
    ));
    let kept = provider.create(&left_out);
    azure.clear_journal();

    let (kept, first) = provider.apply(&kept, &written);
    let (read, second) = provider.read(&kept);
    let (kept, third) = provider.apply(&read, &left_out);

    assert_eq!((first, second, third), (vec![], vec![], vec![]));
    assert_eq!(
        read.value.member("network").member("pod_cidr"),
        &Value::from("10.244.0.0/16")
    );
    assert_eq!(
        kept.value.member("network").member("pod_cidr"),
        &Value::Null
    );
    assert_eq!(writes(&azure), Vec::<String>::new());
    assert_understood(&azure);
}
