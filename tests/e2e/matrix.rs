//! Which stories are lived under every client of the matrix. The others are about what no client has a say in, and
//! need not be told a dozen times.

use crate::support::{
    ATTACH,
    matrix::{Story, live},
};

/// Those that both a client that starts the provider and one that attaches to it live.
const STORIES: [Story; 12] = [
    Story {
        name: "create, update, destroy",
        tests: &["lifecycle::a_cluster_lives_its_whole_life"],
        since: None,
    },
    Story {
        name: "drift",
        tests: &[
            "drift::a_cluster_that_was_deleted_is_planned_anew",
            "drift::a_pool_that_others_made_stays_as_it_is",
        ],
        since: None,
    },
    REPLACE,
    Story {
        name: "import by id",
        tests: &[
            "import::a_cluster_is_imported_by_id_and_nothing_is_to_be_changed",
            "import::an_import_plans_nothing_but_itself",
        ],
        since: None,
    },
    Story {
        name: "import by identity",
        tests: &["import::a_cluster_is_imported_by_identity_where_the_client_knows_of_it"],
        since: Some(((1, 12), (1, 12))),
    },
    Story {
        name: "failed apply",
        tests: &[
            "failures::a_failed_create_stays_in_the_state_and_the_next_apply_goes_on_with_it",
            "failures::a_failed_update_keeps_the_old_state_and_the_next_apply_tries_again",
            "failures::a_failed_deletion_keeps_the_cluster_and_the_next_destroy_succeeds",
        ],
        since: None,
    },
    Story {
        name: "interrupted apply",
        tests: &[
            "interrupted::an_interrupted_create_is_finished_by_the_next_apply",
            "interrupted::a_create_that_azure_is_just_accepting_is_not_lost",
            "interrupted::an_interrupt_before_anything_is_asked_for_leaves_nothing",
            "interrupted::an_interrupted_update_is_finished_by_the_next_apply",
            "interrupted::an_interrupted_destroy_is_finished_by_the_next_one",
        ],
        since: None,
    },
    QUICKSTART,
    SLIDES,
    ACCESS,
    CREDENTIALS,
    Story {
        name: "typo in a block",
        tests: &["nested_typo::nested_typo", "wrong_line::wrong_line"],
        since: None,
    },
];

/// Installs the provider where a client looks for it by itself, so that none attaches to one.
const INSTALLED: Story = Story {
    name: "install, module, backend",
    tests: &["installed::what_is_installed_works_with_init_modules_and_a_backend"],
    since: None,
};

/// Attaches by itself, and shows that the client could not have started a provider of its own.
const STANDING: Story = Story {
    name: "attached to a standing provider",
    tests: &["reattached::a_cluster_lives_its_whole_life_in_a_provider_that_stands"],
    since: None,
};

const REPLACE: Story = Story {
    name: "replace",
    tests: &["replaced::a_replaced_cluster_gets_everything_inside_anew"],
    since: None,
};

const QUICKSTART: Story = Story {
    name: "quickstart",
    tests: &["quickstart::one_apply_makes_a_cluster_and_who_may_work_in_it"],
    since: None,
};

const SLIDES: Story = Story {
    name: "slides",
    tests: &["slides::the_slides_flow_binds_people_and_closes_a_namespace"],
    since: None,
};

const ACCESS: Story = Story {
    name: "access given and taken",
    tests: &["access::what_a_binding_gives_is_gone_with_it"],
    since: None,
};

const CREDENTIALS: Story = Story {
    name: "ephemeral credentials",
    tests: &[
        "credentials::a_token_reaches_another_program_in_the_apply_that_creates_the_cluster_and_stays_nowhere",
    ],
    since: Some(((1, 10), (1, 11))),
};

/// Who may read inside of the cluster, and who may not: the API server and Azure decide it together.
const READERS: Story = Story {
    name: "readers",
    tests: &[
        "reader_inside::who_may_read_inside_refreshes_and_plans_everything",
        "reader_inside::a_plain_reader_plans_the_cluster_and_keeps_what_is_inside",
    ],
    since: None,
};

#[test]
fn every_client_lives_every_story() {
    let stories: Vec<Story> = STORIES.into_iter().chain([INSTALLED, STANDING]).collect();

    live("clients", "Clients of the provider", &stories, &[]);
}

#[test]
fn attached_clients_live_every_story() {
    live(
        "attached",
        "Clients of the provider, attached to one that stands",
        &STORIES,
        &[(ATTACH, "1")],
    );
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "where the programs of an API server are is the environment's to say"
)]
fn stories_inside_work_with_a_real_api_server() {
    let programs = std::env::var("SECUREAKS_KUBE_APISERVER").unwrap_or_default();
    assert!(
        !programs.is_empty(),
        "SECUREAKS_KUBE_APISERVER names no folder with kube-apiserver and etcd: set it to what \
         `tests/tools/kubernetes/assets` prints, which builds them where they are missing"
    );

    live(
        "api-server",
        "Clients of the provider, with a real API server in each cluster",
        &[QUICKSTART, SLIDES, ACCESS, REPLACE, READERS, CREDENTIALS],
        &[],
    );
}
