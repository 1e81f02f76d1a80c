//! Private state is no memory: for every resource that gives rights it is emptied after each run, and each run is
//! killed after each of its writes. What is there in the end is what is wanted, and nothing after a destroy.

use std::{collections::BTreeSet, thread, time::Duration};

use secureaks::{
    framework::{Diagnostic, Severity},
    value::Value,
};
use secureaks_simulator::{Action, Fault, Matches, Simulator};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    binding::{self, DEVELOPERS},
    support::{Kept, Plan, Provider, assert_understood, cluster, fast_azure, identity, subnet},
};

const MACHINE: &str = "0e7b5c94-d18f-4263-b9a7-42f6d3c8e150";

/// A resource that gives rights, in a world of its own.
struct World {
    azure: Simulator,
    provider: Provider,
    /// What is configured first, and then.
    wanted: [Value; 2],
    /// The role assignments that are there without the resource.
    before: BTreeSet<String>,
}

impl World {
    fn of(azure: Simulator, provider: Provider, wanted: [Value; 2]) -> Self {
        let before = assignments(&azure);
        Self {
            azure,
            provider,
            wanted,
            before,
        }
    }

    /// The role assignments that the resource has given.
    fn given(&self) -> BTreeSet<String> {
        let all = assignments(&self.azure);
        all.difference(&self.before).cloned().collect()
    }

    /// Carries a plan out and is killed when Azure has done what the write `at` asks for; whether it was.
    fn carry_out(&self, at: Write, prior: &Kept, wanted: &Value, plan: &Plan) -> (bool, Kept) {
        self.azure.add_fault(Fault {
            name: "killed".to_owned(),
            matches: Matches {
                method: Some(at.method.to_owned()),
                nth: Some(at.nth),
                ..Matches::default()
            },
            action: Action::HoldAfter,
        });
        let provider = self.provider.restarted(&self.azure);
        let outcome = killed_when_held(&self.azure, &provider, prior, wanted, plan);
        self.azure.clear_faults();
        match outcome {
            Some((kept, told)) => {
                assert_no_errors(&told);
                (false, kept)
            }
            // Of a create there is no state then, of all else the one of before.
            None => (true, prior.clone()),
        }
    }

    /// What one run does about `wanted`, killed at a write; whether it was.
    fn run(&self, at: Write, prior: &Kept, wanted: &Value) -> (bool, Kept) {
        let provider = self.provider.restarted(&self.azure);
        let plan = provider.plan(prior, wanted);
        assert_no_errors(&plan.diagnostics);
        self.carry_out(at, prior, wanted, &plan)
    }

    /// Refreshes, plans and applies until there is nothing to do, and forgets after each run what stands beside the
    /// state.
    fn settle(&self, kept: &Kept, wanted: &Value) -> Kept {
        let mut kept = kept.forgetting();
        for _ in 0..4 {
            let provider = self.provider.restarted(&self.azure);
            let found = if kept.value.is_null() {
                kept
            } else {
                provider.read(&kept).0
            };
            let plan = provider.plan(&found, wanted);
            assert_no_errors(&plan.diagnostics);
            if plan.value == found.value {
                return found;
            }
            let found = if plan.replaces.is_empty() {
                found
            } else {
                self.destroyed(&found)
            };
            let provider = self.provider.restarted(&self.azure);
            let plan = provider.plan(&found, wanted);
            let (next, told) = provider.carry_out(&found, wanted, &plan);
            assert_no_errors(&told);
            provider.end();
            kept = next.forgetting();
        }
        panic!("there is always something to do")
    }

    /// Destroys as a client does after a kill, and as the first half of the replacement of a tainted object.
    fn destroyed(&self, kept: &Kept) -> Kept {
        let provider = self.provider.restarted(&self.azure);
        if kept.value.is_null() {
            return Kept::nothing();
        }
        let found = provider.read(&kept.forgetting()).0;
        if found.value.is_null() {
            return Kept::nothing();
        }
        let forgotten = found.forgetting();
        let plan = provider.plan(&forgotten, &Value::Null);
        assert_no_errors(&plan.diagnostics);
        let (gone, told) = provider.carry_out(&forgotten, &Value::Null, &plan);
        assert_no_errors(&told);
        assert_eq!(gone.value, Value::Null);
        Kept::nothing()
    }
}

/// The `nth` write of one method in a run.
#[derive(Clone, Copy, Debug)]
struct Write {
    method: &'static str,
    nth: u64,
}

/// What a run that is killed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Create,
    Update,
    Destroy,
    Replacement,
}

/// Carries a plan out; `None` when it was killed because a request of it was held.
pub(crate) fn killed_when_held(
    azure: &Simulator,
    provider: &Provider,
    prior: &Kept,
    wanted: &Value,
    plan: &Plan,
) -> Option<(Kept, Vec<Diagnostic>)> {
    let killed = CancellationToken::new();
    let outcome = thread::scope(|scope| {
        let work = scope.spawn(|| provider.carry_out_until(prior, wanted, plan, &killed));
        while !work.is_finished() {
            if azure.wait_held(Duration::from_millis(20)).is_some() {
                killed.cancel();
                break;
            }
        }
        work.join().expect("the work ends")
    });
    azure.release_held();
    outcome
}

#[track_caller]
pub(crate) fn assert_no_errors(told: &[Diagnostic]) {
    let errors: Vec<&Diagnostic> = told
        .iter()
        .filter(|told| told.severity == Severity::Error)
        .collect();
    assert_eq!(errors, Vec::<&Diagnostic>::new());
}

