//! The Python that has the clients, and programs run with it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// What a program came to.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) error: String,
}

impl Ran {
    /// Its output as JSON; fails the test unless it succeeded.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.error);
        serde_json::from_str(&self.output).unwrap_or_else(|_| panic!("no JSON: {}", self.output))
    }

    /// Fails the test unless it succeeded.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.error);
        self
    }
}

/// The interpreter; without it the test fails with the sentence that says how to get it.
pub(crate) fn interpreter() -> &'static Path {
    static INTERPRETER: OnceLock<PathBuf> = OnceLock::new();
    INTERPRETER.get_or_init(|| {
        let find = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/find");
        let found = Command::new(find).arg("--python").output().unwrap();
        assert!(
            found.status.success(),
            "{}",
            String::from_utf8_lossy(&found.stderr)
        );
        let path = String::from_utf8(found.stdout).unwrap();
        path.trim_end().into()
    })
}

/// Runs `module` or a script, named by its first argument, with nothing in its environment but this.
pub(crate) fn run(arguments: &[&str], environment: &BTreeMap<String, String>) -> Ran {
    let output = Command::new(interpreter())
        .args(arguments)
        .env_clear()
        .envs(environment)
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        output: String::from_utf8(output.stdout).unwrap(),
        error: String::from_utf8(output.stderr).unwrap(),
    }
}
