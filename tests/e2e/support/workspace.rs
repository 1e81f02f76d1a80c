//! A folder with a configuration, a client, and the environment of one simulated Azure.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secureaks_simulator::Simulator;
use serde_json::Value;
use tempfile::TempDir;

use super::{Client, Running, Standing};

/// The folder.
pub(crate) struct Workspace {
    folder: TempDir,
    client: Client,
    environment: BTreeMap<String, String>,
    /// Whether the client attaches to a provider that stands, instead of starting its own.
    attaches: bool,
    /// That provider, with the environment it was started in; it comes with the first command.
    standing: Mutex<Option<(BTreeMap<String, String>, Standing)>>,
}

/// Makes clients attach to providers that stand.
pub(crate) const ATTACH: &str = "SECUREAKS_ATTACH";

/// Says to a client which provider to attach to.
const INVITATION: &str = "TF_REATTACH_PROVIDERS";

/// What a command of the client's came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its exit code; -1 when it was killed.
    pub(crate) code: i32,
    /// All it printed, line by line as it came from each of its two outputs, without colours.
    pub(crate) text: String,
}

impl Outcome {
    /// The text, with its line breaks and frames taken out: diagnostics are wrapped at any word.
    pub(crate) fn flat(&self) -> String {
        let plain: String = self
            .text
            .chars()
            .map(|c| if "│╷╵\n".contains(c) { ' ' } else { c })
            .collect();
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Fails unless the command succeeded.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.text);
        self
    }

    /// Fails unless the command failed and printed each of `words`.
    #[track_caller]
    pub(crate) fn fails_with(self, words: &[&str]) -> Self {
        assert_ne!(self.code, 0, "succeeded: {}", self.text);
        let flat = self.flat();
        for word in words {
            assert!(flat.contains(word), "{word:?} is not in: {}", self.text);
        }
        self
    }
}

