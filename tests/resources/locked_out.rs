//! The configuration's own ranges lock out the signed-in identity: that is told in the plan, and what is inside a
//! cluster can go with it all the same.

use std::collections::BTreeMap;

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{self, binding},
    inside::made_cluster,
    namespace,
    network_policy::{self, policy},
    support::{
        CLUSTER, Kept, Plan, Provider, assert_understood, azure, cluster, fast_azure, network,
        told, writes,
    },
};

const CLUSTER_TYPE: &str = "secureaks_cluster";
const PERSON: &str = "dev@simulated.onmicrosoft.com";
const GROUP: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo";

fn with_ranges(provider: &Provider, ranges: &[&str]) -> Value {
    let server = json!({ "authorized_ip_ranges": ranges });
    provider.value(&cluster(
        &json!({ "grant_applier_access": true, "api_server": server }),
    ))
}

/// What a plan says, as text, with the severity and the place of each.
fn said(name: &str, plan: &Plan) -> String {
    format!("# {name}\n{}\n", told(&plan.diagnostics))
}

fn moves_to(azure: &Simulator, address: &str) {
    azure.set_public_address(address.parse().expect("an address"));
}

/// A folder with an Azure CLI in which [`PERSON`] is signed in.
#[cfg(unix)]
fn signed_in(azure: &Simulator) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt as _;

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let token = runtime.block_on(token_of_person(azure));
    let answer = json!({ "accessToken": token, "expires_on": jiff::Timestamp::now().as_second() + 3600, "tokenType": "Bearer" });
    let folder = tempfile::tempdir().expect("a folder");
    let az = folder.path().join("az");
    std::fs::write(&az, format!("#!/bin/sh\necho '{answer}'\n")).expect("the file is written");
    std::fs::set_permissions(&az, std::fs::Permissions::from_mode(0o755)).expect("it can run");
    folder
}

/// A token for Resource Manager, got with a code that the person enters elsewhere.
async fn token_of_person(azure: &Simulator) -> String {
    let environment = azure.environment();
    let client = network(azure);
    let ask = async |address: String, fields: BTreeMap<&str, &str>| -> Json {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = client
            .post(address)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let answer = request.send().await;
        let body = answer.expect("an answer").bytes().await.expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    };
    let metadata = format!(
        "https://{}/metadata/endpoints?api-version=2022-09-01",
        environment["ARM_METADATA_HOSTNAME"]
    );
    let clouds = client.get(metadata).send().await.expect("an answer");
    let clouds: Json =
        serde_json::from_slice(&clouds.bytes().await.expect("a body")).expect("JSON");
    let login = clouds["authentication"]["loginEndpoint"].as_str();
    let login = format!(
        "{}/{}/oauth2/v2.0",
        login.expect("an address").trim_end_matches('/'),
        environment["ARM_TENANT_ID"]
    );
    let scope = [
        ("client_id", "any"),
        ("scope", "https://management.azure.com/.default"),
    ];
    let code = ask(format!("{login}/devicecode"), scope.into()).await;
    let text = |name: &str| code[name].as_str().expect("a text").to_owned();
    assert!(azure.approve_device_code(&text("user_code"), PERSON));
    let device = text("device_code");
    let exchange = [
        ("client_id", "any"),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", device.as_str()),
    ];
    let token = ask(format!("{login}/token"), exchange.into()).await;
    token["access_token"].as_str().expect("a token").to_owned()
}

/// The provider of [`PERSON`], who signed in with the Azure CLI from where the simulator sees it come from.
#[cfg(unix)]
fn of_person(azure: &Simulator, cli: &tempfile::TempDir) -> Provider {
    let mut environment = azure.environment();
    environment.retain(|name, _| !name.starts_with("ARM_CLIENT"));
    environment.insert("PATH".to_owned(), cli.path().display().to_string());
    Provider::acting_in(azure, environment)
}

