//! `kill -9`: of what, when, and of what the client was about to do; and what is run afterwards.

use std::{
    fmt::{self, Display},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use secureaks_simulator::Action;

use super::{Outcome, Running, Workspace};

/// What is done to the resources of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Create,
    Update,
    Delete,
}

/// What is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Plugin,
    Group,
}

/// When it is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Moment {
    /// Before the request arrives.
    Before,
    /// When it has taken effect, and its answer is on the way.
    After,
    /// When the provider has answered the client, which has not saved that.
    Unsaved,
}

impl Verb {
    pub(crate) const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// The client's command; `node_count` is a variable of the configuration.
    pub(crate) fn arguments(self) -> Vec<&'static str> {
        let (command, variable) = match self {
            Self::Create => ("apply", "-var=node_count=3"),
            Self::Update => ("apply", "-var=node_count=4"),
            Self::Delete => ("destroy", "-var=node_count=4"),
        };
        vec![
            command,
            "-auto-approve",
            "-input=false",
            "-no-color",
            variable,
        ]
    }

    /// A plan of the same configuration, which is to be empty afterwards.
    pub(crate) fn plan(self) -> Vec<&'static str> {
        let variable = self.arguments()[4];
        vec![
            "plan",
            "-detailed-exitcode",
            "-input=false",
            "-no-color",
            variable,
        ]
    }
}

impl Victim {
    pub(crate) fn kill(self, running: &Running) {
        match self {
            Self::Plugin => running.kill_plugins(),
            Self::Group => running.kill_group(),
        }
    }
}

impl Moment {
    /// What keeps an exchange waiting at this moment.
    pub(crate) fn hold(self) -> Action {
        match self {
            Self::Before => Action::HoldBefore,
            Self::After | Self::Unsaved => Action::HoldAfter,
        }
    }
}

/// The same command until it succeeds, twice at most.
#[track_caller]
pub(crate) fn run_again(workspace: &Workspace, verb: Verb, place: &str) -> Outcome {
    let first = workspace.run(&verb.arguments());
    if first.code == 0 {
        return first;
    }
    let second = workspace.run(&verb.arguments());
    assert_eq!(
        second.code, 0,
        "{place}: {} and again: {}",
        first.text, second.text
    );
    second
}

/// Lives all of `lives`, some at a time. What goes wrong in one is printed, and the rest goes on: whoever
/// counts those that came to their end sees which did not.
pub(crate) fn side_by_side<Life: Send>(lives: Vec<Life>, live: impl Fn(&Life) + Sync) {
    const AT_A_TIME: usize = 3;
    let queue = Mutex::new(lives.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("the queue").next();
                    let Some(one) = next else { break };
                    drop(catch_unwind(AssertUnwindSafe(|| live(&one))));
                }
            });
        }
    });
}

impl Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        })
    }
}

impl Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plugin => "plugin",
            Self::Group => "process group",
        })
    }
}

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before sending",
            Self::After => "after acceptance",
            Self::Unsaved => "before the state is saved",
        })
    }
}
