//! Whom a plan binds: it is shown, and apply gives the rights to those and to nobody who has come to have their names.

use std::time::Duration;

use secureaks::value::Value;
use secureaks_simulator::{Principal, PrincipalKind, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{DEVELOPERS, TYPE, binding, start},
    inside::{applied, change, object, provider as run_of, reached},
    support::{Kept, Provider, assert_understood, told},
};

const NEWCOMERS: &str = "5b0e7f42-93ad-4c18-8f6e-1d7a2c94e0b3";
const LEE: &str = "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526";
const GUEST: &str = "d4817be9-30c5-4f6a-a2e8-51b6c07f9d38";
const DEV: &str = "b92e4d60-1f7a-4c83-95eb-28d0a6f5c714";
const LEES_NAME: &str = "lee@simulated.onmicrosoft.com";
const NEW_NAME: &str = "lee.adams@simulated.onmicrosoft.com";
const BOUND: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/developers";
const ROLE: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles/deployer";

/// Another run of the same configuration, which knows nothing of what the first has asked.
fn run(azure: &Simulator) -> Provider {
    run_of(azure, TYPE)
}

/// Makes or renames a group.
fn group(azure: &Simulator, id: &str, name: &str) {
    azure.put_principal(Principal {
        object_id: id.to_owned(),
        kind: PrincipalKind::Group,
        display_name: name.to_owned(),
        ..Principal::default()
    });
    azure.advance(Duration::from_mins(1));
}

/// Gives Lee another name to sign in with.
fn rename_lee(azure: &Simulator) {
    azure.put_principal(Principal {
        object_id: LEE.to_owned(),
        kind: PrincipalKind::User,
        display_name: "Lee".to_owned(),
        user_principal_name: Some(NEW_NAME.to_owned()),
        ..Principal::default()
    });
    azure.advance(Duration::from_mins(1));
}

fn leave(azure: &Simulator, name: &str) {
    assert!(azure.delete_principal(name));
    azure.advance(Duration::from_mins(1));
}

fn by_name() -> Json {
    json!({ "type": "Group", "display_name": "developers" })
}

fn of(provider: &Provider, principals: &[Json]) -> Value {
    binding(provider, &json!({ "principals": principals }))
}

/// One of `subjects`; what is `None` is not known.
fn subject(kind: &str, id: Option<&str>, name: Option<&str>) -> Value {
    let text = |text: Option<&str>| text.map_or_else(Value::unknown, Value::from);
    Value::object([
        ("type", Value::from(kind)),
        ("object_id", text(id)),
        ("name", text(name)),
    ])
}

fn subjects(value: &Value) -> Vec<Value> {
    let subjects = value.member("subjects").elements();
    subjects.unwrap_or_default().to_vec()
}

/// Whom the object in the cluster binds.
fn bound(azure: &Simulator) -> Vec<Json> {
    let subjects = object(azure, BOUND)["subjects"].clone();
    let subjects = subjects.as_array().cloned().unwrap_or_default();
    subjects.iter().map(|one| one["name"].clone()).collect()
}

#[test]
fn whom_a_plan_binds_is_shown_as_far_as_apply_can_be_held_to_it() {
    let (azure, provider) = start();
    let principals = [
        by_name(),
        json!({ "type": "User", "user_principal_name": LEES_NAME.to_uppercase() }),
        json!({ "type": "User", "object_id": GUEST }),
        json!({ "type": "User", "object_id": DEV }),
        json!({ "type": "ServicePrincipal", "display_name": "machine" }),
    ];
    let mut wanted = of(&provider, &principals);
    let mut elements = wanted
        .member("principals")
        .elements()
        .expect("principals")
        .to_vec();
    for element in &mut elements {
        if element.member("display_name").as_str() == Some("machine") {
            element.set_member("display_name", Value::unknown());
        }
    }
    wanted.set_member("principals", Value::set(elements));

    let plan = provider.plan(&Kept::nothing(), &wanted);

    let nobody_known =
        Value::object(["type", "object_id", "name"].map(|one| (one, Value::unknown())));
    assert_eq!(plan.diagnostics, []);
    assert_eq!(
        subjects(&plan.value),
        [
            subject("User", Some(LEE), Some(LEES_NAME)),
            subject("Group", Some(DEVELOPERS), Some(DEVELOPERS)),
            nobody_known,
            subject("User", Some(DEV), None),
            subject("User", Some(GUEST), Some(GUEST)),
        ]
    );
    assert_understood(&azure);
}

