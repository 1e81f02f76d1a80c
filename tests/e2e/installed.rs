//! `make install`, and what comes after it: `init` with a module, a backend and a lock file.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::support::{
    Workspace, assert_understood, azure, clients,
    trouble::{clusters, leaves_nothing},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

const ROOT: &str = r#"terraform {
  backend "local" {
    path = "state/platform.tfstate"
  }

  required_providers {
    secureaks = {
      source = "secureaks/secureaks"
    }
  }
}

provider "secureaks" {}

module "platform" {
  source = "./platform"
}

output "cluster_id" {
  value = module.platform.cluster_id
}
"#;

/// A build of the provider, and where `make install` puts it.
struct Installation {
    folder: TempDir,
}

impl Installation {
    /// The tests' own build stands for the release, which takes minutes to build.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let built = env!("CARGO_BIN_EXE_terraform-provider-secureaks");
        fs::copy(built, folder.path().join("built")).expect("copied");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What `make install` prints.
    fn install(&self) -> String {
        let output = Command::new("make")
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["--no-print-directory", "install", "CARGO=true"])
            .arg(format!("RELEASE={}", self.path("built").display()))
            .arg(format!("PREFIX={}", self.path("prefix").display()))
            .arg(format!("MIRROR={}", self.path("mirror").display()))
            .stdin(Stdio::null())
            .output()
            .expect("make runs");
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{output:?}");
        printed
    }

    /// Another build of the same version, as after a change of the code.
    fn build_anew(&self) {
        let mut built = OpenOptions::new()
            .append(true)
            .open(self.path("built"))
            .expect("the build");
        // What follows the last section of a program is nothing to the system.
        built.write_all(b"anew").expect("written");
    }
}

/// The block that a person would copy from what was printed.
fn block(printed: &str) -> String {
    let (_, rest) = printed
        .split_once("\nprovider_installation {\n")
        .expect("the block");
    let (inside, _) = rest.split_once("\n}\n").expect("its end");
    format!("provider_installation {{\n{inside}\n}}\n")
}

/// A configuration with the cluster of the stories in a local module, and its state elsewhere.
fn configure(workspace: &Workspace, printed: &str) {
    let cluster = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/cluster/main.tf");
    let cluster = fs::read_to_string(cluster).expect("the configuration");
    // A module takes the provider of whoever calls it.
    let module = cluster.replace("provider \"secureaks\" {}", "");
    assert_ne!(module, cluster);
    workspace.write("client.tfrc", &block(printed));
    workspace.write("main.tf", ROOT);
    fs::create_dir(workspace.path("platform")).expect("a folder");
    workspace.write("platform/main.tf", &module);
}

#[test]
fn what_is_installed_works_with_init_modules_and_a_backend() {
    let installation = Installation::new();
    let printed = installation.install();
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::new(client, &azure);
        configure(&workspace, &printed);

        let initialised = workspace.run(&["init", "-input=false", "-no-color"]);
        initialised.succeeds();

        let lock = fs::read_to_string(workspace.path(".terraform.lock.hcl")).expect("a lock");
        let host = match client.name.as_str() {
            "tofu" => "registry.opentofu.org",
            _ => "registry.terraform.io",
        };
        let locked = format!(
            "provider \"{host}/secureaks/secureaks\" {{\n  version = \"{VERSION}\"\n  hashes = [\n    \"h1:"
        );
        assert!(lock.contains(&locked), "{lock}");
        let plan = workspace.plan();
        assert_eq!(plan.code, 2, "{}", plan.text);
        assert!(
            !plan.text.contains("development overrides"),
            "{}",
            plan.text
        );
        workspace.apply().succeeds();
        workspace.assert_no_changes();
        assert_eq!(
            clusters(&azure).len(),
            1,
            "{} {}",
            client.name,
            client.version
        );
        assert!(workspace.path("state/platform.tfstate").is_file());
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn another_build_of_the_version_says_what_initialised_folders_need() {
    let installation = Installation::new();
    let first = installation.install();
    let same = installation.install();
    let spaces: Vec<_> = clients()
        .iter()
        .map(|client| {
            let azure = azure();
            let workspace = Workspace::new(client, &azure);
            configure(&workspace, &first);
            workspace.run(&["init", "-input=false"]).succeeds();
            (client, azure, workspace)
        })
        .collect();

    installation.build_anew();
    let other = installation.install();

    let hint = "\nrm .terraform.lock.hcl && terraform init\n";
    assert_eq!(
        [&first, &same, &other].map(|printed| printed.contains(hint)),
        [false, false, true],
        "{other}"
    );
    for (client, _azure, workspace) in spaces {
        let refused = workspace.plan();
        assert_eq!(refused.code, 1, "{} {}", client.name, refused.text);
        fs::remove_file(workspace.path(".terraform.lock.hcl")).expect("a lock");
        workspace.run(&["init", "-input=false"]).succeeds();
        assert_eq!(workspace.plan().code, 2);
    }
}

#[test]
fn the_program_for_kubectl_is_installed_beside() {
    let installation = Installation::new();

    installation.install();

    let program = installation.path("prefix/bin/terraform-provider-secureaks");
    let printed = Command::new(program).arg("--version").output();
    let printed = printed.expect("it runs").stdout;
    assert_eq!(String::from_utf8_lossy(&printed).trim(), VERSION);
}
