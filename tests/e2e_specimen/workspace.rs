//! A folder with a configuration for the specimen provider, and a client.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::{client::Client, running::Running};

/// The folder.
pub(crate) struct Workspace {
    folder: TempDir,
    client: Client,
}

/// What a command of the client's came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its exit code; -1 when it was killed.
    pub(crate) code: i32,
    /// All it printed.
    pub(crate) text: String,
}

impl Outcome {
    /// What a process came to that has ended.
    pub(crate) fn of(output: &Output) -> Self {
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        Self {
            code: output.status.code().unwrap_or(-1),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    }

    /// The text in one line and without frames: diagnostics are wrapped at any word.
    pub(crate) fn flat(&self) -> String {
        let plain = self.text.replace(['│', '╷', '╵'], " ");
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Fails the test unless the command succeeded.
    #[track_caller]
    pub(crate) fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.text);
        self
    }

    /// Fails the test unless the command failed and said so in these words.
    #[track_caller]
    pub(crate) fn fails_with(self, words: &str) -> Self {
        assert!(
            self.code > 0 && self.flat().contains(words),
            "{words:?} is not what it says: {}",
            self.text
        );
        self
    }
}

impl Workspace {
    /// A folder with this configuration, and an empty directory for the objects.
    pub(crate) fn new(client: &Client, configuration: &str) -> Self {
        let workspace = Self {
            folder: tempfile::tempdir().unwrap(),
            client: client.clone(),
        };
        fs::create_dir(workspace.folder.path().join("objects")).unwrap();
        let examples = Path::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"))
            .parent()
            .unwrap()
            .join("examples");
        let specimen = examples.join("terraform-provider-specimen");
        assert!(specimen.exists(), "run `cargo build --examples` first");
        workspace.put(
            "client.tfrc",
            &format!("provider_installation {{\n  dev_overrides {{ \"secureaks/specimen\" = \"{}\" }}\n  direct {{}}\n}}\n", examples.display()),
        );
        workspace.write(configuration);
        workspace
    }

    /// Writes the configuration anew.
    pub(crate) fn write(&self, configuration: &str) {
        let head = "terraform {\n  required_providers {\n    specimen = { source = \"secureaks/specimen\" }\n  }\n}\n\nprovider \"specimen\" {\n  directory = \"${path.module}/objects\"\n}\n\n";
        self.put("main.tf", &format!("{head}{configuration}"));
    }

    /// Runs the client to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.command(arguments);
        Outcome::of(&command.stdin(Stdio::null()).output().unwrap())
    }

    /// `apply`, without a question.
    pub(crate) fn apply(&self) -> Outcome {
        self.run(&["apply", "-auto-approve", "-input=false", "-no-color"])
    }

    /// Starts `apply` in a process group of its own.
    pub(crate) fn start_apply(&self) -> Running {
        Running::start(self.command(&["apply", "-auto-approve", "-input=false", "-no-color"]))
    }

    /// `destroy`, without a question.
    pub(crate) fn destroy(&self) -> Outcome {
        self.run(&["destroy", "-auto-approve", "-input=false", "-no-color"])
    }

    /// Fails the test unless plans with and without a refresh are empty, outputs included.
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
            assert_eq!(plan.code, 0, "{:?} {refresh}: {}", self.client, plan.text);
        }
    }

    /// The plan as JSON.
    pub(crate) fn plan_json(&self) -> Json {
        self.run(&["plan", "-input=false", "-no-color", "-out=plan.bin"])
            .succeeds();
        let shown = self
            .command(&["show", "-json", "plan.bin"])
            .output()
            .unwrap();
        serde_json::from_slice(&shown.stdout).unwrap()
    }

    /// The outputs.
    pub(crate) fn outputs(&self) -> Json {
        let shown = self.command(&["output", "-json"]).output().unwrap();
        let outputs: Json = serde_json::from_slice(&shown.stdout).unwrap();
        let pairs = outputs.as_object().unwrap().iter();
        pairs
            .map(|(name, output)| (name.clone(), output["value"].clone()))
            .collect()
    }

    /// The state's text.
    pub(crate) fn state_text(&self) -> String {
        fs::read_to_string(self.folder.path().join("terraform.tfstate")).unwrap_or_default()
    }

    /// The one instance of a resource in the state; null when it is not there.
    pub(crate) fn instance(&self, address: &str) -> Json {
        let state: Json = serde_json::from_str(&self.state_text()).unwrap_or_default();
        let resources = state["resources"].as_array().cloned().unwrap_or_default();
        let named = |resource: &Json| {
            format!(
                "{}.{}",
                resource["type"].as_str().unwrap(),
                resource["name"].as_str().unwrap()
            ) == address
        };
        let found = resources.into_iter().find(named).unwrap_or_default();
        found["instances"][0].clone()
    }

    /// Changes what the client knows.
    pub(crate) fn change_state(&self, change: impl FnOnce(&mut Json)) {
        let mut state: Json = serde_json::from_str(&self.state_text()).unwrap();
        change(&mut state);
        self.put("terraform.tfstate", &state.to_string());
    }

    /// Forgets everything the client knows.
    pub(crate) fn lose_state(&self) {
        fs::remove_file(self.folder.path().join("terraform.tfstate")).unwrap();
    }

    /// What the service was asked to do so far.
    pub(crate) fn journal(&self) -> String {
        fs::read_to_string(self.folder.path().join("objects/journal")).unwrap_or_default()
    }

    /// The objects the service has.
    pub(crate) fn objects(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path().join("objects")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut objects: Vec<String> = names.filter(|name| name != "journal").collect();
        objects.sort();
        objects
    }

    /// Removes an object behind the client's back.
    pub(crate) fn remove_object(&self, file: &str) {
        fs::remove_file(self.folder.path().join("objects").join(file)).unwrap();
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.client.path);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("client.tfrc"))
            .env("CHECKPOINT_DISABLE", "1");
        command
    }
}
