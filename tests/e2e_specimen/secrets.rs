//! What is never stored: write-only attributes and ephemeral resources.

use serde_json::json;

use crate::{client::clients, workspace::Workspace};

const WRITE_ONLY: &str = r#"
resource "specimen_thing" "a" {
  name             = "a"
  place            = "north"
  password         = "hunter2"
  password_version = 1
}
"#;

/// Creating goes on until the token was renewed.
const TOKEN: &str = r#"
ephemeral "specimen_token" "a" {
  audience    = "me"
  renew_after = 1
}

resource "specimen_thing" "a" {
  name     = "a"
  place    = "north"
  password = ephemeral.specimen_token.a.token
  conduct {
    create = "await_renewal"
  }
}
"#;

#[test]
fn a_write_only_value_reaches_the_service_and_no_file() {
    for client in clients() {
        let workspace = Workspace::new(client, WRITE_ONLY);
        if !client.knows((1, 11), (1, 11)) {
            workspace
                .apply()
                .fails_with("Client does not know write-only attributes");
            continue;
        }

        let plan = workspace.plan_json();
        workspace.apply().succeeds();
        workspace.assert_no_changes();

        let thing = workspace.instance("specimen_thing.a");
        assert_eq!(thing["attributes"]["password_length"], 7);
        assert_eq!(thing["attributes"]["password"], json!(null));
        assert!(!workspace.state_text().contains("hunter2"));
        assert!(!plan["resource_changes"].to_string().contains("hunter2"));
    }
}

#[test]
fn an_ephemeral_resource_is_opened_renewed_and_closed_and_is_in_no_file() {
    for client in clients() {
        let workspace = Workspace::new(client, TOKEN);
        if !client.knows((1, 11), (1, 11)) {
            workspace.apply().fails_with("ephemeral");
            continue;
        }

        workspace.apply().succeeds();

        let journal = workspace.journal();
        let count = |word: &str| {
            journal
                .lines()
                .filter(|line| line.starts_with(word))
                .count()
        };
        assert!(count("renew token for me") >= 1, "{journal}");
        assert_eq!(
            count("open token for me"),
            count("close token for me"),
            "{journal}"
        );
        assert_eq!(
            workspace.instance("specimen_thing.a")["attributes"]["password_length"],
            12
        );
        assert!(!workspace.state_text().contains("token-for-me"));
    }
}

#[test]
fn a_sensitive_output_is_not_printed() {
    for client in clients() {
        let thing = "resource \"specimen_thing\" \"a\" {\n  name = \"a\"\n  place = \"north\"\n  word = \"sesame\"\n}\n";
        let workspace = Workspace::new(client, thing);

        let applied = workspace.apply().succeeds();
        let shown = workspace.run(&["show", "-no-color"]).succeeds();

        for text in [applied.text, shown.text] {
            assert!(
                !text.contains("sesame") && !text.contains("key of things"),
                "{text}"
            );
        }
    }
}
