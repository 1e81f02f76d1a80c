//! A program that runs beside the simulator, and never longer than it.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

/// Ends the process it is told of as soon as its standard input closes without a word, as it does
/// when the simulator is killed.
const GUARD: &str = "read -r word || kill -KILL \"$1\" 2>/dev/null";

/// A program under way.
pub(super) struct Process {
    program: Child,
    guard: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program whose output goes to a file.
    pub(super) fn start(program: &Path, arguments: &[String], log: PathBuf) -> io::Result<Self> {
        let output = File::create(&log)?;
        let program = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()?;
        let id = program.id().map(|id| id.to_string()).unwrap_or_default();
        let guard = Command::new("sh")
            .args(["-c", GUARD, "guard", &id])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            program,
            guard,
            log,
        })
    }

    /// Whether it has come to its end by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.program.try_wait(), Ok(None))
    }

    /// What it has printed so far.
    pub(super) fn output(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Ends it, and returns when it is gone. Neither etcd nor an API server has anything to lose:
    /// what was answered is written.
    pub(super) async fn stop(mut self) {
        // An error means that it has gone before.
        let _ = self.program.kill().await;
        if let Some(mut input) = self.guard.stdin.take() {
            let _ = input.write_all(b"gone\n").await;
        }
        let _ = self.guard.wait().await;
    }
}
