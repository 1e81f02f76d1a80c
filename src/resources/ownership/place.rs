//! Where a run keeps its state, as far as a provider can see it: by this a mark of one state is told from a mark of
//! another.

use std::path::{Path, PathBuf};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

/// Where to look for it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The folder of the configuration: where the client has started the provider.
    pub folder: PathBuf,
    /// The client's data folder, `TF_DATA_DIR`: `.terraform` below the folder unless told otherwise.
    pub data: PathBuf,
    /// `TF_WORKSPACE`.
    pub workspace: Option<String>,
}

/// The state of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// The folder of the configuration.
    pub(super) folder: String,
    /// The workspace.
    pub(super) workspace: String,
    /// The backend: a digest of its type and settings, which may hold secrets.
    pub(super) backend: String,
}

impl Surroundings {
    /// The state of this run, by what the client has written into its data folder: the workspace that was selected,
    /// and the backend that `init` has set up (Terraform and OpenTofu, files `environment` and `terraform.tfstate`
    /// of the data folder).
    pub(super) fn place(&self) -> Place {
        let folder = std::path::absolute(&self.folder).unwrap_or_else(|_| self.folder.clone());
        let data = self.data();
        let selected = || std::fs::read_to_string(data.join("environment")).ok();
        let workspace = self.workspace.clone().or_else(selected).unwrap_or_default();
        let workspace = match workspace.trim() {
            "" => "default",
            name => name,
        };
        Place {
            folder: folder.display().to_string(),
            workspace: workspace.to_owned(),
            backend: backend(&data.join("terraform.tfstate")),
        }
    }

    /// The client's data folder.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join(&self.data)
    }
}

/// The digest of what a file says about the backend; without one the state is in the folder itself.
fn backend(file: &Path) -> String {
    let said: Json = std::fs::read(file)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let known: Vec<&Json> = ["backend", "state_store"]
        .iter()
        .filter_map(|kind| said.get(kind))
        .filter(|settings| !settings.is_null())
        .flat_map(|settings| [settings.get("type"), settings.get("config")])
        .flatten()
        .collect();
    if known.is_empty() {
        return "local".to_owned();
    }
    let text = serde_json::to_string(&known).unwrap_or_default();
    STANDARD_NO_PAD.encode(Sha256::digest(text))
}

impl Place {
    /// What tells `other`, where something was made, from this one, as a clause about the run that made it.
    pub(super) fn tell_apart(&self, other: &Self) -> String {
        if self.folder != other.folder {
            format!("from the folder {}", other.folder)
        } else if self.workspace != other.workspace {
            format!("from this folder, in the workspace `{}`", other.workspace)
        } else if self.backend != other.backend {
            "from this folder, with another backend".to_owned()
        } else {
            format!("from this folder, in the workspace `{}`", other.workspace)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn surroundings(folder: &Path, workspace: Option<&str>) -> Surroundings {
        Surroundings {
            folder: folder.to_owned(),
            data: ".terraform".into(),
            workspace: workspace.map(str::to_owned),
        }
    }

    fn set_up(folder: &Path, file: &str, text: &str) {
        std::fs::create_dir_all(folder.join(".terraform")).unwrap();
        std::fs::write(folder.join(".terraform").join(file), text).unwrap();
    }

    #[test]
    fn the_workspace_is_the_one_selected_unless_the_environment_names_another() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            [None, Some("third")].map(|named| surroundings(folder.path(), named).place().workspace)
        };

        let before = names();
        set_up(folder.path(), "environment", "second\n");
        let after = names();

        assert_eq!(before, ["default", "third"]);
        assert_eq!(after, ["second", "third"]);
    }

    #[test]
    fn another_key_is_another_backend_and_no_setting_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let place_with = |key: &str| {
            let config = json!({ "key": key, "access_key": "hunter2" });
            let said = json!({ "backend": { "type": "azurerm", "config": config, "hash": 7 } });
            set_up(folder.path(), "terraform.tfstate", &said.to_string());
            surroundings(folder.path(), None).place()
        };

        let local = surroundings(folder.path(), None).place();
        let places = [place_with("a"), place_with("b"), place_with("a")];

        assert_eq!(local.backend, "local");
        assert_ne!(places[0], places[1]);
        assert_eq!(places[0], places[2]);
        assert!(!format!("{places:?}").contains("hunter2"));
    }
}