#[cfg(unix)]
#[test]
fn locked_out() {
    let azure = azure();
    let kept = made_cluster(&azure, &json!({}));
    assert!(azure.grant(PERSON, "Owner", GROUP));
    let cli = signed_in(&azure);
    let provider = of_person(&azure, &cli);
    azure.clear_journal();

    let plan = |ranges: &[&str]| provider.plan(&kept, &with_ranges(&provider, ranges));
    let texts = [
        said("other ranges", &plan(&["20.99.0.0/24"])),
        said("the person's address alone", &plan(&["20.50.0.4"])),
        said("nobody but the cluster", &plan(&["0.0.0.0/32"])),
        said("more ranges", &plan(&["20.50.0.0/24", "20.99.0.0/24"])),
    ];
    let removal = provider.plan(&kept, &Value::Null);

    insta::assert_snapshot!(texts.concat());
    assert_eq!((removal.diagnostics, writes(&azure)), (vec![], vec![]));
    assert_understood(&azure);
}

#[test]
fn who_has_no_address_is_told_of_the_ranges_by_whether_the_api_server_answers() {
    let azure = azure();
    let kept = made_cluster(&azure, &json!({}));
    let plan = |ranges: &[&str]| {
        let provider = Provider::of(&azure);
        provider.plan(&kept, &with_ranges(&provider, ranges))
    };

    let mut texts = vec![
        said("other ranges, from inside", &plan(&["20.99.0.0/24"])),
        said("a part, from inside", &plan(&["20.50.0.128/25"])),
        said("more, from inside", &plan(&["20.50.0.0/23"])),
    ];
    moves_to(&azure, "20.70.0.9");
    texts.push(said("other ranges, from outside", &plan(&["20.99.0.0/24"])));

    insta::assert_snapshot!(texts.concat());
    assert_understood(&azure);
}

#[test]
fn a_plan_that_changes_no_range_asks_no_api_server() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = made_cluster(&azure, &json!({}));
    azure.clear_journal();
    let tagged = json!({ "grant_applier_access": true, "tags": { "team": "shop" } });

    let plan = provider.plan(&kept, &provider.value(&cluster(&tagged)));

    let hosts = azure.journal().into_iter().map(|exchange| exchange.host);
    assert_eq!(plan.diagnostics, []);
    assert!(hosts.into_iter().all(|host| host != Host::Kubernetes));
}

