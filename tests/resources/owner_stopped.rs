//! With an owner and its secret: a create that Terraform has stopped, or whose operation failed, leaves its object in the
//! state. From the next apply on no other machine of the owner takes it for one that was interrupted.

use secureaks::{
    framework::{Diagnostic, Severity},
    value::Value,
};
use secureaks_simulator::{Action, Fault, Matches, Simulator, aks::Failure};
use serde_json::Value as Json;

use crate::{
    roles_left::stopped_when_held,
    support::{Kept, Provider, assert_understood},
    workspace_takeover::{kinds, start},
};

fn machine(azure: &Simulator, type_name: &'static str) -> Provider {
    let mut environment = azure.environment();
    for (name, value) in [
        ("SECUREAKS_OWNER", "platform"),
        ("SECUREAKS_OWNER_SECRET", "known to all runs of the owner"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    Provider::acting_in(azure, environment).about(type_name)
}

fn errors(told: &[Diagnostic]) -> Vec<&Diagnostic> {
    let all = told.iter();
    all.filter(|told| told.severity == Severity::Error)
        .collect()
}

/// The next run of the folder reads, plans and applies; what it then holds.
fn goes_on(azure: &Simulator, first: &Provider, kept: &Kept, wanted: &Value) -> Kept {
    let next = first.restarted(azure);
    let (found, _) = next.read(kept);
    let plan = next.plan(&found, wanted);
    let (held, told) = next.carry_out(&found, wanted, &plan);
    assert_eq!(errors(&told), Vec::<&Diagnostic>::new());
    next.end();
    held
}

/// Another folder of the owner is refused, and the object stays.
fn is_refused(azure: &Simulator, type_name: &'static str, config: &Json, held: &Kept, at: &str) {
    let other = machine(azure, type_name);
    let wanted = other.value(config);
    let plan = other.plan(&Kept::nothing(), &wanted);
    let (taken, told) = other.carry_out(&Kept::nothing(), &wanted, &plan);

    assert_eq!(taken.value, Value::Null, "{at}");
    let imports = |told: &&Diagnostic| told.detail.contains("terraform import ");
    assert!(errors(&told).iter().all(imports), "{at}: {told:#?}");
    let (read, _) = machine(azure, type_name).read(held);
    assert_eq!(read.value, held.value, "{at}");
}

#[test]
fn a_create_that_was_stopped_is_closed_by_the_next_apply() {
    for (type_name, config) in kinds() {
        let mut stopped = 0;
        for exchange in 1.. {
            let azure = start(type_name);
            let first = machine(&azure, type_name);
            let wanted = first.value(&config);
            let plan = first.plan(&Kept::nothing(), &wanted);
            azure.clear_journal();
            azure.add_fault(Fault {
                name: "stopped".to_owned(),
                matches: Matches {
                    nth: Some(exchange),
                    ..Matches::default()
                },
                action: Action::HoldAfter,
            });

            let (kept, _) = stopped_when_held(&azure, &first, &Kept::nothing(), &wanted, &plan);
            if azure.journal().iter().all(|one| one.fault.is_none()) {
                break;
            }
            azure.clear_faults();
            first.end();
            if kept.value.is_null() {
                continue;
            }
            stopped += 1;
            let held = goes_on(&azure, &first, &kept, &wanted);

            let at = format!("{type_name}, stopped after exchange {exchange}");
            is_refused(&azure, type_name, &config, &held, &at);
            assert_understood(&azure);
        }
        assert!(stopped > 0, "{type_name}");
    }
}

#[test]
fn a_create_whose_operation_failed_is_closed_at_once() {
    let [(type_name, config), ..] = kinds();
    let azure = start(type_name);
    azure.fail_next_operation(Failure {
        code: "CreateVMSSAgentPoolFailed".to_owned(),
        message: "no capacity".to_owned(),
        resource_state: "Failed".to_owned(),
        on: "create".to_owned(),
    });
    let first = machine(&azure, type_name);
    let wanted = first.value(&config);
    let plan = first.plan(&Kept::nothing(), &wanted);

    let (kept, _) = first.carry_out(&Kept::nothing(), &wanted, &plan);
    first.end();

    let (held, _) = first.restarted(&azure).read(&kept);
    is_refused(&azure, type_name, &config, &held, "a failed create");
    assert_understood(&azure);
}
