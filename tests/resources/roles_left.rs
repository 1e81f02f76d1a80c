//! Role assignments that one kill, one Ctrl-C, one refusal or one failed operation used to leave behind, or never to
//! give.

use std::{collections::BTreeSet, thread, time::Duration};

use secureaks::{
    framework::{Diagnostic, service::Service as _},
    value::Value,
};
use secureaks_simulator::aks::Failure;
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{self, CLUSTER_USER, DEVELOPERS, assigned},
    inside::{object, reached},
    private_lost::{assert_no_errors, assignments, killed_when_held},
    support::{
        CLUSTER, Kept, Plan, Provider, assert_understood, azure, cluster, clusters, fast_azure,
        identity, subnet, told,
    },
};

const MACHINE: &str = "0e7b5c94-d18f-4263-b9a7-42f6d3c8e150";

/// A fault at the requests that match.
fn fault(azure: &Simulator, matches: Matches, action: Action) {
    azure.add_fault(Fault {
        name: "in the way".to_owned(),
        matches,
        action,
    });
}

fn nth(host: Host, method: &str, path: &str, nth: u64) -> Matches {
    Matches {
        host: Some(host),
        method: Some(method.to_owned()),
        path_contains: Some(path.to_owned()),
        nth: Some(nth),
        ..Matches::default()
    }
}

/// Applies, and has Terraform say Stop as soon as a request is held.
pub(crate) fn stopped_when_held(
    azure: &Simulator,
    provider: &Provider,
    kept: &Kept,
    wanted: &Value,
    plan: &Plan,
) -> (Kept, Vec<Diagnostic>) {
    assert_no_errors(&plan.diagnostics);
    thread::scope(|scope| {
        let work = scope.spawn(|| provider.carry_out(kept, wanted, plan));
        while !work.is_finished() {
            if azure.wait_held(Duration::from_millis(20)).is_some() {
                provider.server().stop();
                azure.release_held();
                break;
            }
        }
        work.join().expect("the apply ends")
    })
}

/// Refreshes and destroys what is left, as the next run does.
fn destroyed(azure: &Simulator, provider: &Provider, kept: &Kept) {
    let next = provider.restarted(azure);
    if kept.value.is_null() {
        return;
    }
    let found = next.read(kept).0;
    if !found.value.is_null() {
        let (gone, told) = next.destroy(&found);
        assert_no_errors(&told);
        assert_eq!(gone.value, Value::Null);
    }
}

fn two_principals(provider: &Provider) -> Value {
    let principals = json!([
        { "type": "Group", "object_id": DEVELOPERS },
        { "type": "ServicePrincipal", "object_id": MACHINE },
    ]);
    binding::binding(
        provider,
        &json!({ "principals": principals, "verify": false }),
    )
}

/// A list of the cluster's bindings is refused, or Terraform says Stop while it is under way.
#[test]
fn binding_destroy_forgets_role() {
    for is_stopped in [false, true] {
        let mut strikes = 0;
        loop {
            let (azure, provider) = binding::start();
            let kept = reached(&provider, &Kept::nothing(), &two_principals(&provider));
            provider.end();
            let run = provider.restarted(&azure);
            azure.clear_journal();
            let matches = nth(Host::Kubernetes, "GET", "managed-by", strikes + 1);
            let action = if is_stopped {
                Action::HoldBefore
            } else {
                Action::Status(forbidden())
            };
            fault(&azure, matches, action);

            let plan = run.plan(&kept, &Value::Null);
            let (left, told) = stopped_when_held(&azure, &run, &kept, &Value::Null, &plan);
            let struck = azure.journal().iter().any(|one| one.fault.is_some());
            let assigned_then = assigned(&azure, CLUSTER_USER);
            azure.clear_faults();
            destroyed(&azure, &provider, &left);

            let is_forgotten = left.value.is_null() && !assigned_then.is_empty();
            assert!(!is_forgotten, "strike {strikes}: {told:#?}");
            assert_eq!(assigned(&azure, CLUSTER_USER), []);
            let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/developers";
            assert_eq!(object(&azure, path), Json::Null);
            assert_understood(&azure);
            if !struck {
                break;
            }
            strikes += 1;
        }
        assert!(strikes > 2, "{strikes}");
    }
}

fn forbidden() -> Answer {
    Answer {
        code: 403,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "forbidden", "reason": "Forbidden", "code": 403,
        }),
    }
}

fn in_subnet(provider: &Provider, subnet: &str, changes: &Json) -> Value {
    let mut config = cluster(&json!({ "system_pool": { "subnet_id": subnet } }));
    crate::support::lay_over(&mut config, changes);
    provider.value(&config)
}

