//! Tests of asking Graph, against an in-memory network: one request for many, what is kept, what
//! is asked again, and doing without.

use serde_json::{Value, json};

use super::*;
use crate::azure::arm::role_assignment::PrincipalType;
use crate::azure::auth::fake::Numbered;
use crate::azure::client::Options;
use crate::azure::cloud::{Cloud, CloudSource};
use crate::azure::graph::Kind;
use crate::azure::scripted::{Answer as Scene, Scripted};

const BATCH: &str = "POST https://graph.microsoft.com/v1.0/$batch";

fn client(scripted: &Scripted) -> Client {
    Client::new(Options {
        wire: scripted.wire(),
        cloud: CloudSource::known(Cloud::public()),
        credential: Numbered::new(&scripted.clock, Duration::from_hours(1)).credential(),
        subscription_id: "s".into(),
        poll_interval: Duration::from_secs(10),
        cluster_api_version: None,
    })
}

/// A batch that is answered with these statuses and bodies.
fn batch(replies: &[(u16, Value)]) -> Scene {
    let responses: Vec<Value> = replies
        .iter()
        .enumerate()
        .map(|(id, (status, body))| json!({"id": id.to_string(), "status": status, "body": body}))
        .collect();
    Scene::json(200, &json!({"responses": responses}))
}

fn objects(ids: &[&str]) -> Value {
    let object = |id: &&str| json!({"@odata.type": "#microsoft.graph.group", "id": id, "securityEnabled": true});
    json!({"value": ids.iter().map(object).collect::<Vec<_>>()})
}

fn id(id: &str) -> Question {
    Question::Id(id.to_owned())
}

fn ids(answers: &[Answer]) -> Vec<&str> {
    let id = |answer: &Answer| match answer {
        Answer::Found(found) => found.id.clone().leak(),
        other => panic!("{other:?}"),
    };
    answers.iter().map(|answer| &*id(answer)).collect()
}

#[tokio::test]
async fn those_who_ask_at_the_same_time_share_one_request() {
    let scripted = Scripted::new([batch(&[(200, objects(&["1", "2", "3"]))])]);
    let (client, call) = (client(&scripted), Call::default());
    let (one, two, both) = ([id("1")], [id("2")], [id("3"), id("1")]);
    let work = async {
        tokio::join!(
            client.look_up(&one, &call),
            client.look_up(&two, &call),
            client.look_up(&both, &call),
        )
    };

    let (first, second, third) = scripted.clock.drive(work).await;

    let found = [first.unwrap(), second.unwrap(), third.unwrap()];
    assert_eq!(
        found.each_ref().map(|answers| ids(answers)),
        [vec!["1"], vec!["2"], vec!["3", "1"]]
    );
    assert_eq!(scripted.lines(), [BATCH]);
}

#[tokio::test]
async fn what_was_found_is_kept_and_what_was_not_is_asked_again() {
    let nothing = || (404, Value::Null);
    let scripted = Scripted::new([
        batch(&[(200, objects(&["1"]))]),
        batch(&[nothing()]),
        batch(&[(200, objects(&["2"]))]),
    ]);
    let (client, call) = (client(&scripted), Call::default());
    let questions = [id("1"), id("2")];

    let first = scripted
        .clock
        .drive(client.look_up(&questions, &call))
        .await;
    let second = scripted
        .clock
        .drive(client.look_up(&questions, &call))
        .await;

    assert_eq!(first.unwrap()[1], Answer::Unknown);
    assert_eq!(ids(&second.unwrap()), ["1", "2"]);
    let bodies: Vec<bool> = scripted
        .requests()
        .iter()
        .map(|sent| sent.body.contains("deletedItems"))
        .collect();
    assert_eq!(bodies, [false, true, false]);
}

#[tokio::test]
async fn more_steps_than_a_batch_takes_are_several_batches() {
    let group = |id: usize| (200, json!({"value": [{"id": id.to_string()}]}));
    let scripted = Scripted::new([
        batch(&(0..20).map(group).collect::<Vec<_>>()),
        batch(&[group(20)]),
    ]);
    let questions: Vec<Question> = (0..21)
        .map(|number| Question::Named(PrincipalType::Group, format!("{number:02}")))
        .collect();

    let client = client(&scripted);
    let call = Call::default();
    let answers = scripted
        .clock
        .drive(client.look_up(&questions, &call))
        .await;

    let answers = answers.unwrap();
    assert_eq!((ids(&answers)[20], scripted.lines().len()), ("20", 2));
}

#[tokio::test]
async fn a_step_that_was_throttled_is_asked_again_alone() {
    let user = |name: &str| json!({"id": name, "userPrincipalName": name});
    let scripted = Scripted::new([
        batch(&[(200, user("a")), (429, Value::Null)]),
        batch(&[(200, user("b"))]),
    ]);
    let questions = ["a", "b"].map(|name| Question::UserPrincipalName(name.into()));

    let client = client(&scripted);
    let call = Call::default();
    let answers = scripted
        .clock
        .drive(client.look_up(&questions, &call))
        .await;

    let answers = answers.unwrap();
    let Answer::Found(found) = &answers[1] else {
        panic!("{answers:?}")
    };
    let name = Some("b".to_owned());
    assert_eq!(
        found.kind,
        Kind::User {
            user_principal_name: name
        }
    );
    assert_eq!(scripted.lines(), [BATCH, BATCH]);
}

#[tokio::test]
async fn a_graph_that_may_not_be_read_leaves_questions_open() {
    let body = json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}});
    let denied = Scripted::new([batch(&[(403, body)])]);
    let unreachable = Scripted::new(std::iter::repeat_n(Scene::Refuse("no route"), 4));
    let replaced = Scripted::new([Scene::text(200, "<html>Blocked by policy</html>")]);
    let silent = Scripted::new([Scene::Hang]);

    for scripted in [denied, unreachable, replaced, silent] {
        let client = client(&scripted);
        let call = Call::default();
        let questions = [id("1")];
        let answers = scripted
            .clock
            .drive(client.look_up(&questions, &call))
            .await;

        let answers = answers.unwrap();
        assert!(matches!(answers[0], Answer::Unreadable(_)), "{answers:?}");
    }
}

#[tokio::test]
async fn a_stop_ends_the_question_and_not_those_of_others() {
    let scripted = Scripted::new([batch(&[(200, objects(&["1"]))])]);
    let client = client(&scripted);
    let (stopped, call) = (Call::default(), Call::default());
    let questions = [id("1")];
    let stop = async {
        tokio::task::yield_now().await;
        stopped.cancelled.cancel();
    };
    let work = async {
        tokio::join!(
            client.look_up(&questions, &stopped),
            client.look_up(&questions, &call),
            stop
        )
    };

    let (first, second, ()) = scripted.clock.drive(work).await;

    assert_eq!(first, Err(Error::Cancelled));
    assert_eq!(ids(&second.unwrap()), ["1"]);
}
