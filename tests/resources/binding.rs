//! A binding through its life: in the cluster, in namespaces, and by a role of Azure.

use secureaks::value::{Value, to_json};
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    inside::{applied, attribute, change, config, made_cluster, object, provider, reached},
    support::{CLUSTER, Kept, Provider, assert_understood, fast_azure, told},
};

pub(crate) const TYPE: &str = "secureaks_aad_binding";
pub(crate) const DEVELOPERS: &str = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";
pub(crate) const ADMINISTRATORS: &str = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345";
const LEE: &str = "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526";
const GUEST: &str = "d4817be9-30c5-4f6a-a2e8-51b6c07f9d38";
const MACHINE: &str = "0e7b5c94-d18f-4263-b9a7-42f6d3c8e150";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
pub(crate) const CLUSTER_USER: &str = "4abbcc35-e782-43d8-92c5-2d3f1bd2253f";

/// A cluster with Entra in which the signed-in identity has rights, two namespaces, and a provider that is asked about
/// bindings in it.
pub(crate) fn start() -> (Simulator, Provider) {
    let azure = fast_azure();
    let entra = json!({ "enabled": true, "azure_rbac": true, "admin_group_object_ids": null });
    let open = json!({ "local_accounts": false, "entra": entra, "grant_applier_access": true });
    made_cluster(&azure, &open);
    for name in ["shop", "team-a"] {
        let path = format!("/api/v1/namespaces/{name}");
        change(&azure, &path, &json!({ "metadata": { "name": name } }));
    }
    let provider = provider(&azure, TYPE);
    (azure, provider)
}

/// The group `developers` may edit in the namespace `shop`, with `changes` laid over it.
pub(crate) fn binding(provider: &Provider, changes: &Json) -> Value {
    let base = json!({
        "name": "developers",
        "cluster_role": "edit",
        "namespaces": ["shop"],
        "principals": [{ "type": "Group", "object_id": DEVELOPERS }],
    });
    config(provider, &base, changes)
}

fn role_binding(namespace: &str, name: &str) -> String {
    format!("{RBAC}/namespaces/{namespace}/rolebindings/{name}")
}

