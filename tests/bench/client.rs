//! The client's commands, in folders with a configuration of one plugin or the other.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use secureaks_simulator::Simulator;
use tempfile::TempDir;

use crate::Outcome;

/// A plugin to measure.
pub(crate) struct Program {
    /// What it is called in the table.
    pub(crate) title: String,
    /// Its executable.
    pub(crate) executable: PathBuf,
    /// The method that answers its schema.
    pub(crate) schema: &'static str,
    address: &'static str,
    resource: &'static str,
}

impl Program {
    /// The provider of this repository.
    pub(crate) fn secureaks(executable: &Path) -> Self {
        Self {
            title: "secureaks".to_owned(),
            executable: executable.to_owned(),
            schema: "/tfplugin6.Provider/GetProviderSchema",
            address: "secureaks/secureaks",
            resource: r#"resource "secureaks_cluster" "main" {
  count               = COUNT
  name                = "aks-${count.index}"
  resource_group_name = "rg-demo"
  location            = "westeurope"
  entra {
    admin_group_object_ids = ["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"]
  }
  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }
  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
  }
}"#,
        }
    }

    /// The one it is measured beside: it asks nobody, and keeps times.
    pub(crate) fn time(executable: &Path) -> Self {
        let folder = executable
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default()
            .to_string_lossy();
        Self {
            title: folder
                .trim_start_matches("terraform-provider-")
                .replace('-', " "),
            executable: executable.to_owned(),
            schema: "/tfplugin5.Provider/GetSchema",
            address: "hashicorp/time",
            resource: "resource \"time_static\" \"main\" {\n  count = COUNT\n}",
        }
    }

    fn name(&self) -> &str {
        self.address.rsplit('/').next().unwrap_or_default()
    }

    fn configuration(&self, count: usize) -> String {
        let (name, address) = (self.name(), self.address);
        let resource = self.resource.replace("COUNT", &count.to_string());
        format!(
            "terraform {{\n  required_providers {{\n    {name} = {{ source = \"{address}\" }}\n  }}\n}}\n\n{resource}\n"
        )
    }
}

/// A folder with a configuration.
pub(crate) struct Workspace {
    folder: TempDir,
    client: PathBuf,
    environment: BTreeMap<String, String>,
    log: PathBuf,
}

impl Workspace {
    /// A folder with one resource.
    pub(crate) fn of_one(client: &Path, program: &Program, azure: &Simulator) -> Outcome<Self> {
        Self::of_many(client, program, azure, 1)
    }

    /// A folder with `count` resources.
    pub(crate) fn of_many(
        client: &Path,
        program: &Program,
        azure: &Simulator,
        count: usize,
    ) -> Outcome<Self> {
        Self::of(client, program, azure, &program.configuration(count))
    }

    /// A folder with a configuration.
    pub(crate) fn of(
        client: &Path,
        program: &Program,
        azure: &Simulator,
        configuration: &str,
    ) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("main.tf"), configuration)?;
        let mut environment = azure.environment();
        for name in ["PATH", "HOME", "TMPDIR"] {
            #[expect(
                clippy::disallowed_methods,
                reason = "what every program is started with"
            )]
            if let Ok(value) = std::env::var(name) {
                environment.insert(name.to_owned(), value);
            }
        }
        environment.insert("CHECKPOINT_DISABLE".to_owned(), "1".to_owned());
        let log = folder.path().join("processor.log");
        let plain = program
            .executable
            .parent()
            .ok_or("the plugin is in no folder")?;
        let measured = folder.path().join("measured");
        write_measured(&measured, program, &log)?;
        for (name, plugins) in [("plain", plain), ("measured", measured.as_path())] {
            let text = format!(
                "provider_installation {{\n  dev_overrides {{\n    {:?} = \"{}\"\n  }}\n  direct {{}}\n}}\n",
                program.address,
                plugins.display()
            );
            fs::write(folder.path().join(format!("{name}.tfrc")), text)?;
        }
        Ok(Self {
            folder,
            client: client.to_owned(),
            environment,
            log,
        })
    }

    /// Runs a command, and says how long it took.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome<Duration> {
        self.run_with("plain.tfrc", arguments)
    }

    /// Runs a command, and says how much processor time its plugins took together.
    pub(crate) fn run_measured(&self, arguments: &[&str]) -> Outcome<Duration> {
        fs::write(&self.log, "")?;
        self.run_with("measured.tfrc", arguments)?;
        let log = fs::read_to_string(&self.log)?;
        let seconds = log
            .split_whitespace()
            .map(str::parse::<f64>)
            .sum::<Result<f64, _>>()?;
        Ok(Duration::from_secs_f64(seconds))
    }

    fn run_with(&self, configuration: &str, arguments: &[&str]) -> Outcome<Duration> {
        let mut command = Command::new(&self.client);
        command
            .args(arguments)
            .arg("-no-color")
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join(configuration))
            .stdin(Stdio::null());
        let begun = Instant::now();
        let output = command.output()?;
        let took = begun.elapsed();
        if output.status.success() {
            Ok(took)
        } else {
            let told = [output.stdout, output.stderr].concat();
            Err(format!("{arguments:?} failed: {}", String::from_utf8_lossy(&told)).into())
        }
    }
}

/// Writes a plugin that runs the real one and logs its processor time: the operating system tells
/// that only to the process that waits for it, which would be the client.
fn write_measured(folder: &Path, program: &Program, log: &Path) -> Outcome<()> {
    fs::create_dir(folder)?;
    let path = folder.join(format!("terraform-provider-{}", program.name()));
    let script = format!(
        "#!/usr/bin/env bash\nTIMEFORMAT='%3U %3S'\n{{ time '{}' \"$@\" 2>&3; }} 3>&2 2>>'{}'\n",
        program.executable.display(),
        log.display()
    );
    fs::write(&path, script)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
