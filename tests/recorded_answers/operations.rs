//! Every recorded write is played to the client: what was answered to it, then each poll of its operation, then each
//! look at its resource. It must end as it did, after exactly these questions, and also with outages in between.
//!
//! No recorded operation of any service failed after it was accepted: the one that its scenario calls so, of storage,
//! was refused with a 400. Failures are played to the same code in `src/azure/operation/tests.rs`.

use std::collections::BTreeMap;

use secureaks::azure::{Call, Ending, Error, Method, Operation, Request};
use secureaks_simulator::Action;
use serde_json::Value as Json;

use crate::chance::{choose, seed};
use crate::figures::report;
use crate::outages::outages;
use crate::recorded::exchanges;
use crate::wire::{Answer, Line, Recording};
use crate::writes::{BY_RESULT, End, Write, is_of_resource_manager, writes};

/// Operations whose recording has no end, and why. They are played as far as it goes, and the client must wait on.
const BROKEN_OFF: [(&str, &[&str]); 2] = [
    (
        "accepted, and nobody asked how it ended",
        &[
            "create_aad_managed_azure_rbac 15 DELETE",
            "disable_local_accounts 35 DELETE",
            "authorized_ip_ranges 29 DELETE",
            "apiserver_vnet_integration 21 DELETE",
            "apiserver_vnet_integration 14 DELETE",
            "identity_user_assigned_control_plane 84 DELETE",
            "network_azure_overlay 14 DELETE",
            "network_cilium_dataplane 32 DELETE",
            "network_cilium_dataplane 67 DELETE",
            "network_policy_install_uninstall 39 DELETE",
            "network_policy_install_uninstall 42 DELETE",
            "network_policy_install_uninstall 38 DELETE",
            "network_policy_install_uninstall 45 DELETE",
            "network_kubenet_calico_custom_cidr 20 DELETE",
            "network_acns 52 DELETE",
            "availability_zones 42 DELETE",
            "addon_keyvault_secrets_provider 60 DELETE",
            "addon_azure_policy_safeguards 39 DELETE",
            "nodepool_add_scale_delete 48 DELETE",
            "nodepool_add_scale_delete 49 DELETE",
            "nodepool_add_scale_delete 27 DELETE",
            "nodepool_stop_start 45 DELETE",
            "upgrade_kubernetes_version 16 POST",
            "create_again_existing_cluster 15 DELETE",
            "credentials_and_delete 30 DELETE",
            "maintenance_configuration 29 DELETE",
            "async_status_named_phases_2025 14 DELETE",
            "error_429_identity 16 DELETE",
            "error_400_service_principal_not_found_retries 43 DELETE",
        ],
    ),
    (
        "at work when it was last looked at",
        &[
            "upgrade_kubernetes_version 37 PUT",
            // Its cluster had come to succeed, and was `Updating` again for more than five minutes.
            "create_2026-05-01_aso_excerpt 6 PUT",
        ],
    ),
];

/// Operations of which one answer is filled in, see [`Write::complete`].
const COMPLETED: [&str; 17] = [
    "addon_azure_policy_safeguards 35 DELETE",
    "credentials_and_delete 58 DELETE",
    "credentials_and_delete 73 DELETE",
    "disk_encryption_set 19 DELETE",
    "disk_encryption_set 23 DELETE",
    "disk_encryption_set 36 DELETE",
    "managed_identity_federated 16 DELETE",
    "managed_identity_federated 8 DELETE",
    "key_vault 11 DELETE",
    "key_vault 14 DELETE",
    "key_vault 15 DELETE",
    "key_vault 18 DELETE",
    "vnet_subnet 13 DELETE",
    "vnet_subnet 18 DELETE",
    "vnet_subnet 26 DELETE",
    "lro_accepted_then_failed_storage 3 DELETE",
    "create_2026-05-01_aso_excerpt 6 PUT",
];

