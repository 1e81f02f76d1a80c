//! Whatever an optional attribute is set to, and in whatever order that changes: one apply, and the next plan is empty.

use std::collections::BTreeSet;

use secureaks::{
    framework::{
        Severity,
        schema::{Block, Mode, Nesting, Shape},
        service::Service as _,
    },
    value::Type,
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::{
    inside,
    support::{Kept, Provider, assert_understood, cluster, fast_azure, told},
};

/// An optional attribute, by its path, and what it is set to.
struct Sample {
    path: &'static str,
    value: Json,
    /// What else is written while it is set.
    with: Json,
    /// What else is written while it is not.
    without: Json,
}

fn sample(path: &'static str, value: Json) -> Sample {
    Sample {
        path,
        value,
        with: json!({}),
        without: json!({}),
    }
}

/// The optional attributes of a block, and whether each is a collection without a default: what users may leave out,
/// but for the groups that hold them.
fn optional(block: &Block, path: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    for attribute in &block.attributes {
        let path = format!("{path}{}", attribute.name);
        match (&attribute.shape, attribute.mode) {
            (_, Mode::Computed) => {}
            (Shape::Nested(Nesting::Group, inner), _)
            | (Shape::Nested(Nesting::Single, inner), Mode::Required) => {
                found.extend(optional(inner, &format!("{path}.")));
            }
            (_, Mode::Required) => {}
            (shape, Mode::Optional) => {
                let is_collection = match shape {
                    Shape::Value(ty) => {
                        matches!(ty, Type::List(_) | Type::Set(_) | Type::Map(_))
                    }
                    Shape::Nested(nesting, _) => *nesting != Nesting::Single,
                };
                found.push((path, is_collection && attribute.default.is_none()));
            }
        }
    }
    found
}

fn put(config: &mut Json, path: &str, value: Json) {
    let pointer = format!("/{}", path.replace('.', "/"));
    let (parent, name) = pointer.rsplit_once('/').expect("a path");
    let mut steps = parent.split('/').filter(|step| !step.is_empty());
    let parent = steps.try_fold(config, |config, step| config.get_mut(step));
    parent.expect("a block")[name] = value;
}

/// Lives through every order of set, empty and left out; what the plan refuses is passed over, as long as it is refused
/// on that very attribute. How many plans were accepted.
fn settle(provider: &Provider, base: &Json, one: &Sample, empty: Option<Json>) -> usize {
    let least = |config: &Json| {
        let mut config = config.clone();
        for group in [
            "entra",
            "network",
            "api_server",
            "identity",
            "image_cleaner",
            "pod_security",
        ] {
            if config.get(group).is_none_or(Json::is_null) {
                config[group] = json!({});
            }
        }
        config
    };
    let written = |value: &Json| {
        let mut config = least(base);
        let more = if *value == one.value {
            &one.with
        } else {
            &one.without
        };
        crate::support::lay_over(&mut config, more);
        config = least(&config);
        put(&mut config, one.path, value.clone());
        provider.value(&config)
    };
    let (set, empty) = (one.value.clone(), empty.unwrap_or(Json::Null));
    let steps = [
        Json::Null,
        set.clone(),
        empty.clone(),
        Json::Null,
        empty.clone(),
        set,
        Json::Null,
    ];
    let mut kept = Kept::nothing();
    let mut accepted = 0;
    for value in steps {
        let config = written(&value);
        let plan = provider.plan(&kept, &config);
        let mut errors = plan
            .diagnostics
            .iter()
            .filter(|told| told.severity == Severity::Error);
        if let Some(error) = errors.next() {
            let at = error.path.to_string();
            let is_its_own = one.path.starts_with(&at) || at.starts_with(one.path);
            assert!(
                is_its_own,
                "{} = {value}: {}",
                one.path,
                told(&plan.diagnostics)
            );
            continue;
        }
        accepted += 1;
        let (applied, said) = provider.carry_out(&kept, &config, &plan);
        let failed = said.iter().any(|told| told.severity == Severity::Error);
        assert!(!failed, "{} = {value}: {}", one.path, told(&said));
        kept = provider.read(&applied).0;
        let next = provider.plan(&kept, &config);
        assert_eq!(next.value, kept.value, "{} = {value}", one.path);
        assert_eq!(next.replaces, [], "{} = {value}", one.path);
    }
    provider.destroy(&kept);
    accepted
}

/// Settles each sample in an Azure of its own.
fn settle_all(start: fn() -> (Simulator, Provider), base: &Json, samples: &[Sample]) {
    let (_azure, provider) = start();
    let block = provider.server().schemas().resources[provider.type_name()]
        .block
        .clone();
    let all = optional(&block, "");
    let declared: BTreeSet<&str> = all.iter().map(|(path, _)| path.as_str()).collect();
    let tried: BTreeSet<&str> = samples.iter().map(|one| one.path).collect();
    assert_eq!(tried, declared, "every optional attribute has a sample");

    for one in samples {
        let (azure, provider) = start();
        let is_collection = all.iter().any(|(path, is)| path == one.path && *is);
        let empty = is_collection.then(|| match one.value {
            Json::Object(_) => json!({}),
            _ => json!([]),
        });
        let accepted = settle(&provider, base, one, empty);
        assert!(
            accepted >= 2,
            "{}: only {accepted} plans were accepted",
            one.path
        );
        assert_understood(&azure);
    }
}

#[test]
fn every_optional_attribute_of_a_cluster_settles() {
    let start = || {
        let azure = fast_azure();
        let provider = Provider::of(&azure);
        (azure, provider)
    };
    let base = cluster(&json!({}));
    let autoscale = json!({ "min_count": 3, "max_count": 6 });
    let samples = [
        sample("baseline", json!("2026.1")),
        sample("kubernetes_version", json!("1.35")),
        sample("tier", json!("Free")),
        sample("support_plan", json!("KubernetesOfficial")),
        sample("entra.enabled", json!(true)),
        sample(
            "entra.admin_group_object_ids",
            json!(["8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13"]),
        ),
        sample("entra.azure_rbac", json!(false)),
        sample("local_accounts", json!(true)),
        sample("grant_applier_access", json!(true)),
        sample("network.mode", json!("overlay")),
        sample("network.policy", json!("cilium")),
        sample("network.pod_cidr", json!("10.244.0.0/16")),
        sample("network.service_cidr", json!("10.0.0.0/16")),
        sample("network.dns_service_ip", json!("10.0.0.10")),
        Sample {
            without: json!({ "api_server": { "unrestricted": true } }),
            ..sample("api_server.authorized_ip_ranges", json!(["20.60.0.0/24"]))
        },
        Sample {
            with: json!({ "api_server": { "authorized_ip_ranges": null } }),
            ..sample("api_server.unrestricted", json!(true))
        },
        sample("api_server.private", json!(false)),
        sample("api_server.run_command", json!(true)),
        sample("system_pool.name", json!("system")),
        Sample {
            without: json!({ "system_pool": { "autoscale": autoscale } }),
            ..sample("system_pool.node_count", json!(4))
        },
        sample("system_pool.autoscale", autoscale.clone()),
        sample("system_pool.zones", json!(["1", "2", "3"])),
        sample("system_pool.subnet_id", Json::Null),
        sample("system_pool.os_sku", json!("AzureLinux")),
        sample("identity.type", json!("SystemAssigned")),
        sample("identity.identity_id", Json::Null),
        sample("workload_identity", json!(false)),
        sample("oidc_issuer", json!(true)),
        sample("automatic_upgrade_channel", json!("stable")),
        sample("node_os_upgrade_channel", json!("SecurityPatch")),
        sample("image_cleaner.enabled", json!(false)),
        sample("image_cleaner.interval_hours", json!(48)),
        sample("tags", json!({ "team": "shop" })),
        sample("allow_replacement", json!(true)),
        sample("timeouts", json!({ "create": "1h" })),
    ];

    settle_all(start, &base, &samples);
}

fn within(base: Json) -> Json {
    let mut base = base;
    base["cluster_id"] = json!(crate::support::CLUSTER);
    base
}

#[test]
fn every_optional_attribute_of_a_namespace_settles() {
    let limits = json!({ "default": { "cpu": "500m" } });
    let samples = [
        sample("labels", json!({ "team": "a" })),
        sample("annotations", json!({ "team": "a" })),
        sample("pod_security.enforce", json!("baseline")),
        sample("pod_security.audit", json!("baseline")),
        sample("pod_security.warn", json!("baseline")),
        sample("pod_security.version", json!("v1.34")),
        sample("quota", json!({ "pods": "20" })),
        sample("limits", limits),
        sample("network.default_deny_ingress", json!(false)),
        sample("network.default_deny_egress", json!(false)),
        sample("network.allow_dns", json!(false)),
        sample("adopt", json!(true)),
        sample("delete_with_workloads", json!(true)),
        sample("force_conflicts", json!(true)),
        sample("timeouts", json!({ "create": "1h" })),
    ];

    settle_all(
        crate::namespace::start,
        &within(json!({ "name": "team-b" })),
        &samples,
    );
}

#[test]
fn every_optional_attribute_of_a_network_policy_settles() {
    let base = within(json!({ "namespace": "team-a", "name": "web", "pods": { "app": "web" } }));
    let peers = json!([{ "namespace": "b", "ports": [{ "port": "80" }] }, { "any_pod": true }]);
    let samples = [
        sample("pods", json!({ "app": "api" })),
        sample("directions", json!(["ingress", "egress"])),
        sample("allow_from", peers.clone()),
        sample("allow_to", peers),
        sample("allow_dns", json!(true)),
        Sample {
            with: json!({ "pods": null }),
            ..sample(
                "raw",
                json!(r#"{"podSelector":{},"policyTypes":["Ingress"]}"#),
            )
        },
        sample("force_conflicts", json!(true)),
        sample("timeouts", json!({ "create": "1h" })),
    ];

    settle_all(crate::network_policy::start, &base, &samples);
}

#[test]
fn every_optional_attribute_of_a_binding_settles() {
    let group = json!({ "type": "Group", "object_id": "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13" });
    let base = within(json!({
        "name": "developers", "cluster_role": "view", "principals": [group], "verify": false,
    }));
    let samples = [
        sample("mode", json!("kubernetes")),
        sample("cluster_role", json!("view")),
        sample("role", Json::Null),
        sample("azure_role", Json::Null),
        // No namespaces are refused, as they would mean the whole cluster.
        sample("namespaces", json!(["shop"])),
        sample("cluster_user_role", json!(false)),
        sample("force_conflicts", json!(true)),
        sample("verify", json!(true)),
        sample("timeouts", json!({ "create": "1h" })),
    ];

    settle_all(crate::binding::start, &base, &samples);
}

/// As modules do: an empty set where the caller names none.
#[test]
fn empty_set_never_settles() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({
        "entra": { "admin_group_object_ids": [] },
        "api_server": { "unrestricted": true, "authorized_ip_ranges": [] },
    })));

    let kept = provider.create(&config);
    let (read, told) = provider.read(&kept);
    let plan = provider.plan(&read, &config);

    assert_eq!((told, plan.diagnostics), (vec![], vec![]));
    assert_eq!(plan.value, kept.value);
    assert_understood(&azure);
}

#[test]
fn principals_order() {
    let (azure, provider) = crate::binding::start();
    let group = json!({ "type": "Group", "object_id": "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13" });
    let user = json!({ "type": "User", "object_id": "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526" });
    let [one, other] = [[&group, &user], [&user, &group]]
        .map(|principals| crate::binding::binding(&provider, &json!({ "principals": principals })));
    let kept = inside::reached(&provider, &Kept::nothing(), &one);

    let plan = provider.plan(&kept, &other);

    assert_eq!(one, other);
    assert_eq!((plan.value, plan.diagnostics), (kept.value, vec![]));
    assert_understood(&azure);
}

/// Which of two spellings Azure would keep nobody can say.
#[test]
fn one_value_in_two_spellings_names_both() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let id = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345";
    let config = cluster(&json!({
        "entra": { "admin_group_object_ids": [id, id.to_uppercase()] },
    }));

    let said = provider.validate(&provider.value(&config));

    assert_eq!(
        told(&said),
        format!(
            "error: entra.admin_group_object_ids: One value in two spellings\n`entra.admin_group_object_ids` names one value twice: `\"{}\"` and `\"{id}\"`. Remove one of the two.",
            id.to_uppercase()
        )
    );
}
