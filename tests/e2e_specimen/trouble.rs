//! Verbs that panic, fail or hang: what exists stays in the state.

use std::{
    thread::park_timeout,
    time::{Duration, Instant},
};

use crate::{client::clients, workspace::Workspace};

fn thing(conduct: &str) -> String {
    format!(
        "resource \"specimen_thing\" \"a\" {{\n  name = \"a\"\n  place = \"north\"\n  conduct {{\n{conduct}\n}}\n}}\n"
    )
}

#[test]
fn a_panic_while_creating_keeps_what_exists() {
    for client in clients() {
        let workspace = Workspace::new(client, &thing("create = \"panic_late\""));

        workspace.apply().fails_with("create panics late as told");

        let kept = workspace.instance("specimen_thing.a");
        assert_eq!(
            (kept["status"].as_str(), kept["attributes"]["id"].as_str()),
            (Some("tainted"), Some("things/a"))
        );
        workspace.destroy().succeeds();
        assert_eq!(workspace.objects(), Vec::<String>::new());
    }
}

#[test]
fn a_panic_of_any_other_verb_keeps_the_state() {
    for client in clients() {
        let workspace = Workspace::new(client, &thing(""));
        workspace.apply().succeeds();
        let calm = workspace.instance("specimen_thing.a")["attributes"]["id"].clone();

        for verb in ["plan", "update", "delete", "read"] {
            workspace.write(&thing(&format!("{verb} = \"panic\"")));
            let told = match verb {
                "plan" => workspace.apply(),
                // What a verb does is kept in the state, so it misbehaves from the next apply on.
                "update" => {
                    workspace.apply().succeeds();
                    workspace.write(
                        &thing("update = \"panic\"").replace("conduct", "size = 2\n  conduct"),
                    );
                    workspace.apply()
                }
                "delete" => {
                    workspace.apply().succeeds();
                    workspace.destroy()
                }
                _ => {
                    workspace.apply().succeeds();
                    workspace.run(&["plan", "-no-color"])
                }
            };

            told.fails_with(&format!("{verb} panics as told"));
            assert_eq!(
                workspace.instance("specimen_thing.a")["attributes"]["id"],
                calm,
                "{verb}"
            );
        }
    }
}

#[test]
fn an_interrupted_creation_is_finished_by_the_next_apply() {
    for client in clients() {
        let workspace = Workspace::new(client, &thing("create = \"hang\""));
        let running = workspace.start_apply();
        wait_until(|| workspace.journal().contains("put things/a"));

        running.interrupt();
        let interrupted = running.finish();

        let kept = workspace.instance("specimen_thing.a");
        assert!(
            interrupted.flat().contains("create was told to stop."),
            "{}",
            interrupted.text
        );
        assert_eq!(
            (&kept["status"], kept["attributes"]["id"].as_str()),
            (&serde_json::Value::Null, Some("things/a"))
        );
        let applied = workspace.apply().succeeds();
        assert!(
            applied.flat().contains("0 added, 1 changed, 0 destroyed"),
            "{}",
            applied.text
        );
        workspace.assert_no_changes();
    }
}

fn wait_until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "nothing happened for a minute"
        );
        park_timeout(Duration::from_millis(5));
    }
}