impl Workspace {
    /// An empty folder. With `SECUREAKS_ATTACH=1` the client attaches to a provider that stands.
    #[expect(
        clippy::disallowed_methods,
        reason = "how a story is told is the environment's to say"
    )]
    pub(crate) fn new(client: &Client, azure: &Simulator) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut environment = azure.environment();
        let overrides = Path::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"))
            .parent()
            .expect("a folder");
        let configuration = folder.path().join("client.tfrc");
        // A client that attaches must not find a provider to start instead.
        let attaches = std::env::var(ATTACH).is_ok_and(|value| value == "1");
        let text = if attaches {
            String::new()
        } else {
            format!(
                "provider_installation {{\n  dev_overrides {{ \"secureaks/secureaks\" = \"{}\" }}\n  direct {{}}\n}}\n",
                overrides.display()
            )
        };
        fs::write(&configuration, text).expect("written");
        environment.insert(
            "TF_CLI_CONFIG_FILE".to_owned(),
            configuration.display().to_string(),
        );
        environment.insert("CHECKPOINT_DISABLE".to_owned(), "1".to_owned());
        Self {
            folder,
            client: client.clone(),
            environment,
            attaches,
            standing: Mutex::new(None),
        }
    }

    /// A folder with one cluster and nothing in it.
    pub(crate) fn of_cluster(client: &Client, azure: &Simulator) -> Self {
        Self::of_folder(client, azure, "tests/e2e/cluster")
    }

    /// A folder with one of the repository's examples.
    pub(crate) fn of_example(client: &Client, azure: &Simulator, example: &str) -> Self {
        Self::of_folder(client, azure, &format!("examples/{example}"))
    }

    fn of_folder(client: &Client, azure: &Simulator, folder: &str) -> Self {
        let workspace = Self::new(client, azure);
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for entry in fs::read_dir(source).expect("the example") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                fs::copy(
                    &path,
                    workspace.path(path.file_name().expect("a name").to_str().expect("text")),
                )
                .expect("copied");
            }
        }
        workspace
    }

    /// Lets the client install the provider from a mirror, for `init`, which knows nothing of development overrides.
    pub(crate) fn install_provider(&mut self) {
        let version = env!("CARGO_PKG_VERSION");
        let platform = format!(
            "{}_{}",
            std::env::consts::OS,
            match std::env::consts::ARCH {
                "x86_64" => "amd64",
                "aarch64" => "arm64",
                other => other,
            }
        );
        for host in ["registry.terraform.io", "registry.opentofu.org"] {
            let place = self.path(&format!(
                "mirror/{host}/secureaks/secureaks/{version}/{platform}"
            ));
            fs::create_dir_all(&place).expect("a folder");
            let binary = place.join(format!("terraform-provider-secureaks_v{version}"));
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_terraform-provider-secureaks"), binary)
                .expect("linked");
        }
        let text = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            self.path("mirror").display()
        );
        self.write("client.tfrc", &text);
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the folder.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Sets a variable of the environment.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes over the environment of another principal, or of another way to sign in.
    pub(crate) fn act_as(&mut self, environment: BTreeMap<String, String>) -> &mut Self {
        self.environment.retain(|name, _| !name.starts_with("ARM_"));
        self.environment.extend(environment);
        self
    }

    /// Runs the client to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self
            .command(arguments)
            .stdin(Stdio::null())
            .output()
            .expect("the client runs");
        let text = [output.stdout, output.stderr].concat();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// Starts the client in a process group of its own.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::start(self.command(arguments))
    }

    /// `apply`, without a question.
    pub(crate) fn apply(&self) -> Outcome {
        self.run(&["apply", "-auto-approve", "-input=false", "-no-color"])
    }

    /// `destroy`, without a question.
    pub(crate) fn destroy(&self) -> Outcome {
        self.run(&["destroy", "-auto-approve", "-input=false", "-no-color"])
    }

    /// `plan`; its code is 0 for no changes, 2 for changes, 1 for an error.
    pub(crate) fn plan(&self) -> Outcome {
        self.run(&["plan", "-detailed-exitcode", "-input=false", "-no-color"])
    }

    /// Fails unless plans with and without a refresh are empty, outputs included.
    #[track_caller]
    pub(crate) fn assert_no_changes(&self) {
        for refresh in ["-refresh=true", "-refresh=false"] {
            let plan = self.run(&[
                "plan",
                "-detailed-exitcode",
                "-input=false",
                "-no-color",
                refresh,
            ]);
            assert_eq!(
                plan.code, 0,
                "{} {} {refresh}: {}",
                self.client.name, self.client.version, plan.text
            );
        }
    }

    /// The plan as JSON.
    pub(crate) fn plan_json(&self) -> Value {
        self.run(&["plan", "-input=false", "-no-color", "-out=plan.bin"])
            .succeeds();
        let shown = self
            .command(&["show", "-json", "plan.bin"])
            .output()
            .expect("the client runs");
        serde_json::from_slice(&shown.stdout).expect("JSON")
    }

    /// The state as it is on disk; null when there is none.
    pub(crate) fn state(&self) -> Value {
        let text = fs::read_to_string(self.path("terraform.tfstate")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// The attributes of the one cluster in the state; null when there is none.
    pub(crate) fn cluster(&self) -> Value {
        self.state()["resources"][0]["instances"][0]["attributes"].clone()
    }

    /// Whether the one cluster in the state is tainted.
    pub(crate) fn is_tainted(&self) -> bool {
        self.state()["resources"][0]["instances"][0]["status"] == "tainted"
    }

    /// What the provider keeps beside the state of the one cluster; null when there is none.
    pub(crate) fn private(&self) -> Value {
        let state = self.state();
        let text = state["resources"][0]["instances"][0]["private"]
            .as_str()
            .unwrap_or_default();
        let bytes = STANDARD.decode(text).expect("base64");
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a story runs the client that is at hand"
    )]
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.client.path);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment);
        for name in ["PATH", "HOME", "TMPDIR"] {
            if let Ok(value) = std::env::var(name)
                && !self.environment.contains_key(name)
            {
                command.env(name, value);
            }
        }
        if self.attaches && !self.environment.contains_key(INVITATION) {
            command.env(INVITATION, self.invitation());
        }
        command
    }

    /// The invitation of a provider that stands in the environment of this moment.
    fn invitation(&self) -> String {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, provider) = match standing.take() {
            Some(same) if same.0 == self.environment => standing.insert(same),
            _ => {
                let provider = Standing::start(&self.environment, self.folder.path());
                standing.insert((self.environment.clone(), provider))
            }
        };
        provider.invitation.clone()
    }
}
