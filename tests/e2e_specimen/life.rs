//! Every nesting and value, from creation to destruction, and functions.

use serde_json::json;

use crate::{client::clients, workspace::Workspace};

const EVERYTHING: &str = r#"
resource "specimen_thing" "a" {
  name   = "a"
  place  = "No rth"
  zones  = ["2", "1"]
  layers {
    material = "oak"
  }
  layers {
    material  = "elm"
    thickness = 5
  }
  labels = { owner = "me" }

  timeouts {
    create = "1h"
  }
}

resource "specimen_nest" "a" {
  name    = "a"
  any     = { list = [1, "two", true], big = 123456789012345678901234567890.5 }
  number  = 123456789012345678901234567890.5
  numbers = [1, 2.5, 123456789012345678901234567890]
  rows    = [["a"], [], [specimen_thing.a.id]]
  single  = { text = specimen_thing.a.id }
  list    = [{ text = "l" }, { text = "m", weight = 5, colours = ["red", specimen_thing.a.id] }]
  set     = [{ text = "s" }, { text = specimen_thing.a.id }]
  map     = { m = { text = specimen_thing.a.id } }

  single_block {
    text = "s"
    leaf { text = "x" }
  }

  group_block { text = "g" }

  list_block { text = "b" }

  dynamic "list_block" {
    for_each = [specimen_thing.a.id]
    content {
      text = "c"
      leaf { text = list_block.value }
    }
  }

  set_block { text = specimen_thing.a.id }

  set_block {
    text   = "z"
    weight = 3
  }

  map_block "k" { text = "m" }
}

data "specimen_lookup" "a" {
  name = specimen_thing.a.name
}

output "echo" { value = specimen_nest.a.echo.list }
output "leaves" { value = { for count in specimen_nest.a.leaves : count.place => count.number } }
output "looked_up" { value = data.specimen_lookup.a.revision }
"#;

const FUNCTIONS: &str = r#"
output "joined" { value = provider::specimen::join("-", "a", "b", "c") }
output "joined_alone" { value = provider::specimen::join("-") }
output "otherwise" { value = provider::specimen::or_else(null, "b") }
output "half" { value = provider::specimen::half(4) }
output "described" { value = provider::specimen::describe({ a = 1 }) }
"#;

/// What a client says that takes the name of a function for the end of a value.
const NO_FUNCTIONS: &str = "A single-line block definition must end with a closing brace";

#[test]
fn everything_is_created_planned_changed_and_destroyed() {
    for client in clients() {
        let workspace = Workspace::new(client, EVERYTHING);

        workspace.apply().succeeds();
        workspace.assert_no_changes();
        assert_eq!(
            workspace.outputs(),
            json!({
                "echo": [1, "two", true],
                "leaves": {"list": 2, "set": 2, "map": 1, "list_block": 2, "set_block": 2, "map_block": 1},
                "looked_up": 1,
            })
        );

        workspace.write(
            &EVERYTHING
                .replace("weight = 5", "weight = 6")
                .replace("No rth", "NORTH"),
        );
        let applied = workspace.apply().succeeds();
        assert!(
            applied.flat().contains("0 added, 1 changed, 0 destroyed"),
            "{}",
            applied.text
        );
        workspace.assert_no_changes();

        workspace.destroy().succeeds();
        assert_eq!(workspace.objects(), Vec::<String>::new());
    }
}

#[test]
fn functions_answer_where_the_client_knows_of_them() {
    for client in clients() {
        let workspace = Workspace::new(client, FUNCTIONS);
        if !client.knows((1, 8), (1, 7)) {
            workspace.apply().fails_with(NO_FUNCTIONS);
            continue;
        }

        workspace.apply().succeeds();

        workspace.assert_no_changes();
        assert_eq!(
            workspace.outputs(),
            json!({
                "joined": "a-b-c",
                "joined_alone": "",
                "otherwise": "b",
                "half": 2,
                "described": "an object",
            })
        );
    }
}

#[test]
fn a_function_that_refuses_its_argument_is_an_error() {
    for client in clients() {
        let workspace = Workspace::new(
            client,
            "output \"half\" { value = provider::specimen::half(3) }\n",
        );
        if !client.knows((1, 8), (1, 7)) {
            workspace.apply().fails_with(NO_FUNCTIONS);
            continue;
        }

        workspace
            .apply()
            .fails_with("The number is not even; expected an even one.");
    }
}

#[test]
fn a_deprecated_attribute_is_a_warning() {
    for client in clients() {
        let thing = "resource \"specimen_thing\" \"a\" {\n  name = \"a\"\n  place = \"north\"\n  remark = \"old\"\n}\n";
        let workspace = Workspace::new(client, thing);

        let validated = workspace.run(&["validate", "-no-color"]).succeeds();

        assert!(
            validated.flat().contains("use `labels` instead"),
            "{}",
            validated.text
        );
    }
}

#[test]
fn a_replacement_is_refused_and_then_allowed() {
    for client in clients() {
        let thing = |more: &str| {
            format!("resource \"specimen_thing\" \"a\" {{\n  name = \"a\"\n{more}\n}}\n")
        };
        let workspace = Workspace::new(client, &thing("  place = \"north\""));
        workspace.apply().succeeds();

        workspace.write(&thing("  place = \"south\""));
        workspace
            .apply()
            .fails_with("`place` changes from \"north\" to \"south\": a thing cannot be moved.");
        workspace.write(&thing("  place = \"south\"\n  allow_replacement = true"));
        let applied = workspace.apply().succeeds();

        assert!(
            applied.flat().contains("1 added, 0 changed, 1 destroyed"),
            "{}",
            applied.text
        );
        workspace.assert_no_changes();
    }
}
