//! A principal that moves from one binding to another in one plan: in whichever order Terraform plans and applies
//! the two, it ends with exactly one right.

use secureaks::value::Value;
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::{
    binding::{CLUSTER_USER, DEVELOPERS, TYPE, assigned, binding, start},
    inside::{is_about_the_object, object, provider, reached},
    support::{Kept, Plan, Provider, assert_understood, told},
};

const LEE: &str = "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526";
const READER: &str = "7f6c6a51-bcf8-42ba-9220-52d62157d7db";

fn lee() -> Json {
    json!({ "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" })
}

fn developers() -> Json {
    json!({ "type": "Group", "object_id": DEVELOPERS })
}

fn by_azure() -> Json {
    json!({
        "mode": "azure_rbac",
        "cluster_role": null,
        "azure_role": "Azure Kubernetes Service RBAC Reader",
    })
}

/// A binding of this name and these principals, with `changes` laid over it.
fn named(provider: &Provider, name: &str, principals: &[Json], changes: &Json) -> Value {
    let mut wanted = json!({ "name": name, "principals": principals });
    crate::support::lay_over(&mut wanted, changes);
    binding(provider, &wanted)
}

/// One resource of a run: what is kept of it, and what is wanted.
type Step<'a> = (&'a Kept, Value);

/// A run of Terraform over two resources: a process plans both, and another applies both, each in the order given.
fn run(azure: &Simulator, steps: &[Step<'_>; 2], plan: [usize; 2], apply: [usize; 2]) -> Vec<Kept> {
    let planning = provider(azure, TYPE);
    let mut plans: [Option<Plan>; 2] = [None, None];
    for index in plan {
        let (prior, wanted) = &steps[index];
        let plan = planning.plan(prior, wanted);
        assert_eq!(told(&plan.diagnostics), "", "in the plan");
        plans[index] = Some(plan);
    }
    let applying = provider(azure, TYPE);
    let mut kept = [Kept::nothing(), Kept::nothing()];
    for index in apply {
        let (prior, wanted) = &steps[index];
        // Terraform plans each again right before it is applied.
        let again = applying.plan(prior, wanted);
        assert_eq!(told(&again.diagnostics), "", "in the plan of the apply");
        let plan = plans[index].as_ref().expect("a plan");
        assert_eq!(again.value, plan.value);
        let (made, mut said) = applying.carry_out(prior, wanted, &again);
        said.retain(is_about_the_object);
        // Whoever gets the principal long before the other loses it sees that it is given twice by then.
        let early = index == 1 && apply[0] == 1 && wanted.member("azure_role").is_null();
        let warned = told(&said).contains("Two bindings of this configuration");
        assert_eq!(
            (said.len(), warned),
            (usize::from(early), early),
            "in the apply"
        );
        kept[index] = made;
    }
    kept.into()
}

/// Who is bound in the namespace `shop` by a binding.
fn bound(azure: &Simulator, name: &str) -> Vec<String> {
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/{name}");
    let subjects = object(azure, &path)["subjects"].clone();
    let subjects = subjects.as_array().cloned().unwrap_or_default();
    let name = |subject: Json| subject["name"].as_str().expect("a name").to_owned();
    subjects.into_iter().map(name).collect()
}

const ORDERS: [[usize; 2]; 2] = [[0, 1], [1, 0]];

#[test]
fn a_principal_moves_between_bindings_in_any_order() {
    for plan in ORDERS {
        for apply in ORDERS {
            for (mode, role) in [(json!({}), CLUSTER_USER), (by_azure(), READER)] {
                let (azure, first) = start();
                let both = named(&first, "first", &[developers(), lee()], &mode);
                let kept = reached(&first, &Kept::nothing(), &both);
                let context = format!("{plan:?} {apply:?} {role}");

                let loses = named(&first, "first", &[developers()], &mode);
                let gets = named(&first, "second", &[lee()], &mode);
                let nothing = Kept::nothing();
                let after = run(
                    &azure,
                    &[(&kept, loses.clone()), (&nothing, gets.clone())],
                    plan,
                    apply,
                );
                let next = provider(&azure, TYPE);
                let wanted = [loses, gets];
                for (kept, wanted) in after.iter().zip(&wanted) {
                    let (found, _) = next.read(kept);
                    let silent = next.plan(&found, wanted);

                    assert_eq!(silent.value, kept.value, "{context}");
                    assert_eq!(told(&silent.diagnostics), "", "{context}");
                }

                let holders = assigned(&azure, role);
                let ids: Vec<&str> = holders.iter().map(|(id, _)| id.as_str()).collect();
                assert_eq!(ids, [LEE, DEVELOPERS], "{context}");
                if role == CLUSTER_USER {
                    assert_eq!(bound(&azure, "first"), [DEVELOPERS], "{context}");
                    assert_eq!(bound(&azure, "second"), ["lee@simulated.onmicrosoft.com"]);
                }
                assert_understood(&azure);
            }
        }
    }
}

#[test]
fn a_principal_moves_from_a_binding_that_goes_in_any_order() {
    for apply in ORDERS {
        for (mode, role) in [(json!({}), CLUSTER_USER), (by_azure(), READER)] {
            let (azure, first) = start();
            let before = named(&first, "first", &[lee()], &mode);
            let kept = reached(&first, &Kept::nothing(), &before);

            let gets = named(&first, "second", &[lee()], &mode);
            let nothing = Kept::nothing();
            let after = run(
                &azure,
                &[(&kept, Value::Null), (&nothing, gets)],
                [1, 0],
                apply,
            );

            let holders = assigned(&azure, role);
            assert_eq!(holders.len(), 1, "{apply:?} {role}");
            assert_eq!((&after[0].value, &*holders[0].0), (&Value::Null, LEE));
            assert_eq!(bound(&azure, "first"), Vec::<String>::new());
            assert_understood(&azure);
        }
    }
}

#[test]
fn a_right_that_a_binding_keeps_is_refused_to_a_new_one_in_either_order_of_the_plan() {
    let (azure, first) = start();
    let keeps = named(&first, "first", &[developers()], &json!({}));
    let kept = reached(&first, &Kept::nothing(), &keeps);
    let gets = named(&first, "second", &[developers()], &json!({}));

    let texts = ORDERS.map(|order| {
        let planning = provider(&azure, TYPE);
        let steps = [(&kept, &keeps), (&Kept::nothing(), &gets)];
        let said = order.map(|index| {
            let (prior, wanted) = steps[index];
            told(&planning.plan(prior, wanted).diagnostics)
        });
        assert_eq!(said[0], "");
        said[1].clone()
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_understood(&azure);
}

#[test]
fn without_an_owner_a_right_that_another_binding_keeps_is_refused() {
    let (azure, first) = start();
    let keeps = named(&first, "first", &[developers()], &json!({}));
    reached(&first, &Kept::nothing(), &keeps);

    let next = Provider::of(&azure).about(TYPE);
    let gets = named(&next, "second", &[developers()], &json!({}));
    let plan = next.plan(&Kept::nothing(), &gets);
    let (made, mut said) = next.carry_out(&Kept::nothing(), &gets, &plan);
    said.retain(is_about_the_object);

    insta::assert_snapshot!(format!("{}\n\n{}", told(&plan.diagnostics), told(&said)));
    assert_eq!(made.value, Value::Null);
    assert_eq!(bound(&azure, "second"), Vec::<String>::new());
    assert_understood(&azure);
}

/// How often bindings were listed.
fn lists(azure: &Simulator) -> usize {
    let journal = azure.journal();
    let is_list = |path: &str| path.contains("/rolebindings?");
    journal.iter().filter(|one| is_list(&one.path)).count()
}

/// Waits until bindings were listed more often than `before`.
fn wait_for_lists(azure: &Simulator, before: usize) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while lists(azure) <= before {
        assert!(
            std::time::Instant::now() < deadline,
            "nobody lists bindings"
        );
        std::thread::yield_now();
    }
}

#[test]
fn without_an_owner_a_right_that_another_binding_loses_meanwhile_is_given() {
    let (azure, first) = start();
    let both = named(&first, "first", &[developers(), lee()], &json!({}));
    let kept = reached(&first, &Kept::nothing(), &both);

    let next = Provider::of(&azure).about(TYPE);
    let loses = named(&next, "first", &[developers()], &json!({}));
    let gets = named(&next, "second", &[lee()], &json!({}));
    let plans = [next.plan(&kept, &loses), next.plan(&Kept::nothing(), &gets)];
    let listed = lists(&azure);
    // The time between two looks: long enough for the other apply to have begun by the second.
    let mut environment = azure.environment();
    environment.insert("SECUREAKS_POLL_INTERVAL".to_owned(), "1s".to_owned());
    let applying = Provider::acting_in(&azure, environment).about(TYPE);
    let (lost, got) = std::thread::scope(|scope| {
        let got = scope.spawn(|| applying.carry_out(&Kept::nothing(), &gets, &plans[1]));
        // It has seen by then that the other binding has the right.
        wait_for_lists(&azure, listed);
        let lost = applying.carry_out(&kept, &loses, &plans[0]);
        (lost, got.join().expect("an answer"))
    });

    for (_, mut said) in [lost, got] {
        said.retain(is_about_the_object);
        assert_eq!(told(&said), "");
    }
    assert_eq!(bound(&azure, "first"), [DEVELOPERS]);
    assert_eq!(bound(&azure, "second"), ["lee@simulated.onmicrosoft.com"]);
    assert_understood(&azure);
}