/// The ids of all role assignments on resource groups and what is in them.
pub(crate) fn assignments(azure: &Simulator) -> BTreeSet<String> {
    azure
        .resource_ids()
        .into_iter()
        .filter(|id| id.contains("roleAssignments"))
        .collect()
}

/// A life in which one run is killed; whether it was.
fn live(start: fn() -> World, run: Run, at: Write, wanted: &[BTreeSet<String>; 2]) -> bool {
    let world = start();
    let [first, second] = &world.wanted;
    println!("{run:?}, killed at {at:?}");
    let never = Write {
        method: "none",
        nth: 1,
    };
    let at_if = |this: Run| if this == run { at } else { never };

    let (in_create, kept) = world.run(at_if(Run::Create), &Kept::nothing(), first);
    let kept = world.settle(&kept, first);
    assert_eq!(world.given(), wanted[0], "after the create, {run:?} {at:?}");
    let kept = match run {
        Run::Replacement => world.destroyed(&kept),
        _ => kept,
    };
    let (in_replacement, kept) = match run {
        Run::Replacement => world.run(at, &kept, first),
        _ => (false, kept),
    };
    let (in_update, kept) = if run == Run::Replacement {
        (false, kept)
    } else {
        world.run(at_if(Run::Update), &kept, second)
    };
    let kept = world.settle(&kept, second);
    assert_eq!(world.given(), wanted[1], "after the update, {run:?} {at:?}");
    let (in_destroy, kept) = world.run(at_if(Run::Destroy), &kept, &Value::Null);
    world.destroyed(&kept);
    assert_eq!(
        world.given(),
        BTreeSet::new(),
        "after the destroy, {run:?} {at:?}"
    );
    assert_understood(&world.azure);
    in_create || in_update || in_destroy || in_replacement
}

/// What an undisturbed life gives, first and then.
fn undisturbed(start: fn() -> World) -> [BTreeSet<String>; 2] {
    let world = start();
    let [first, second] = &world.wanted;
    let kept = world.provider.apply(&Kept::nothing(), first).0;
    let given = world.given();
    world.provider.apply(&kept, second);
    [given, world.given()]
}

#[track_caller]
fn assert_private_state_is_no_memory(start: fn() -> World) {
    let wanted = undisturbed(start);
    assert_ne!(wanted[0], wanted[1]);
    let mut kills = 0;
    for run in [Run::Create, Run::Update, Run::Destroy, Run::Replacement] {
        for method in ["PUT", "PATCH", "DELETE"] {
            let mut nth = 1;
            while live(start, run, Write { method, nth }, &wanted) {
                nth += 1;
                kills += 1;
            }
        }
    }
    println!("kills: {kills}");
    assert!(kills > 3, "{kills}");
}

fn in_own_subnet() -> World {
    let azure = fast_azure();
    let subnet = subnet(&azure, "v");
    let identities = [identity(&azure, "i"), identity(&azure, "j")];
    let provider = Provider::of(&azure);
    let wanted = identities.map(|identity| {
        provider.value(&cluster(&json!({
            "identity": { "type": "UserAssigned", "identity_id": identity },
            "system_pool": { "subnet_id": subnet },
        })))
    });
    World::of(azure, provider, wanted)
}

fn for_the_applier() -> World {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let wanted = [true, false].map(|granted| {
        provider.value(&cluster(&json!({
            "entra": { "enabled": true, "azure_rbac": true, "admin_group_object_ids": null },
            "grant_applier_access": granted,
        })))
    });
    World::of(azure, provider, wanted)
}

fn by_kubernetes() -> World {
    let (azure, provider) = binding::start();
    let wanted = [
        (DEVELOPERS, "shop", "Group"),
        (MACHINE, "team-a", "ServicePrincipal"),
    ]
    .map(|(id, namespace, kind)| {
        binding::binding(
            &provider,
            &json!({
                "namespaces": [namespace],
                "principals": [{ "type": kind, "object_id": id }],
                "verify": false,
            }),
        )
    });
    World::of(azure, provider, wanted)
}

fn by_azure() -> World {
    let (azure, provider) = binding::start();
    let wanted = [
        (DEVELOPERS, "shop", "Group", "Reader"),
        (MACHINE, "team-a", "ServicePrincipal", "Writer"),
    ]
    .map(|(id, namespace, kind, role)| {
        binding::binding(
            &provider,
            &json!({
                "mode": "azure_rbac",
                "cluster_role": null,
                "azure_role": format!("Azure Kubernetes Service RBAC {role}"),
                "namespaces": [namespace],
                "principals": [{ "type": kind, "object_id": id }],
                "verify": false,
            }),
        )
    });
    World::of(azure, provider, wanted)
}

#[test]
fn a_clusters_role_on_its_subnet_follows_from_what_is_there() {
    assert_private_state_is_no_memory(in_own_subnet);
}

#[test]
fn an_appliers_role_follows_from_what_is_there() {
    assert_private_state_is_no_memory(for_the_applier);
}

#[test]
fn the_right_to_the_kubeconfig_follows_from_what_is_there() {
    assert_private_state_is_no_memory(by_kubernetes);
}

#[test]
fn a_role_of_azure_follows_from_what_is_there() {
    assert_private_state_is_no_memory(by_azure);
}