/// Who has a role at the cluster or below it, by object id and the end of the scope.
pub(crate) fn assigned(azure: &Simulator, role: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = azure
        .resource_ids()
        .into_iter()
        .filter(|id| {
            id.to_lowercase().contains("/managedclusters/") && id.contains("roleAssignments")
        })
        .filter_map(|id| azure.resource(&id))
        .filter(|one| {
            one["properties"]["roleDefinitionId"]
                .as_str()
                .is_some_and(|id| id.ends_with(role))
        })
        .map(|one| {
            let text = |name: &str| {
                one["properties"][name]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            let scope = text("scope");
            (
                text("principalId"),
                scope.rsplit('/').next().unwrap_or_default().to_owned(),
            )
        })
        .collect();
    found.sort();
    found
}

/// Deletes the assignments of a role as somebody else would.
fn take_away(azure: &Simulator, role: &str) {
    for id in azure.resource_ids() {
        let of_role = azure.resource(&id).is_some_and(|one| {
            let definition = one["properties"]["roleDefinitionId"].as_str();
            definition.is_some_and(|definition| definition.ends_with(role))
        });
        if of_role {
            azure.delete(&id);
        }
    }
}

pub(crate) fn on_cluster(id: &str) -> (String, String) {
    (id.to_owned(), "aks-demo".to_owned())
}

#[test]
fn a_binding_is_made_read_changed_and_deleted() {
    let (azure, provider) = start();
    let wanted = binding(&provider, &json!({ "namespaces": ["shop", "team-a"] }));

    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let made = ["shop", "team-a"].map(|name| object(&azure, &role_binding(name, "developers")));
    let users = assigned(&azure, CLUSTER_USER);
    let read = provider.read(&kept);
    let silent = provider.plan(&kept, &wanted);
    let wider = json!({
        "principals": [
            { "type": "Group", "object_id": DEVELOPERS },
            { "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" },
        ],
    });
    let other = binding(&provider, &wider);
    let changed = reached(&provider, &kept, &other);
    let left = ["shop", "team-a"].map(|name| object(&azure, &role_binding(name, "developers")));
    let more_users = assigned(&azure, CLUSTER_USER);
    let reread = provider.read(&changed);
    let (gone, warned) = applied(&provider, &changed, &Value::Null);

    assert_eq!(made[0]["roleRef"]["name"], "edit");
    assert_eq!(made[1]["subjects"], made[0]["subjects"]);
    assert_eq!(made[0]["subjects"][0]["name"], DEVELOPERS);
    assert_eq!(attribute(&kept, "effective"), json!(true));
    assert_eq!(users, [on_cluster(DEVELOPERS)]);
    assert_eq!((&read.0.value, read.1), (&kept.value, vec![]));
    assert_eq!(
        (silent.value, silent.diagnostics),
        (kept.value.clone(), vec![])
    );
    assert_eq!(
        left[0]["subjects"][0]["name"],
        "lee@simulated.onmicrosoft.com"
    );
    assert_eq!(left[1], Json::Null);
    assert_eq!(more_users, [on_cluster(LEE), on_cluster(DEVELOPERS)]);
    assert_eq!((&reread.0.value, reread.1), (&changed.value, vec![]));
    assert_eq!((gone.value, warned), (Value::Null, vec![]));
    assert_eq!(
        object(&azure, &role_binding("shop", "developers")),
        Json::Null
    );
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}

#[test]
fn everybody_is_bound_by_the_name_their_tokens_have() {
    let (azure, provider) = start();
    let principals = json!([
        { "type": "User", "user_principal_name": "LEE@simulated.onmicrosoft.com" },
        { "type": "User", "object_id": GUEST },
        { "type": "ServicePrincipal", "display_name": "machine" },
        { "type": "Group", "display_name": "developers" },
    ]);
    let wanted = binding(
        &provider,
        &json!({ "namespaces": null, "cluster_role": "view", "principals": principals }),
    );

    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let bound = object(&azure, &format!("{RBAC}/clusterrolebindings/developers"));
    let read = provider.read(&kept);

    let names: Vec<(&Json, &Json)> = bound["subjects"]
        .as_array()
        .expect("subjects")
        .iter()
        .map(|subject| (&subject["kind"], &subject["name"]))
        .collect();
    let (user, group) = (json!("User"), json!("Group"));
    let wanted_names =
        ["lee@simulated.onmicrosoft.com", DEVELOPERS, MACHINE, GUEST].map(Json::from);
    assert_eq!(
        names,
        [
            (&user, &wanted_names[0]),
            (&group, &wanted_names[1]),
            (&user, &wanted_names[2]),
            (&user, &wanted_names[3]),
        ]
    );
    assert_eq!((&read.0.value, read.1), (&kept.value, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_role_of_azure_is_waited_for_until_the_cluster_acts_on_it() {
    const READER: &str = "7f6c6a51-bcf8-42ba-9220-52d62157d7db";
    let (azure, provider) = start();
    let by_azure = |namespaces: Json| {
        let changes = json!({
            "mode": "azure_rbac",
            "cluster_role": null,
            "azure_role": "Azure Kubernetes Service RBAC Reader",
            "namespaces": namespaces,
        });
        binding(&provider, &changes)
    };

    let kept = reached(&provider, &Kept::nothing(), &by_azure(json!(["shop"])));
    let first = assigned(&azure, READER);
    let read = provider.read(&kept);
    let moved = reached(&provider, &kept, &by_azure(Json::Null));
    let second = assigned(&azure, READER);
    let (gone, warned) = applied(&provider, &moved, &Value::Null);

    assert_eq!(attribute(&kept, "effective"), json!(true));
    assert_eq!(first, [(DEVELOPERS.to_owned(), "shop".to_owned())]);
    assert_eq!((&read.0.value, read.1), (&kept.value, vec![]));
    assert_eq!(second, [on_cluster(DEVELOPERS)]);
    assert_eq!((gone.value, warned), (Value::Null, vec![]));
    assert_eq!(assigned(&azure, READER), []);
    assert_understood(&azure);
}

#[test]
fn what_somebody_else_changed_shows_and_is_put_right() {
    let (azure, provider) = start();
    let wanted = binding(&provider, &json!({ "namespaces": ["shop", "team-a"] }));
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let stranger =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": ADMINISTRATORS });
    change(
        &azure,
        &role_binding("shop", "developers"),
        &json!({ "subjects": [stranger] }),
    );
    change(&azure, &role_binding("team-a", "developers"), &Json::Null);
    take_away(&azure, CLUSTER_USER);

    let next = crate::inside::provider(&azure, TYPE);
    let (found, told) = next.read(&kept);
    let plan = next.plan(&found, &wanted);
    let (_, disputed) = next.carry_out(&found, &wanted, &plan);
    let untouched = object(&azure, &role_binding("shop", "developers"));
    let namespaces = json!({ "namespaces": ["shop", "team-a"], "force_conflicts": true });
    let forced = binding(&next, &namespaces);
    let wanted_again = reached(&next, &found, &forced);

    assert_eq!(told, []);
    assert_eq!(
        to_json(found.value.member("principals")),
        json!([{ "type": "Group", "object_id": ADMINISTRATORS, "user_principal_name": null, "display_name": null }])
    );
    assert_eq!(attribute(&found, "namespaces"), json!(["shop"]));
    assert_eq!(attribute(&found, "cluster_user_role"), json!(false));
    assert_eq!(plan.replaces, []);
    assert_eq!(
        disputed[0].summary,
        "Another field manager owns a field of the binding"
    );
    assert_eq!(untouched["subjects"][0]["name"], ADMINISTRATORS);
    let again = ["shop", "team-a"].map(|name| object(&azure, &role_binding(name, "developers")));
    assert_eq!(again[0]["subjects"][0]["name"], DEVELOPERS);
    assert_eq!(again[0]["subjects"], again[1]["subjects"]);
    assert_eq!(assigned(&azure, CLUSTER_USER), [on_cluster(DEVELOPERS)]);
    assert_eq!(
        attribute(&wanted_again, "namespaces"),
        json!(["shop", "team-a"])
    );
    assert_understood(&azure);
}

#[test]
fn a_binding_that_is_gone_leaves_the_state() {
    let (azure, provider) = start();
    let kept = reached(&provider, &Kept::nothing(), &binding(&provider, &json!({})));
    change(&azure, &role_binding("shop", "developers"), &Json::Null);
    take_away(&azure, CLUSTER_USER);

    let (found, told) = crate::inside::provider(&azure, TYPE).read(&kept);

    assert_eq!((found.value, told), (Value::Null, vec![]));
}

#[test]
fn a_binding_is_imported_and_then_nothing_is_left_to_change() {
    let (azure, provider) = start();
    let principals = json!([
        { "type": "Group", "object_id": DEVELOPERS },
        { "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" },
    ]);
    let wanted = binding(&provider, &json!({ "principals": principals }));
    reached(&provider, &Kept::nothing(), &wanted);
    let azures = binding(
        &provider,
        &json!({
            "name": "readers",
            "mode": "azure_rbac",
            "cluster_role": null,
            "namespaces": null,
            "azure_role": "Azure Kubernetes Service RBAC Reader",
        }),
    );
    reached(&provider, &Kept::nothing(), &azures);

    let next = crate::inside::provider(&azure, TYPE);
    for (name, wanted) in [("developers", wanted), ("readers", azures)] {
        let id = format!("{}/aadBindings/{name}", CLUSTER.to_uppercase());
        let (found, told_in_read) = next.read(&next.import(&id));
        let plan = next.plan(&found, &wanted);

        assert_eq!(told_in_read, []);
        assert_eq!(plan.diagnostics, []);
        assert_eq!(plan.value, found.value, "{name}");
    }
    assert_understood(&azure);
}

#[test]
fn another_role_needs_a_new_binding_and_other_principals_do_not() {
    let (azure, provider) = start();
    let kept = reached(&provider, &Kept::nothing(), &binding(&provider, &json!({})));

    let role = provider.plan(
        &kept,
        &binding(&provider, &json!({ "cluster_role": "view" })),
    );
    let namespaces = provider.plan(
        &kept,
        &binding(&provider, &json!({ "namespaces": ["team-a"] })),
    );

    assert_eq!(role.replaces.len(), 1);
    assert_eq!(role.replaces[0].to_string(), "cluster_role");
    assert_eq!(namespaces.replaces, []);
    assert_understood(&azure);
}

#[test]
fn the_right_to_the_kubeconfig_stays_while_another_binding_needs_it() {
    let (azure, provider) = start();
    let first = reached(&provider, &Kept::nothing(), &binding(&provider, &json!({})));
    let other = json!({ "name": "viewers", "cluster_role": "view" });
    let second = reached(&provider, &Kept::nothing(), &binding(&provider, &other));

    applied(&provider, &first, &Value::Null);
    let between = assigned(&azure, CLUSTER_USER);
    applied(&provider, &second, &Value::Null);

    assert_eq!(between, [on_cluster(DEVELOPERS)]);
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}

#[test]
fn a_hundred_bindings_are_refreshed_by_a_handful_of_requests() {
    let (azure, provider) = start();
    let kept: Vec<Kept> = (0..100)
        .map(|number| {
            let name = format!("binding-{number}");
            let role = if number % 2 == 0 { "edit" } else { "view" };
            let namespace = format!("team-{number}");
            let path = format!("/api/v1/namespaces/{namespace}");
            change(&azure, &path, &json!({ "metadata": { "name": namespace } }));
            let changes = json!({ "name": name, "cluster_role": role, "namespaces": [namespace], "verify": false });
            reached(&provider, &Kept::nothing(), &binding(&provider, &changes))
        })
        .collect();
    let next = crate::inside::provider(&azure, TYPE);
    azure.clear_journal();

    let changed: Vec<bool> = kept
        .iter()
        .map(|kept| next.read(kept).0.value != kept.value)
        .collect();

    let asked: Vec<String> = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.host != Host::Login)
        .map(|exchange| format!("{} {}", exchange.method, exchange.path))
        .collect();
    assert!(!changed.contains(&true));
    assert!(asked.len() <= 8, "{asked:#?}");
    assert_understood(&azure);
}

#[test]
fn a_create_whose_answer_was_lost_is_finished_by_the_next() {
    let struck = [
        (Host::Kubernetes, "PATCH", "rolebindings/developers"),
        (Host::Arm, "PUT", "roleAssignments"),
    ];
    for (host, method, path) in struck {
        for action in [Action::DropBefore, Action::DropAfter] {
            let (azure, provider) = start();
            let wanted = binding(&provider, &json!({ "namespaces": ["shop", "team-a"] }));
            azure.add_fault(Fault {
                name: "lost".to_owned(),
                matches: Matches {
                    host: Some(host),
                    method: Some(method.to_owned()),
                    path_contains: Some(path.to_owned()),
                    ..Matches::default()
                },
                action: action.clone(),
            });

            // Whatever became of it, nobody has seen the answer.
            applied(&provider, &Kept::nothing(), &wanted);
            azure.clear_faults();
            let next = provider.restarted(&azure);
            let (kept, _) = applied(&next, &Kept::nothing(), &wanted);
            let read = next.read(&kept);
            let (gone, _) = applied(&next, &kept, &Value::Null);

            assert_eq!(
                (&read.0.value, read.1),
                (&kept.value, vec![]),
                "{path} {action:?}"
            );
            assert_eq!(gone.value, Value::Null);
            assert_eq!(assigned(&azure, CLUSTER_USER), []);
            assert_understood(&azure);
        }
    }
}

#[test]
fn what_is_not_effective_in_time_is_a_warning_and_looked_at_again() {
    let (azure, provider) = start();
    let hasty = json!({
        "mode": "azure_rbac",
        "cluster_role": null,
        "azure_role": "Azure Kubernetes Service RBAC Writer",
        "timeouts": { "create": "5s" },
    });
    let slow = Fault {
        name: "slow".to_owned(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            path_contains: Some("subjectaccessreviews".to_owned()),
            method: Some("POST".to_owned()),
            times: Some(1000),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 201,
            headers: Vec::new(),
            body: json!({
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "metadata": {},
                "spec": {},
                "status": { "allowed": false, "denied": true, "reason": "not yet" },
            }),
        }),
    };
    let wanted = binding(&provider, &hasty);
    let plan = provider.plan(&Kept::nothing(), &wanted);
    azure.add_fault(slow);

    let (kept, diagnostics) = provider.carry_out(&Kept::nothing(), &wanted, &plan);
    azure.clear_faults();
    let next = crate::inside::provider(&azure, TYPE);
    let (found, _) = next.read(&kept);
    let pending = next.plan(&found, &wanted);
    let (settled, quiet) = next.carry_out(&found, &wanted, &pending);

    assert_eq!(diagnostics.len(), 1);
    assert!(
        told(&diagnostics).starts_with("warning: Bound but not yet effective"),
        "{}",
        told(&diagnostics)
    );
    assert_eq!(attribute(&kept, "effective"), json!(false));
    assert!(pending.value.member("effective").is_unknown());
    assert_eq!(
        (attribute(&settled, "effective"), quiet),
        (json!(true), vec![])
    );
    assert_understood(&azure);
}