/// Operations with an address that nobody asked, which were watched at their resource alone. So are they played, as
/// by a provider that was not told of the operation.
const WATCHED: [&str; 6] = [
    "create_default_2025_nowait 2 PUT",
    "upgrade_kubernetes_version 37 PUT",
    "vnet_subnet 3 PUT",
    "vnet_subnet 9 PUT",
    "vnet_subnet 22 PUT",
    "vnet_subnet 24 PUT",
];

#[tokio::test]
async fn every_recorded_operation_ends_as_it_did() {
    let seed = seed();
    let (mut ended, mut polls, mut by_result_polls) = (BTreeMap::new(), BTreeMap::new(), 0);
    let mut broken_off: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut completed, mut watched, mut again) = (Vec::new(), Vec::new(), Vec::new());
    let mut by_result = Vec::new();
    let mut outages = 0;

    for write in writes() {
        play(&write, Vec::new()).await;
        let disturbed = disturbed(&write, seed);
        outages += disturbed.len();
        play(&write, disturbed).await;

        *ended.entry(kind(&write)).or_insert(0) += 1;
        // They are played beside those of the same write's own address.
        if write.name.ends_with(BY_RESULT) {
            by_result_polls += write.recorded_polls().len();
        } else {
            for (_, poll) in write.recorded_polls() {
                *polls.entry(what_it_says(poll)).or_insert(0) += 1;
            }
        }
        if write.end == End::BrokenOff {
            let [(nobody_asked, _), (at_work, _)] = BROKEN_OFF;
            let nobody = write.looks.is_empty();
            let why = if nobody { nobody_asked } else { at_work };
            broken_off.entry(why).or_default().push(write.name.clone());
        }
        for (is_one, names) in [
            (write.completed, &mut completed),
            (write.watched, &mut watched),
            (!write.refusals.is_empty(), &mut again),
            (write.name.ends_with(BY_RESULT), &mut by_result),
        ] {
            if is_one {
                names.push(write.name.clone());
            }
        }
    }

    let expected =
        BROKEN_OFF.map(|(why, names)| (why, names.iter().map(ToString::to_string).collect()));
    assert_eq!(broken_off, BTreeMap::from(expected));
    assert_eq!(completed, COMPLETED);
    assert_eq!(watched, WATCHED);
    // A 429 `FailedIdentityOperation` and a 500 `GetVnetError`.
    assert_eq!(
        again,
        ["error_429_identity 3 PUT", "error_500_then_retry 3 PUT"]
    );
    let of_stop_and_start = [
        "stop_start 16 POST by its result",
        "stop_start 23 POST by its result",
    ];
    assert_eq!(by_result, of_stop_and_start);
    let expected = BTreeMap::from([
        (RESOURCE, 116),
        (GONE, 20),
        (DONE, 4),
        (ONCE_MORE, 2),
        ("broken off", 31),
        ("done at once", 61),
        ("refused", 41),
    ]);
    assert_eq!(ended, expected);
    // None failed and none was canceled.
    let expected = BTreeMap::from([
        ("at work", 746),
        ("at work with an error beside", 113),
        ("in a phase with a name of its own", 9),
        ("over without a status", 13),
        ("succeeded", 107),
        ("succeeded with an error beside", 11),
    ]);
    assert_eq!(polls, expected);
    assert_eq!(by_result_polls, 2);
    assert_eq!(writes_elsewhere(), 21);
    // Another seed may be given, by which there are more or fewer.
    let varying = format!(
        "recorded operations: {outages} answers 502, 503 and 504 put in between, by the seed"
    );
    let lines = figures(&ended, &polls, by_result_polls);
    report("recorded-operations", &lines, &[varying]);
}