/// Refreshes, plans and applies until nothing is left to do.
fn settled(azure: &Simulator, provider: &Provider, kept: &Kept, wanted: &Value) -> Kept {
    let mut kept = kept.clone();
    for _ in 0..4 {
        let next = provider.restarted(azure);
        let (found, _) = next.read(&kept);
        let plan = next.plan(&found, wanted);
        assert_no_errors(&plan.diagnostics);
        if plan.value == found.value {
            return found;
        }
        let (changed, told) = next.carry_out(&found, wanted, &plan);
        assert_no_errors(&told);
        kept = changed;
    }
    panic!("there is always something to do")
}

/// Whom the role assignments on a subnet are given to.
fn principals_at(azure: &Simulator, subnet: &str) -> BTreeSet<String> {
    let ids = assignments(azure).into_iter();
    let ids = ids.filter(|id| id.to_lowercase().starts_with(&subnet.to_lowercase()));
    ids.filter_map(|id| {
        let principal = azure.resource(&id)?["properties"]["principalId"].clone();
        principal.as_str().map(str::to_owned)
    })
    .collect()
}

fn principal(kept: &Kept) -> BTreeSet<String> {
    let id = kept.value.member("principal_id").as_str();
    BTreeSet::from([id.expect("a principal").to_owned()])
}

/// Terraform says Stop while Azure deletes the cluster, or while the assignment is being taken away.
#[test]
fn ctrl_c_in_destroy_leaves_subnet_role() {
    for (method, path) in [
        ("GET", "/operations/"),
        ("DELETE", "/subnets/nodes/providers/"),
    ] {
        let azure = azure();
        let subnet = subnet(&azure, "v");
        let provider = Provider::of(&azure);
        let kept = provider.create(&in_subnet(&provider, &subnet, &json!({})));
        fault(&azure, nth(Host::Arm, method, path, 1), Action::HoldBefore);

        let next = provider.restarted(&azure);
        let plan = next.plan(&kept, &Value::Null);
        let (left, told) = stopped_when_held(&azure, &next, &kept, &Value::Null, &plan);
        let is_left = !principals_at(&azure, &subnet).is_empty();
        azure.advance(Duration::from_hours(1));
        destroyed(&azure, &provider, &left);

        assert!(!(is_left && left.value.is_null()), "{told:#?}");
        assert_eq!(principals_at(&azure, &subnet), BTreeSet::new());
        assert_understood(&azure);
    }
}

#[test]
fn plugin_killed_in_update_leaves_subnet_role() {
    let azure = azure();
    let subnet = subnet(&azure, "v");
    let provider = Provider::of(&azure);
    let kept = provider.create(&in_subnet(&provider, &subnet, &json!({})));
    let more = in_subnet(
        &provider,
        &subnet,
        &json!({ "system_pool": { "node_count": 4 } }),
    );
    fault(
        &azure,
        nth(Host::Arm, "GET", "/operations/", 1),
        Action::HoldBefore,
    );

    let next = provider.restarted(&azure);
    let plan = next.plan(&kept, &more);
    let outcome = killed_when_held(&azure, &next, &kept, &more, &plan);
    let settled = settled(&azure, &provider, &kept.forgetting(), &more);
    let held = principals_at(&azure, &subnet);
    destroyed(&azure, &provider, &settled.forgetting());

    assert_eq!(outcome, None);
    assert_eq!(held, principal(&settled));
    assert_eq!(principals_at(&azure, &subnet), BTreeSet::new());
    assert_understood(&azure);
}

#[test]
fn killed_identity_change_never_grants_role() {
    for back in [false, true] {
        let azure = azure();
        let (subnet, identity) = (subnet(&azure, "v"), identity(&azure, "i"));
        let provider = Provider::of(&azure);
        let user = json!({ "identity": { "type": "UserAssigned", "identity_id": identity } });
        let mut wanted = [user, json!({})].map(|changes| in_subnet(&provider, &subnet, &changes));
        if back {
            wanted.reverse();
        }
        let [first, second] = wanted;
        let (kept, _) = provider.apply(&Kept::nothing(), &first);
        fault(
            &azure,
            nth(Host::Arm, "PUT", "managedClusters/aks-demo?", 1),
            Action::HoldAfter,
        );

        let next = provider.restarted(&azure);
        let plan = next.plan(&kept, &second);
        let outcome = killed_when_held(&azure, &next, &kept, &second, &plan);
        azure.advance(Duration::from_hours(1));
        let settled = settled(&azure, &provider, &kept.forgetting(), &second);
        let held = principals_at(&azure, &subnet);
        destroyed(&azure, &provider, &settled);

        assert_eq!(outcome, None);
        assert_eq!(held, principal(&settled));
        assert_eq!(principals_at(&azure, &subnet), BTreeSet::new());
        assert_understood(&azure);
    }
}

