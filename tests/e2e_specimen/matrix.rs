//! Which stories of the protocol are lived under every client of the matrix.

use crate::client::matrix::{Story, live};

const STORIES: [Story; 9] = [
    Story {
        name: "every value and nesting",
        tests: &["life::everything_is_created_planned_changed_and_destroyed"],
        since: None,
    },
    Story {
        name: "functions",
        tests: &[
            "life::functions_answer_where_the_client_knows_of_them",
            "life::a_function_that_refuses_its_argument_is_an_error",
        ],
        since: Some(((1, 8), (1, 7))),
    },
    Story {
        name: "a replacement that is refused and then allowed",
        tests: &["life::a_replacement_is_refused_and_then_allowed"],
        since: None,
    },
    Story {
        name: "write-only attributes",
        tests: &["secrets::a_write_only_value_reaches_the_service_and_no_file"],
        since: Some(((1, 11), (1, 11))),
    },
    Story {
        name: "ephemeral values for write-only attributes",
        tests: &["secrets::an_ephemeral_resource_is_opened_renewed_and_closed_and_is_in_no_file"],
        since: Some(((1, 11), (1, 11))),
    },
    Story {
        name: "import by id",
        tests: &["takeover::an_import_leads_to_an_empty_plan"],
        since: None,
    },
    Story {
        name: "import by identity",
        tests: &["takeover::an_import_block_takes_an_identity"],
        since: Some(((1, 12), (1, 12))),
    },
    Story {
        name: "move from another type",
        tests: &["takeover::a_relic_becomes_a_thing"],
        since: Some(((1, 8), (1, 10))),
    },
    Story {
        name: "move of state versions",
        tests: &["takeover::a_state_of_an_older_version_is_understood"],
        since: None,
    },
];

#[test]
fn every_client_lives_every_story_of_the_protocol() {
    live("protocol", "Clients of the protocol", &STORIES, &[]);
}