fn figures(
    ended: &BTreeMap<&str, usize>,
    polls: &BTreeMap<&str, usize>,
    by_result_polls: usize,
) -> Vec<String> {
    let whole: usize = [RESOURCE, GONE, DONE].iter().map(|kind| ended[kind]).sum();
    let told = |counts: &BTreeMap<&str, usize>| {
        let told: Vec<String> = counts
            .iter()
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        told.join(", ")
    };
    let left = BROKEN_OFF.map(|(why, names)| format!("{} {why}", names.len()));
    let of = polls.values().sum::<usize>();
    let is_broken_off = |name: &&str| BROKEN_OFF.iter().any(|(_, names)| names.contains(name));
    let [completed, watched] = [&COMPLETED[..], &WATCHED[..]].map(|names| {
        let broken_off = names.iter().filter(|name| is_broken_off(name)).count();
        (names.len() - broken_off, broken_off)
    });
    vec![
        format!(
            "recorded operations: {whole} played to the client, {whole} end as they did ({} {RESOURCE}, {} {GONE}, {} {DONE}; {} {ONCE_MORE}), and again with answers 502, 503 and 504 in between; {} of them with one answer filled in that was not recorded, {} without the address of the operation, which their client did not ask",
            ended[RESOURCE], ended[GONE], ended[DONE], ended[ONCE_MORE], completed.0, watched.0
        ),
        format!(
            "recorded operations without an end: {} played as far as they go, and waited for from there: {}; {} of them with one answer filled in, {} without the address of the operation",
            ended["broken off"],
            left.join(", "),
            completed.1,
            watched.1
        ),
        format!(
            "recorded polls: {of} ({}), and {by_result_polls} at the address of a result beside; none failed or canceled",
            told(polls)
        ),
        format!(
            "recorded writes that began no operation: {} done at once, {} refused, and so they are to the client",
            ended["done at once"], ended["refused"]
        ),
    ]
}

const RESOURCE: &str = "with the resource";
const GONE: &str = "with the resource gone";
const DONE: &str = "with nothing to look at";
const ONCE_MORE: &str = "once more by the address of the result";

fn kind(write: &Write) -> &'static str {
    if write.name.ends_with(BY_RESULT) {
        return ONCE_MORE;
    }
    match &write.end {
        End::Refused => "refused",
        End::AtOnce => "done at once",
        End::Resource(_) => RESOURCE,
        End::Gone => GONE,
        End::Done => DONE,
        End::BrokenOff => "broken off",
    }
}

fn what_it_says(poll: &Answer) -> &'static str {
    let word = poll.body["status"].as_str();
    let has_error = !poll.body["error"].is_null();
    match word {
        // At the address of a result the code says it.
        None if poll.status >= 400 => "refused",
        None if poll.status != 202 => "over without a status",
        None | Some("InProgress" | "Accepted" | "Running") if has_error => {
            "at work with an error beside"
        }
        None | Some("InProgress" | "Accepted" | "Running") => "at work",
        Some("Succeeded") if has_error => "succeeded with an error beside",
        Some("Succeeded") => "succeeded",
        Some("Failed") => "failed",
        Some("Canceled") => "canceled",
        Some(_) => "in a phase with a name of its own",
    }
}

/// How often Graph and key vaults were written to, which have no operations.
fn writes_elsewhere() -> usize {
    let exchanges = exchanges();
    let elsewhere = exchanges
        .iter()
        .filter(|exchange| exchange["method"] != "GET" && !is_of_resource_manager(exchange));
    elsewhere.count()
}

