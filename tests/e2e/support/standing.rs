//! Starts and ends a provider that clients attach to.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

/// The provider.
pub(crate) struct Standing {
    process: Child,
    /// Where its socket is: a folder of its own, not among the files of a workspace.
    _sockets: TempDir,
    /// What it says to put into `TF_REATTACH_PROVIDERS`.
    pub(crate) invitation: String,
}

impl Standing {
    /// Starts it in a folder, where a client would.
    pub(crate) fn start(environment: &BTreeMap<String, String>, folder: &Path) -> Self {
        let sockets = tempfile::tempdir().expect("a folder");
        let mut process = Command::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"))
            .arg("--debug")
            .env_clear()
            .envs(environment)
            .env("TMPDIR", sockets.path())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the provider starts");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let invitation = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let value = line.trim().strip_prefix("TF_REATTACH_PROVIDERS=")?;
                Some(value.trim_matches('\'').to_owned())
            })
            .expect("an invitation");
        Self {
            process,
            _sockets: sockets,
            invitation,
        }
    }

    /// Tells it to end; its exit code.
    pub(crate) fn end(mut self) -> Option<i32> {
        let process = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.expect("kill runs").success());
        self.process.wait().expect("it ends").code()
    }
}

impl Drop for Standing {
    /// A story that fails leaves nothing running.
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