#[test]
fn a_name_that_another_group_has_by_now_gives_that_one_nothing() {
    for is_left in [true, false] {
        let (azure, provider) = start();
        let wanted = of(&provider, &[by_name()]);
        let plan = provider.plan(&Kept::nothing(), &wanted);
        if is_left {
            group(&azure, DEVELOPERS, "former developers");
        } else {
            leave(&azure, DEVELOPERS);
        }
        group(&azure, NEWCOMERS, "developers");

        let later = run(&azure);
        let (kept, told) = later.carry_out(&Kept::nothing(), &wanted, &plan);

        if is_left {
            assert_eq!(told, []);
            assert_eq!(subjects(&kept.value), subjects(&plan.value));
            assert_eq!(bound(&azure), [DEVELOPERS]);
        } else {
            insta::assert_snapshot!(self::told(&told));
            assert_eq!(kept.value, Value::Null);
            assert_eq!(bound(&azure), Vec::<Json>::new());
        }
        assert_understood(&azure);
    }
}

#[test]
fn a_user_who_is_named_by_id_is_bound_by_the_name_of_that_moment() {
    let (azure, provider) = start();
    let by_id = json!({ "type": "User", "object_id": LEE });
    let wanted = of(&provider, &[by_id]);
    let plan = provider.plan(&Kept::nothing(), &wanted);
    rename_lee(&azure);

    let kept = run(&azure).carry_out(&Kept::nothing(), &wanted, &plan);

    assert_eq!(kept.1, []);
    assert_eq!(
        subjects(&kept.0.value),
        [subject("User", Some(LEE), Some(NEW_NAME))]
    );
    assert_eq!(bound(&azure), [NEW_NAME]);
    assert_understood(&azure);
}

