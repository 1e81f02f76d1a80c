//! What an apply leaves in the state, whatever becomes of it.

use secureaks::{framework::service::Service as _, value::Value};

use crate::core::{Core, Kept, brief, has_errors, is_pending, number, object, text};

const VERBS: [&str; 5] = ["plan", "create", "read", "update", "delete"];

/// A thing of which `verb` does `deed`.
fn misbehaving(core: &Core, verb: &str, deed: &str) -> Value {
    let conduct = VERBS.map(|other| {
        (
            other,
            if other == verb {
                text(deed)
            } else {
                Value::Null
            },
        )
    });
    core.config(
        "thing",
        [
            ("name", text("a")),
            ("place", text("north")),
            ("conduct", object(conduct)),
        ],
    )
}

fn with_size(config: &Value, size: i64) -> Value {
    let mut changed = config.clone();
    changed.set_member("size", number(size));
    changed
}

async fn created(core: &Core, verb: &str, deed: &str) -> (Value, Kept) {
    let config = misbehaving(core, verb, deed);
    let kept = core.create("thing", &config).await;
    (config, kept)
}

#[tokio::test]
async fn a_created_object_is_in_the_state_with_its_identity() {
    let core = Core::new().await;

    let (_, kept) = created(&core, "delete", "warn").await;

    assert_eq!(kept.identity, Some(object([("name", text("a"))])));
    assert_eq!(
        ["id", "revision", "current_version"].map(|name| kept.state.member(name).clone()),
        [text("things/a"), number(1), text("7")]
    );
}

#[tokio::test]
async fn a_creation_that_fails_at_once_leaves_no_state() {
    let core = Core::new().await;
    let plan = core
        .plan("thing", None, &misbehaving(&core, "create", "fail"))
        .await;

    let applied = core.apply("thing", &plan).await;

    assert_eq!(
        (applied.kept, brief(&applied.told)),
        (None, vec!["Error : Verb failed".to_owned()])
    );
}

#[tokio::test]
async fn a_creation_that_fails_late_keeps_what_exists() {
    for (deed, summary) in [
        ("fail_late", "Verb failed"),
        ("panic_late", "Provider panicked"),
    ] {
        let core = Core::new().await;
        let plan = core
            .plan("thing", None, &misbehaving(&core, "create", deed))
            .await;

        let applied = core.apply("thing", &plan).await;

        let kept = applied.kept.unwrap();
        assert_eq!(brief(&applied.told), [format!("Error : {summary}")]);
        assert_eq!(
            (
                kept.state.member("id"),
                kept.state.member("current_version"),
                kept.identity
            ),
            (
                &text("things/a"),
                &Value::Null,
                Some(object([("name", text("a"))]))
            )
        );
    }
}

#[tokio::test]
async fn an_interrupted_creation_warns_and_goes_on_at_the_next_apply() {
    let core = Core::new().await;
    let config = misbehaving(&core, "create", "hang");
    let plan = core.plan("thing", None, &config).await;

    // The creation waits for the stop, which so comes after its beginning.
    let (applied, ()) = tokio::join!(core.apply("thing", &plan), async { core.server.stop() });

    let kept = applied.kept.unwrap();
    assert_eq!(brief(&applied.told), ["Warning : Interrupted"]);
    assert_eq!(
        (kept.state.member("id"), is_pending(&kept.private)),
        (&text("things/a"), true)
    );
    let kept = core.read("thing", &kept).await.kept.unwrap();
    let plan = core.plan("thing", Some(&kept), &config).await;
    assert!(plan.planned.member("revision").is_unknown());
    let kept = core.apply("thing", &plan).await.kept.unwrap();
    assert_eq!(
        (kept.state.member("revision"), is_pending(&kept.private)),
        (&number(2), false)
    );
}

#[tokio::test]
async fn a_creation_that_was_accepted_and_failed_is_kept_and_not_tainted() {
    let core = Core::new().await;
    let config = misbehaving(&core, "create", "fail_accepted");
    let plan = core.plan("thing", None, &config).await;

    let applied = core.apply("thing", &plan).await;

    assert_eq!(brief(&applied.told), ["Warning : Verb failed"]);
    assert_eq!(applied.kept.unwrap().state.member("id"), &text("things/a"));
}

#[tokio::test]
async fn an_update_that_fails_keeps_the_prior_state() {
    for deed in ["fail", "fail_late", "fail_accepted", "panic", "panic_late"] {
        let core = Core::new().await;
        let (config, kept) = created(&core, "update", deed).await;
        let plan = core
            .plan("thing", Some(&kept), &with_size(&config, 2))
            .await;

        let applied = core.apply("thing", &plan).await;

        assert!(has_errors(&applied.told), "{deed}");
        assert_eq!(applied.kept.unwrap().state, kept.state, "{deed}");
    }
}