/// Plays a write, with answers put before some of the questions about it, and holds what comes of it to what came of
/// it then.
async fn play(write: &Write, disturbed: Vec<(usize, Answer)>) {
    let recording = Recording::new(script(write, disturbed));
    let call = Call {
        cancelled: recording.over.clone(),
        ..Call::default()
    };
    let request = request(write);
    let client = recording.client("00000000-0000-0000-0000-000000000000");

    let work = async {
        let response = client.send(&request, &call).await?;
        let begun = if write.watched {
            Operation::on_resource(&request)
        } else {
            Operation::begun(&request, &response)
        };
        match begun {
            Some(operation) => client.wait(&operation, &call).await.map(Some),
            None => Ok(None),
        }
    };
    let result = recording.clock.drive(work).await;

    let beyond = recording.beyond();
    assert_eq!(
        recording.left(),
        0,
        "{}: {result:?}, {beyond:?}",
        write.name
    );
    let expected = match &write.end {
        End::AtOnce => Ok(None),
        End::Resource(body) => Ok(Some(Ending::Resource {
            body: body.clone(),
            disputed: None,
        })),
        End::Gone => Ok(Some(Ending::Deleted)),
        End::Done => Ok(Some(Ending::Finished)),
        End::BrokenOff => Err(Error::Cancelled),
        End::Refused => {
            assert_eq!(refusal(&result), said(&write.answer), "{}", write.name);
            result.clone()
        }
    };
    assert_eq!(result, expected, "{}", write.name);
    // Where the recording breaks off the next question is what shows that the client still waits.
    let further = usize::from(write.end == End::BrokenOff);
    assert_eq!(beyond.len(), further, "{}: {beyond:?}", write.name);
}

fn request(write: &Write) -> Request {
    let method: Method = write.method.parse().expect("a method");
    let mut query = write.url.query_pairs();
    let (_, version) = query.next().expect("a version");
    let mut request = Request::path(method, write.url.path(), &version);
    for (name, value) in query {
        request = request.with_query(&name, &value);
    }
    match &write.body {
        Some(body) => request.with_body(body),
        None => request,
    }
}

/// The questions that are expected, and their answers.
fn script(write: &Write, disturbed: Vec<(usize, Answer)>) -> Vec<Line> {
    let line = |method: &str, url: &azure_core::http::Url, answer: &Answer| Line {
        method: method.to_owned(),
        url: url.clone(),
        answer: answer.clone(),
    };
    let taken = write.refusals.iter().chain([&write.answer]);
    let taken = taken.map(|answer| line(&write.method, &write.url, answer));
    let polls = write.polls.iter().map(|(url, poll)| line("GET", url, poll));
    let looks = write.looks.iter();
    let looks = looks.map(|look| line("GET", &write.url, look));
    let mut asked: Vec<Vec<Line>> = polls.chain(looks).map(|line| vec![line]).collect();
    for (place, answer) in disturbed {
        let question = asked.get_mut(place).expect("a question");
        let instead = Line {
            answer,
            ..question.first().expect("a line").clone()
        };
        question.insert(0, instead);
    }
    taken.chain(asked.into_iter().flatten()).collect()
}

/// Where outages come, by the seed: one of each kind, some longer than one request is sent again.
fn disturbed(write: &Write, seed: u64) -> Vec<(usize, Answer)> {
    let questions = write.polls.len() + write.looks.len();
    if questions == 0 {
        return Vec::new();
    }
    let mut disturbed = Vec::new();
    for (kind, action) in outages() {
        let Action::Status(answer) = action else {
            continue;
        };
        let place = choose(seed, &format!("{} {kind} where", write.name), questions);
        let length = [1, 1, 2, 3, 12];
        let drawn = choose(
            seed,
            &format!("{} {kind} how long", write.name),
            length.len(),
        );
        let answer = Answer {
            status: answer.code,
            headers: answer.headers,
            body: answer.body,
        };
        let length = length.get(drawn).copied().unwrap_or(1);
        disturbed.extend((0..length).map(|_| (place, answer.clone())));
    }
    disturbed
}

/// Status, code and message of a refusal.
fn refusal(result: &Result<Option<Ending>, Error>) -> (u16, Option<String>, Option<String>) {
    match result {
        Err(Error::Http(refusal)) => (
            refusal.status,
            refusal.code.clone(),
            refusal.message.clone(),
        ),
        other => panic!("not refused: {other:?}"),
    }
}

/// The same of an answer.
fn said(answer: &Answer) -> (u16, Option<String>, Option<String>) {
    let body = match &answer.body["error"] {
        Json::Null => &answer.body,
        error => error,
    };
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    (answer.status, text("code"), text("message"))
}
