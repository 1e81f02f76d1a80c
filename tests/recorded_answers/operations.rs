//! Recorded operations: their answers are given to this provider in place of the simulator's, one poll after the
//! other, and it must wait for the end and find the cluster there.

use std::collections::BTreeMap;

use secureaks_simulator::{Action, Answer, Fault, Host, Matches};
use serde_json::{Value as Json, json};

use crate::recorded::{exchanges, name, path};
use crate::support::{Kept, Provider, cluster, fast_azure, told};

/// The answers to the polls of one operation, in order, and where the first was found.
struct Operation {
    name: String,
    answers: Vec<Answer>,
    /// The last word on it.
    ending: String,
}

/// Operations that differ in what they say; ids and times aside, most say the same.
fn operations() -> Vec<Operation> {
    let mut polls: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for exchange in exchanges() {
        let is_poll = path(&exchange).contains("Microsoft.ContainerService/locations/")
            && path(&exchange).contains("/operations/");
        if is_poll {
            let key = format!("{}{}", exchange["file"], path(&exchange));
            polls.entry(key).or_default().push(exchange);
        }
    }
    let mut said: Vec<Vec<(Json, Json)>> = Vec::new();
    let mut operations = Vec::new();
    for polls in polls.into_values() {
        let words: Vec<(Json, Json)> = polls
            .iter()
            .map(|poll| {
                let body = &poll["response_body"];
                (body["status"].clone(), body["error"].clone())
            })
            .collect();
        let Some(ending) = words.last().and_then(|(status, _)| status.as_str()) else {
            continue;
        };
        let ending = ending.to_owned();
        let known = said.contains(&words);
        said.push(words);
        // An operation whose end was not kept tells nothing about how it ended.
        if known || !["Succeeded", "Failed", "Canceled"].contains(&ending.as_str()) {
            continue;
        }
        let answers = polls.iter().map(|poll| {
            let code = poll["status"]
                .as_u64()
                .and_then(|code| u16::try_from(code).ok());
            Answer {
                code: code.expect("a status"),
                headers: vec![("content-type".into(), "application/json".into())],
                body: poll["response_body"].clone(),
            }
        });
        operations.push(Operation {
            name: polls.first().map(name).unwrap_or_default(),
            answers: answers.collect(),
            ending,
        });
    }
    operations
}

/// An answer that says nothing of the operation.
fn outages() -> [Action; 3] {
    [
        Action::html_503(),
        Action::bad_gateway(),
        Action::gateway_timeout(),
    ]
}

#[test]
fn every_recorded_operation_ends_as_it_did() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({})));
    let operations = operations();

    for (number, operation) in operations.iter().enumerate() {
        azure.clear_faults();
        let played = operation.answers.iter().cloned().map(Action::Status);
        // Every third one also meets what a gateway says in between.
        let between = outages().into_iter().filter(|_| number % 3 == 0);
        for (nth, action) in (1..).zip(between.chain(played)) {
            azure.add_fault(Fault {
                name: operation.name.clone(),
                matches: Matches {
                    host: Some(Host::Arm),
                    method: Some("GET".into()),
                    path_contains: Some("/operations/".into()),
                    nth: Some(nth),
                    ..Matches::default()
                },
                action,
            });
        }

        let (kept, diagnostics) = provider.apply(&Kept::nothing(), &config);

        assert_eq!(operation.ending, "Succeeded", "{}", operation.name);
        assert_eq!(told(&diagnostics), "", "{}", operation.name);
        azure.clear_faults();
        let (gone, diagnostics) = provider.destroy(&kept);
        assert_eq!(
            (gone, told(&diagnostics)),
            (Kept::nothing(), String::new()),
            "{}",
            operation.name
        );
    }
    println!("{} recorded operations", operations.len());
    assert!(operations.len() > 5, "{}", operations.len());
}
