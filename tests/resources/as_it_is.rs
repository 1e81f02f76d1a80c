//! What a cluster made elsewhere has and this resource does not create is kept, and refused where it would be new.

use secureaks::{
    framework::{
        Severity,
        schema::{Block, Shape},
        service::Service as _,
    },
    value::{Value, to_json},
};
use serde_json::{Value as Json, json};

use crate::support::{Kept, Provider, assert_understood, cluster, fast_azure, kinds, told};

/// Each value that is kept, by the path of its attribute.
fn kept_values(block: &Block, path: &str) -> Vec<(String, Json)> {
    let mut found = Vec::new();
    for attribute in &block.attributes {
        let path = format!("{path}/{}", attribute.name);
        if let Shape::Nested(_, inner) = &attribute.shape {
            found.extend(kept_values(inner, &path));
        }
        found.extend(
            attribute
                .kept
                .iter()
                .map(|kept| (path.clone(), to_json(kept))),
        );
    }
    found
}

#[test]
fn no_value_that_is_only_kept_is_created_or_changed_to() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let schema = provider.server().schemas().resources["secureaks_cluster"].clone();
    let values = kept_values(&schema.block, "");
    let existing = provider.create(&provider.value(&cluster(&json!({}))));
    let written = |path: &str, value: &Json| -> Value {
        let mut config = cluster(&json!({ "network": {}, "identity": {} }));
        let (parent, name) = path.rsplit_once('/').expect("a path");
        let parent = config.pointer_mut(parent).expect("a block");
        parent[name] = value.clone();
        if name == "private" {
            parent["authorized_ip_ranges"] = Json::Null;
        }
        provider.value(&config)
    };
    let refused = |prior: &Kept, config: &Value| -> Vec<String> {
        let plan = provider.restarted(&azure).plan(prior, config);
        let errors = plan.diagnostics.iter();
        let errors = errors.filter(|told| told.severity == Severity::Error);
        errors
            .map(|told| format!("{}: {}", told.path, told.summary))
            .collect()
    };

    for (path, value) in &values {
        let config = written(path, value);
        let expected = format!(
            "{}: Kept, and not offered for creation",
            path.trim_start_matches('/').replace('/', ".")
        );
        for prior in [&Kept::nothing(), &existing] {
            let refused = refused(prior, &config);
            assert!(refused.contains(&expected), "{path} = {value}: {refused:?}");
        }
    }
    assert!(values.len() > 10, "{values:?}");
    assert_understood(&azure);
}

/// Where Azure makes the change in place, what is kept can be left for what is offered.
#[test]
fn what_is_kept_can_be_left() {
    let azure = fast_azure();
    let all = kinds::all(&azure);
    let leave = |name: &str, changes: &Json| {
        let kind = all.iter().find(|kind| kind.name == name);
        let id = kind.expect("a kind").put(&azure);
        let provider = Provider::of(&azure);
        let (imported, _) = provider.read(&provider.import(&id));
        let schema = &provider.server().schemas().resources["secureaks_cluster"];
        let mut config = to_json(&crate::imported::configuration(
            &schema.block,
            &imported.value,
        ));
        crate::support::lay_over(&mut config, changes);
        let plan = provider.plan(&imported, &provider.value(&config));
        (told(&plan.diagnostics), plan.replaces)
    };

    let overlay = leave("kubenet", &json!({ "network": { "mode": "overlay" } }));
    let identity = leave(
        "service-principal",
        &json!({ "identity": { "type": "SystemAssigned" } }),
    );

    assert_eq!(
        [overlay, identity],
        [(String::new(), vec![]), (String::new(), vec![])]
    );
    assert_understood(&azure);
}

/// A cluster that has it otherwise keeps it (`imported`).
#[test]
fn cilium_without_overlay_is_refused_for_a_new_cluster() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let wanted = provider.value(&cluster(&json!({ "network": { "mode": "node_subnet" } })));

    let plan = provider.plan(&Kept::nothing(), &wanted);

    insta::assert_snapshot!(told(&plan.diagnostics));
    assert_understood(&azure);
}