#[tokio::test]
async fn an_interrupted_update_warns_and_is_pending() {
    let core = Core::new().await;
    let (config, kept) = created(&core, "update", "hang").await;
    let plan = core
        .plan("thing", Some(&kept), &with_size(&config, 2))
        .await;

    let (applied, ()) = tokio::join!(core.apply("thing", &plan), async { core.server.stop() });

    let after = applied.kept.unwrap();
    assert_eq!(brief(&applied.told), ["Warning : Interrupted"]);
    assert_eq!(
        (after.state.member("size"), is_pending(&after.private)),
        (&number(2), true)
    );
}

#[tokio::test]
async fn a_deletion_leaves_nothing() {
    let core = Core::new().await;
    let (_, kept) = created(&core, "delete", "warn").await;

    let applied = core.delete("thing", &kept).await;

    assert_eq!(
        (applied.kept, brief(&applied.told)),
        (None, vec!["Warning : A warning".to_owned()])
    );
    assert_eq!(core.object("things/a"), None);
}

#[tokio::test]
async fn a_deletion_that_fails_keeps_the_state() {
    for deed in ["fail", "fail_late", "panic", "panic_late"] {
        let core = Core::new().await;
        let (_, kept) = created(&core, "delete", deed).await;

        let applied = core.delete("thing", &kept).await;

        assert!(has_errors(&applied.told), "{deed}");
        assert_eq!(applied.kept.unwrap().state, kept.state, "{deed}");
    }
}

#[tokio::test]
async fn an_interrupted_deletion_is_an_error_and_keeps_the_state() {
    let core = Core::new().await;
    let (_, kept) = created(&core, "delete", "hang").await;

    let (applied, ()) = tokio::join!(core.delete("thing", &kept), async { core.server.stop() });

    assert_eq!(brief(&applied.told), ["Error : Interrupted"]);
    assert_eq!(applied.kept.unwrap().state, kept.state);
}

#[tokio::test]
async fn a_panic_while_planning_or_reading_is_told() {
    let of_plan = "To destroy the thing as it is, run `terraform destroy -refresh=false`, which does not plan the configuration.";
    let of_read = "The thing stays in the state. To destroy it without reading it, run `terraform destroy -refresh=false`; where that is refused, too, `terraform state rm` gives it up as it is.";
    for (verb, way_out) in [("plan", of_plan), ("read", of_read)] {
        let core = Core::new().await;
        let kept = core
            .create("thing", &misbehaving(&core, "delete", "panic"))
            .await;
        let config = misbehaving(&core, verb, "panic");
        let mut before = kept.clone();
        before
            .state
            .set_member("conduct", config.member("conduct").clone());

        let (told, state) = if verb == "plan" {
            let plan = core.plan("thing", Some(&before), &config).await;
            (plan.told, plan.planned)
        } else {
            let read = core.read("thing", &before).await;
            (read.told, read.kept.unwrap().state)
        };

        assert_eq!(
            told.iter()
                .map(|told| told.detail.as_str())
                .collect::<Vec<_>>(),
            [format!(
                "A bug in the provider: {verb} panics as told. What was known of the object is kept in the state. Please report it.\n\n{way_out}"
            )]
        );
        assert_eq!(state, before.state);
    }
}

#[tokio::test]
async fn a_stop_ends_what_is_under_way_and_nothing_later() {
    let core = Core::new().await;
    core.server.stop();

    let (_, kept) = created(&core, "update", "warn").await;

    assert_eq!(kept.state.member("id"), &text("things/a"));
}

#[tokio::test]
async fn private_state_comes_back_with_the_next_call() {
    let core = Core::new().await;
    let (config, kept) = created(&core, "delete", "warn").await;
    let plan = core
        .plan("thing", Some(&kept), &with_size(&config, 2))
        .await;

    let kept = core.apply("thing", &plan).await.kept.unwrap();
    let plan = core
        .plan("thing", Some(&kept), &with_size(&config, 3))
        .await;
    let lost = core
        .apply(
            "thing",
            &crate::core::Plan {
                private: Vec::new(),
                ..plan
            },
        )
        .await;

    assert_eq!(kept.private, br#"{"revision":2,"whole":true}"#);
    assert_eq!(brief(&lost.told), ["Error : Private state is lost"]);
}
