//! Objects that exist: import by id and by identity, and a move from another type.

use serde_json::json;

use crate::{client::clients, workspace::Workspace};

const THING: &str = r#"
resource "specimen_thing" "a" {
  name  = "a"
  place = "north"
}
"#;

#[test]
fn an_import_leads_to_an_empty_plan() {
    for client in clients() {
        let workspace = Workspace::new(client, THING);
        workspace.apply().succeeds();
        workspace.lose_state();

        workspace
            .run(&["import", "-no-color", "specimen_thing.a", "things/a"])
            .succeeds();

        workspace.assert_no_changes();
    }
}

#[test]
fn an_import_block_takes_an_identity() {
    let import = "import {\n  to = specimen_thing.a\n  identity = { name = \"a\" }\n}\n";
    for client in clients() {
        let workspace = Workspace::new(client, THING);
        workspace.apply().succeeds();
        workspace.lose_state();
        workspace.write(&format!("{THING}{import}"));
        if !client.knows((1, 12), (1, 12)) {
            workspace.apply().fails_with("identity");
            continue;
        }

        let applied = workspace.apply().succeeds();

        assert!(
            applied
                .flat()
                .contains("1 imported, 0 added, 0 changed, 0 destroyed"),
            "{}",
            applied.text
        );
        assert_eq!(
            workspace.instance("specimen_thing.a")["identity"],
            json!({"name": "a"})
        );
        workspace.assert_no_changes();
    }
}

#[test]
fn a_relic_becomes_a_thing() {
    let relic = "resource \"specimen_relic\" \"a\" {\n  name = \"a\"\n}\n";
    let moved = "moved {\n  from = specimen_relic.a\n  to   = specimen_thing.a\n}\n";
    let thing = THING.replace("\"north\"", "\"north\"\n  make = \"first\"");
    for client in clients() {
        let workspace = Workspace::new(client, relic);
        workspace.apply().succeeds();

        workspace.write(&format!("{thing}{moved}"));
        if !client.knows((1, 8), (1, 10)) {
            workspace.apply().fails_with("move");
            continue;
        }
        let applied = workspace.apply().succeeds();

        assert!(
            applied.flat().contains("0 added, 0 changed, 0 destroyed"),
            "{}",
            applied.text
        );
        assert_eq!(
            workspace.instance("specimen_thing.a")["attributes"]["id"],
            "things/a"
        );
        workspace.assert_no_changes();
    }
}

/// Version 0 of a thing had a title where there is a name now.
#[test]
fn a_state_of_an_older_version_is_understood() {
    for client in clients() {
        let workspace = Workspace::new(client, THING);
        workspace.apply().succeeds();
        workspace.change_state(|state| {
            let instance = &mut state["resources"][0]["instances"][0];
            let attributes = instance["attributes"].as_object_mut().unwrap();
            let name = attributes.remove("name").unwrap();
            attributes.insert("title".to_owned(), name);
            instance["schema_version"] = json!(0);
        });

        workspace.assert_no_changes();
        workspace.write(&THING.replace("\"north\"", "\"north\"\n  size  = 2"));
        workspace.apply().succeeds();

        let thing = workspace.instance("specimen_thing.a");
        assert_eq!(
            (&thing["attributes"]["name"], &thing["attributes"]["title"]),
            (&json!("a"), &json!(null))
        );
        assert_ne!(thing["schema_version"], 0);
    }
}

#[test]
fn an_object_that_is_gone_is_created_again() {
    for client in clients() {
        let workspace = Workspace::new(client, THING);
        workspace.apply().succeeds();
        workspace.remove_object("things-a.json");

        let applied = workspace.apply().succeeds();

        assert!(
            applied.flat().contains("1 added, 0 changed, 0 destroyed"),
            "{}",
            applied.text
        );
    }
}