#[test]
fn a_user_who_was_renamed_since_the_plan_is_not_bound_by_the_old_name() {
    let (azure, provider) = start();
    let lee = json!({ "type": "User", "user_principal_name": LEES_NAME });
    let wanted = of(&provider, &[lee]);
    let plan = provider.plan(&Kept::nothing(), &wanted);
    rename_lee(&azure);

    let (kept, refused) = run(&azure).carry_out(&Kept::nothing(), &wanted, &plan);

    insta::assert_snapshot!(told(&refused));
    assert_eq!((kept.value, bound(&azure)), (Value::Null, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_user_who_is_bound_and_was_renamed_since_the_plan_is_not_bound_by_the_old_name() {
    let (azure, provider) = start();
    let lee = json!({ "type": "User", "object_id": LEE });
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &of(&provider, std::slice::from_ref(&lee)),
    );
    let wanted = of(&provider, &[lee, by_name()]);
    let plan = provider.plan(&kept, &wanted);
    rename_lee(&azure);

    let (unchanged, refused) = run(&azure).carry_out(&kept, &wanted, &plan);

    assert!(plan.value.member("subjects").is_wholly_known());
    insta::assert_snapshot!(told(&refused));
    assert_eq!(unchanged.value, kept.value);
    assert_eq!(bound(&azure), [LEES_NAME]);
    assert_understood(&azure);
}

#[test]
fn who_is_bound_already_stays_known_when_another_is_added() {
    let (azure, provider) = start();
    let first = [by_name(), json!({ "type": "User", "object_id": LEE })];
    let kept = reached(&provider, &Kept::nothing(), &of(&provider, &first));
    group(&azure, DEVELOPERS, "former developers");
    group(&azure, NEWCOMERS, "developers");
    let guest = json!({ "type": "User", "object_id": GUEST });
    let [name, lee] = first;
    let later = run(&azure);
    let wanted = of(&later, &[guest, lee, name]);

    let plan = later.plan(&kept, &wanted);
    let (changed, silent) = later.carry_out(&kept, &wanted, &plan);

    assert_eq!(
        subjects(&plan.value),
        [
            subject("Group", Some(DEVELOPERS), Some(DEVELOPERS)),
            subject("User", Some(LEE), Some(LEES_NAME)),
            subject("User", Some(GUEST), Some(GUEST)),
        ]
    );
    assert_eq!(subjects(&changed.value), subjects(&plan.value));
    assert_eq!(silent, []);
    assert_eq!(bound(&azure), [DEVELOPERS, LEES_NAME, GUEST]);
    assert_understood(&azure);
}

#[test]
fn a_user_who_was_renamed_is_bound_by_the_new_name_with_the_next_change() {
    let (azure, provider) = start();
    let lee = json!({ "type": "User", "object_id": LEE });
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &of(&provider, std::slice::from_ref(&lee)),
    );
    rename_lee(&azure);
    let later = run(&azure);
    let wider = json!({ "principals": [lee], "namespaces": ["shop", "team-a"] });
    let wider = binding(&later, &wider);

    let plan = later.plan(&kept, &wider);
    let (changed, silent) = later.carry_out(&kept, &wider, &plan);

    assert_eq!(subjects(&plan.value), [subject("User", Some(LEE), None)]);
    assert_eq!(
        subjects(&changed.value),
        [subject("User", Some(LEE), Some(NEW_NAME))]
    );
    assert_eq!((silent, bound(&azure)), (vec![], vec![json!(NEW_NAME)]));
    assert_understood(&azure);
}

#[test]
fn an_update_that_was_cut_short_goes_on_with_whom_it_was_for() {
    let (azure, provider) = start();
    let wanted = of(&provider, &[by_name()]);
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let mut cut_short = kept.clone();
    let mut private: Json = serde_json::from_slice(&kept.private).expect("JSON");
    private["pending"] = json!(true);
    cut_short.private = private.to_string().into_bytes();
    group(&azure, DEVELOPERS, "former developers");
    group(&azure, NEWCOMERS, "developers");

    let later = run(&azure);
    let plan = later.plan(&cut_short, &wanted);
    let (settled, silent) = later.carry_out(&cut_short, &wanted, &plan);

    assert_eq!(plan.value.member("effective"), &Value::unknown());
    assert_eq!(subjects(&plan.value), subjects(&kept.value));
    assert_eq!((settled.value, silent), (kept.value, vec![]));
    assert_eq!(bound(&azure), [DEVELOPERS]);
    assert_understood(&azure);
}

#[test]
fn a_principal_that_is_bound_and_gone_is_a_warning_of_the_plan_and_an_error_of_apply() {
    let (azure, provider) = start();
    let guest = json!({ "type": "User", "object_id": GUEST });
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &of(&provider, &[by_name(), guest.clone()]),
    );
    leave(&azure, DEVELOPERS);
    let later = run(&azure);
    let wider = json!({ "principals": [by_name(), guest], "namespaces": ["shop", "team-a"] });
    let wider = binding(&later, &wider);

    let plan = later.plan(&kept, &wider);
    let (unchanged, refused) = later.carry_out(&kept, &wider, &plan);
    let anew = later.plan(&Kept::nothing(), &of(&later, &[by_name()]));
    let (gone, destroyed) = applied(&later, &kept, &Value::Null);

    assert_eq!(subjects(&plan.value), subjects(&kept.value));
    insta::assert_snapshot!(format!(
        "{}\n\nin apply: {}\n\nanew: {}",
        told(&plan.diagnostics),
        told(&refused),
        told(&anew.diagnostics)
    ));
    assert_eq!(unchanged.value, kept.value);
    assert_eq!((gone.value, destroyed), (Value::Null, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_role_that_is_bound_and_gone_is_a_warning_of_the_plan_and_another_an_error() {
    let (azure, provider) = start();
    let rules = json!([{ "apiGroups": [""], "resources": ["pods"], "verbs": ["get"] }]);
    change(
        &azure,
        ROLE,
        &json!({ "metadata": { "name": "deployer" }, "rules": rules }),
    );
    let wanted = json!({ "cluster_role": "deployer" });
    let kept = reached(&provider, &Kept::nothing(), &binding(&provider, &wanted));
    change(&azure, ROLE, &Json::Null);
    let later = run(&azure);

    let wider = json!({ "cluster_role": "deployer", "namespaces": ["shop", "team-a"] });
    let wider = later.plan(&kept, &binding(&later, &wider));
    let other = json!({ "cluster_role": "deployers" });
    let other = later.plan(&kept, &binding(&later, &other));

    insta::assert_snapshot!(format!(
        "{}\n\nanother: {}",
        told(&wider.diagnostics),
        told(&other.diagnostics)
    ));
    assert_understood(&azure);
}