/// What is inside a cluster: its type and its state.
type Inside = (&'static str, Kept);

/// A cluster with one object of each type inside it, made by one process in one folder.
fn full_cluster(azure: &Simulator) -> (Provider, Kept, Vec<Inside>) {
    let kept = made_cluster(azure, &json!({}));
    let mut provider = Provider::of(azure).about(namespace::TYPE);
    let mut inside = Vec::new();
    let of_namespace = namespace::namespace(&provider, &json!({}));
    inside.push((namespace::TYPE, provider.create(&of_namespace)));
    provider = provider.about(network_policy::TYPE);
    let of_policy = policy(&provider, &json!({ "directions": ["ingress"] }));
    inside.push((network_policy::TYPE, provider.create(&of_policy)));
    provider = provider.about(binding::TYPE);
    let of_binding = binding(&provider, &json!({ "namespaces": ["team-a"] }));
    inside.push((binding::TYPE, provider.create(&of_binding)));
    (provider, kept, inside)
}

/// Plans the destruction of all that is inside, and of the cluster if `whole`, in a process of its own.
fn planned(
    azure: &Simulator,
    provider: &Provider,
    inside: &[Inside],
    kept: Option<&Kept>,
) -> Vec<Plan> {
    let mut process = provider.restarted(azure);
    let mut plans = Vec::new();
    for (name, object) in inside {
        process = process.about(name);
        plans.push(process.plan(object, &Value::Null));
    }
    if let Some(kept) = kept {
        process = process.about(CLUSTER_TYPE);
        plans.push(process.plan(kept, &Value::Null));
    }
    process.end();
    plans
}

/// A text without where a connection broke, which depends on who was faster.
fn without_reason(text: &str) -> String {
    let (start, end) = ("could not be deleted by itself: ", ". The same plan");
    match (text.split_once(start), text.split_once(end)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{start}REASON{end}{after}"),
        _ => text.to_owned(),
    }
}

#[test]
fn contents_that_cannot_be_reached_go_with_a_cluster_that_the_same_plan_destroys() {
    let azure = fast_azure();
    let (provider, kept, inside) = full_cluster(&azure);
    moves_to(&azure, "20.70.0.9");

    let plans = planned(&azure, &provider, &inside, Some(&kept));
    let mut process = provider.restarted(&azure);
    let mut left = Vec::new();
    let mut texts = Vec::new();
    let whole = [(CLUSTER_TYPE, kept)];
    let objects = inside.iter().chain(&whole);
    for ((name, object), plan) in objects.zip(&plans) {
        process = process.about(name);
        let (gone, warned) = process.carry_out(object, &Value::Null, plan);
        left.push(gone.value);
        texts.push(format!("# {name}\n{}\n", without_reason(&told(&warned))));
    }

    assert_eq!(left, [const { Value::Null }; 4]);
    insta::assert_snapshot!(texts.concat());
    let assignments = azure.resource_ids().into_iter();
    let assignments = assignments.filter(|id| id.contains("/roleAssignments/"));
    let of_cluster: Vec<String> = assignments.filter(|id| id.starts_with(CLUSTER)).collect();
    assert_eq!(of_cluster, Vec::<String>::new());
    assert_understood(&azure);
}

#[test]
fn contents_that_cannot_be_reached_stay_in_the_state_while_their_cluster_stays() {
    let azure = fast_azure();
    let (provider, kept, inside) = full_cluster(&azure);
    moves_to(&azure, "20.70.0.9");
    // A plan of both that was never applied.
    planned(&azure, &provider, &inside, Some(&kept));

    let plans = planned(&azure, &provider, &inside, None);
    let mut process = provider.restarted(&azure);
    for ((name, object), plan) in inside.iter().zip(&plans) {
        process = process.about(name);
        let (still, errors) = process.carry_out(object, &Value::Null, plan);
        assert_eq!(still.value, object.value, "{name}");
        assert!(
            errors.iter().any(|told| told.severity == Severity::Error),
            "{name}: {errors:?}"
        );
    }
}

#[test]
fn a_stopped_cluster_is_called_stopped_by_what_is_inside_it() {
    let azure = fast_azure();
    let (provider, _, inside) = full_cluster(&azure);
    assert!(azure.change(CLUSTER, |cluster| {
        cluster["properties"]["powerState"] = json!({ "code": "Stopped" });
    }));

    let mut process = provider.restarted(&azure);
    let mut texts = Vec::new();
    for (name, object) in &inside {
        process = process.about(name);
        let (_, of_read) = process.read(object);
        let (_, of_delete) =
            process.carry_out(object, &Value::Null, &process.plan(object, &Value::Null));
        texts.push(format!(
            "# {name}\n{}\n{}\n",
            told(&of_read),
            told(&of_delete)
        ));
    }

    insta::assert_snapshot!(texts.concat());
    assert_understood(&azure);
}

#[test]
fn an_appliers_role_that_another_hand_deletes_is_not_waited_for() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({ "grant_applier_access": true })));
    let plan = provider.plan(&Kept::nothing(), &config);
    azure.add_fault(Fault {
        name: "not yet honoured".to_owned(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            path_contains: Some("selfsubjectaccessreviews".to_owned()),
            times: Some(u64::MAX),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 403,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "message": "not known yet", "code": 403 }),
        }),
    });

    let (kept, warned) = std::thread::scope(|scope| {
        scope.spawn(|| {
            // The create gives the role, and asks for it to be honoured until it is taken away.
            loop {
                let ids = azure.resource_ids().into_iter();
                let mut made = ids.filter(|id| id.contains("/roleAssignments/"));
                if let Some(made) = made.find(|id| id.starts_with(CLUSTER)) {
                    assert_eq!(azure.delete(&made), 200);
                    return;
                }
                std::thread::yield_now();
            }
        });
        provider.carry_out(&Kept::nothing(), &config, &plan)
    });
    azure.clear_faults();
    let (read, _) = provider.read(&kept);

    insta::assert_snapshot!(told(&warned));
    assert_eq!(
        [&kept, &read].map(|kept| kept.value.member("grant_applier_access").clone()),
        [Value::from(true), Value::from(false)]
    );
}
