//! A client that is under way, to be interrupted as a terminal does it.

use std::{
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
};

use crate::workspace::Outcome;

/// The client, in a process group of its own with the plugins it starts.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn();
        Self(child.unwrap())
    }

    /// Ctrl-C: SIGINT to the whole process group.
    pub(crate) fn interrupt(&self) {
        let group = format!("-{}", self.0.id());
        let sent = Command::new("kill").args(["-INT", "--", &group]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end.
    pub(crate) fn finish(self) -> Outcome {
        Outcome::of(&self.0.wait_with_output().unwrap())
    }
}