/// A client plans the replacement of a tainted cluster without what travels with its state.
#[test]
fn tainted_replacement_leaves_subnet_role() {
    let azure = azure();
    let subnet = subnet(&azure, "v");
    azure.fail_next_operation(Failure {
        code: "CreateVMSSAgentPoolFailed".to_owned(),
        message: "no capacity".to_owned(),
        resource_state: "Failed".to_owned(),
        on: "create".to_owned(),
    });
    let provider = Provider::of(&azure);
    let wanted = in_subnet(&provider, &subnet, &json!({}));
    let (kept, failed) = provider.apply(&Kept::nothing(), &wanted);

    let next = provider.restarted(&azure);
    let (gone, told_of_it) = next.destroy(&next.read(&kept).0.forgetting());
    let made = next.create(&wanted);
    let held = principals_at(&azure, &subnet);
    destroyed(&azure, &provider, &made);

    assert_ne!(failed, []);
    assert_eq!(
        (gone.value, told(&told_of_it)),
        (Value::Null, String::new())
    );
    assert_eq!(held, principal(&made));
    assert_eq!(principals_at(&azure, &subnet), BTreeSet::new());
    assert_understood(&azure);
}

/// Terraform says Stop at any exchange of a create, before or after it has taken effect: what is in no state has left
/// nothing.
#[test]
fn ctrl_c_in_create_leaves_subnet_role() {
    let mut stopped = 0;
    for action in [Action::HoldBefore, Action::HoldAfter] {
        for exchange in 1.. {
            let azure = fast_azure();
            let (subnet, identity) = (subnet(&azure, "v"), identity(&azure, "i"));
            let provider = Provider::of(&azure);
            let user = json!({ "identity": { "type": "UserAssigned", "identity_id": identity } });
            let wanted = in_subnet(&provider, &subnet, &user);
            let plan = provider.plan(&Kept::nothing(), &wanted);
            azure.clear_journal();
            let nth = Matches {
                nth: Some(exchange),
                ..Matches::default()
            };
            fault(&azure, nth, action.clone());

            let (kept, told) =
                stopped_when_held(&azure, &provider, &Kept::nothing(), &wanted, &plan);
            if azure.journal().iter().all(|one| one.fault.is_none()) {
                break;
            }
            stopped += 1;
            let left = principals_at(&azure, &subnet);
            destroyed(&azure, &provider, &kept);

            let is_lost = kept.value.is_null() && !left.is_empty();
            assert!(!is_lost, "{action:?} {exchange}: {told:#?}");
            assert_eq!(
                principals_at(&azure, &subnet),
                BTreeSet::new(),
                "{exchange}"
            );
            assert_eq!(clusters(&azure), Vec::<String>::new(), "{exchange}");
        }
    }
    assert!(stopped > 10, "only {stopped} were stopped");
}

/// Another hand deletes the cluster, and another state makes one of that name in the same subnet: what is given to that
/// one is not taken away with the first one's state.
#[test]
fn a_cluster_that_was_made_anew_keeps_what_is_given_to_it() {
    for is_shared in [false, true] {
        let azure = fast_azure();
        let (subnet, identity) = (subnet(&azure, "v"), identity(&azure, "i"));
        let identity = if is_shared {
            json!({ "type": "UserAssigned", "identity_id": identity })
        } else {
            Json::Null
        };
        let changes = json!({ "identity": identity, "grant_applier_access": true });
        let first = Provider::of(&azure);
        let wanted = in_subnet(&first, &subnet, &changes);
        let kept = first.create(&wanted);
        first.end();
        assert!((200..300).contains(&azure.delete(CLUSTER)));
        azure.advance(Duration::from_hours(1));
        let second = Provider::of(&azure);
        let held = second.create(&wanted);

        let later = first.restarted(&azure);
        let (found, _) = later.read(&kept);
        let (gone, told) = later.destroy(&found);

        assert_eq!(gone.value, Value::Null, "{told:#?}");
        assert_eq!(
            principals_at(&azure, &subnet),
            principal(&held),
            "{told:#?}"
        );
        let (read, said) = second.restarted(&azure).read(&held);
        assert_eq!((read.value, said), (held.value.clone(), vec![]));
        destroyed(&azure, &second, &held);
        assert_eq!(principals_at(&azure, &subnet), BTreeSet::new());
    }
}
