//! A client that is under way, and the plugins it started: to be interrupted and killed.

use std::{
    fs,
    io::Read as _,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    thread::JoinHandle,
};

use super::Outcome;

/// The client.
pub(crate) struct Running {
    child: Child,
    output: Vec<JoinHandle<String>>,
}

impl Running {
    pub(super) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().expect("the client starts");
        let (mut out, mut err) = (
            child.stdout.take().expect("piped"),
            child.stderr.take().expect("piped"),
        );
        let read_out = std::thread::spawn(move || {
            let mut text = Vec::new();
            drop(out.read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        });
        let read_err = std::thread::spawn(move || {
            let mut text = Vec::new();
            drop(err.read_to_end(&mut text));
            String::from_utf8_lossy(&text).into_owned()
        });
        Self {
            child,
            output: vec![read_out, read_err],
        }
    }

    /// Ctrl-C: SIGINT to the whole process group, as a terminal sends it.
    pub(crate) fn interrupt(&self) {
        signal("-INT", &format!("-{}", self.child.id()));
    }

    /// `kill -9` of the client and its plugins at once.
    pub(crate) fn kill_group(&self) {
        signal("-KILL", &format!("-{}", self.child.id()));
    }

    /// `kill -9` of the plugins alone.
    pub(crate) fn kill_plugins(&self) {
        for plugin in self.plugins() {
            signal("-KILL", &plugin.to_string());
        }
    }

    /// The plugins that run.
    pub(crate) fn plugins(&self) -> Vec<u32> {
        let parent = self.child.id();
        let processes = fs::read_dir("/proc")
            .expect("/proc")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        processes
            .filter(|process| parent_of(*process) == Some(parent))
            .collect()
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Outcome {
        let status = self.child.wait().expect("the client ends");
        let text = self
            .output
            .into_iter()
            .map(|thread| thread.join().expect("read"))
            .collect::<Vec<_>>()
            .concat();
        Outcome {
            code: status.code().unwrap_or(-1),
            text,
        }
    }
}

fn signal(signal: &str, process: &str) {
    // It may have ended by itself; then there is nothing to signal.
    drop(
        Command::new("kill")
            .args([signal, "--", process])
            .stderr(Stdio::null())
            .status(),
    );
}

fn parent_of(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the parent is the second field after it.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(1)?
        .parse()
        .ok()
}
