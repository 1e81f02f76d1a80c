//! Resources in this very process, over the simulated Azure: what needs no Terraform to be proved.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what is missing"
)]
#![expect(
    clippy::print_stdout,
    reason = "a test says with which seed it can be run again"
)]

mod adopted_namespace;
mod another_cluster;
mod applier;
mod as_it_is;
mod binding;
mod binding_killed;
mod binding_moves;
mod binding_own;
mod binding_planned;
mod binding_refusals;
mod binding_trouble;
#[path = "../e2e/support/chance.rs"]
mod chance;
mod change;
mod clusters_own_binding;
mod condition;
mod conflict;
mod credentials;
mod default_deny_collides;
mod destroy_after;
mod drift;
mod earlier_states;
mod existing;
mod hostile;
mod imported;
mod input;
mod inside;
mod kubeconfig;
mod locked_out;
mod namespace;
mod namespace_loss;
mod namespace_update;
mod network;
mod network_policy;
mod ours;
mod owner_killed;
mod owner_stopped;
mod private_lost;
mod refusals;
mod replace;
mod roles_left;
mod settings;
mod settles;
mod support;
mod timeout;
mod told_at_plan;
mod unknown_cluster_id_replaces;
mod untrusted;
mod version;
mod workspace_takeover;
