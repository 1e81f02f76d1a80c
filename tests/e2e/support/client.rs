//! The real clients: whatever `tests/tools/find` names on this machine, or `SECUREAKS_CLIENTS` chooses.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

#[cfg(feature = "real")]
#[path = "matrix.rs"]
pub(crate) mod matrix;

/// A Terraform or an OpenTofu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// `terraform` or `tofu`.
    pub(crate) name: String,
    /// Its version, such as `1.11.4`.
    pub(crate) version: String,
    /// Its executable.
    pub(crate) path: PathBuf,
}

impl Client {
    /// What people call it.
    #[cfg(feature = "real")]
    fn product(&self) -> &'static str {
        if self.name == "tofu" {
            "OpenTofu"
        } else {
            "Terraform"
        }
    }

    /// Whether it is at least of the given versions of Terraform and OpenTofu.
    pub(crate) fn knows(&self, terraform: (u32, u32), tofu: (u32, u32)) -> bool {
        let mut parts = self
            .version
            .split('.')
            .map(|part| part.parse().unwrap_or(0));
        let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        version >= if self.name == "tofu" { tofu } else { terraform }
    }
}

/// The clients at hand. Without any, every story fails with the sentence that says what to
/// install.
pub(crate) fn clients() -> &'static [Client] {
    static CLIENTS: OnceLock<Vec<Client>> = OnceLock::new();
    CLIENTS.get_or_init(|| {
        let find = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/find");
        let found = Command::new(find).output().expect("tests/tools/find runs");
        assert!(
            found.status.success(),
            "{}",
            String::from_utf8_lossy(&found.stderr)
        );
        let lines = String::from_utf8(found.stdout).expect("text");
        let clients: Vec<Client> = lines.lines().filter_map(parse).collect();
        assert!(!clients.is_empty(), "tests/tools/find names no client");
        clients
    })
}

/// One client, for stories in which it does not matter which.
pub(crate) fn any_client() -> &'static Client {
    &clients()[0]
}

fn parse(line: &str) -> Option<Client> {
    let mut words = line.splitn(3, ' ');
    let (name, version, path) = (words.next()?, words.next()?, words.next()?);
    Some(Client {
        name: name.to_owned(),
        version: version.to_owned(),
        path: PathBuf::from(path),
    })
}
