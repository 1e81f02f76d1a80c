//! With an owner and its secret a create that is killed is finished from any machine, until its last write has said
//! that a state holds the object: from then on only by its own folder, and every other one is refused with the import
//! command.

use secureaks::framework::{Diagnostic, Severity};
use secureaks_simulator::{Action, Fault, Matches};
use serde_json::Value as Json;

use crate::{
    private_lost::killed_when_held,
    support::{Kept, Provider, assert_understood},
    workspace_takeover::{kinds, start},
};

/// How a create ended that was killed after an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Another machine of the owner has finished it.
    Elsewhere,
    /// Another machine was refused, and the folder itself has finished it.
    InItsFolder,
}

#[test]
fn a_create_that_is_killed_is_finished_by_any_machine_of_its_owner_until_its_last_write() {
    let (mut exchanges, mut held) = (0, 0);
    for (type_name, config) in kinds() {
        let (mut ends, mut nth) = (Vec::new(), 1);
        let whole = loop {
            match killed_at(type_name, &config, nth) {
                Life::Killed(ended, writes) => ends.push((ended, writes)),
                Life::Undisturbed(writes) => break writes,
            }
            nth += 1;
        };

        let in_folder = |end: &&(Ended, usize)| end.0 == Ended::InItsFolder;
        let closed = ends.iter().filter(in_folder).count();
        println!(
            "{type_name}: exchanges: {0}, converged: {0}, of these only from its folder, after the last write: {closed}",
            ends.len()
        );
        for (ended, writes) in &ends {
            let is_closed = *ended == Ended::InItsFolder;
            assert_eq!(
                is_closed,
                *writes == whole,
                "{type_name}, {whole}: {ends:?}"
            );
        }
        assert!(closed > 0, "{type_name}: {ends:?}");
        exchanges += ends.len();
        held += closed;
    }
    println!(
        "exchanges: {exchanges}, converged: {exchanges}, of these only from the folder: {held}"
    );
}

/// What came of a create, with the number of its writes.
#[derive(Clone, Copy, Debug)]
enum Life {
    Killed(Ended, usize),
    Undisturbed(usize),
}

/// Kills a create when its exchange `nth` has taken effect, if it has as many, and finishes it.
fn killed_at(type_name: &'static str, config: &Json, nth: u64) -> Life {
    let azure = start(type_name);
    let mut environment = azure.environment();
    for (name, value) in [
        ("SECUREAKS_OWNER", "platform"),
        ("SECUREAKS_OWNER_SECRET", "known to all runs of the owner"),
    ] {
        environment.insert(name.to_owned(), value.to_owned());
    }
    let machine = || Provider::acting_in(&azure, environment.clone()).about(type_name);
    let first = machine();
    let wanted = first.value(config);
    let nothing = Kept::nothing();
    let plan = first.plan(&nothing, &wanted);
    azure.clear_journal();
    azure.add_fault(Fault {
        name: "killed".to_owned(),
        matches: Matches {
            nth: Some(nth),
            ..Matches::default()
        },
        action: Action::HoldAfter,
    });
    let outcome = killed_when_held(&azure, &first, &nothing, &wanted, &plan);
    azure.clear_faults();
    // Who asks what it may do writes nothing, and asks by POST.
    let written = |method: &str| ["PUT", "PATCH", "DELETE"].contains(&method);
    let journal = azure.journal().into_iter();
    let writes = journal.filter(|exchange| written(&exchange.method)).count();
    if outcome.is_some() {
        return Life::Undisturbed(writes);
    }

    let place = format!("{type_name}, killed after exchange {nth}");
    let other = machine();
    let plan = other.plan(&nothing, &wanted);
    let (kept, told) = other.carry_out(&nothing, &wanted, &plan);
    let refused: Vec<&Diagnostic> = errors(&told);
    let (ended, next, kept) = if refused.is_empty() {
        (Ended::Elsewhere, other, kept)
    } else {
        let imports = |told: &&Diagnostic| told.detail.contains("terraform import ");
        assert!(refused.iter().all(imports), "{place}: {refused:#?}");
        let own = first.restarted(&azure);
        let plan = own.plan(&nothing, &wanted);
        let (kept, told) = own.carry_out(&nothing, &wanted, &plan);
        assert_eq!(errors(&told), Vec::<&Diagnostic>::new(), "{place}");
        (Ended::InItsFolder, own, kept)
    };
    next.end();
    let (read, _) = next.restarted(&azure).read(&kept);
    assert_eq!(read.value, kept.value, "{place}");
    assert_understood(&azure);
    Life::Killed(ended, writes)
}

fn errors(told: &[Diagnostic]) -> Vec<&Diagnostic> {
    let all = told.iter();
    all.filter(|told| told.severity == Severity::Error)
        .collect()
}
