//! A cluster and kubectl to talk to it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secureaks_simulator::{Options, Simulator};
use serde_json::json;

use crate::client::{Client, GROUP};

/// Set to do without these tests where kubectl cannot be had.
const WITHOUT: &str = "SECUREAKS_WITHOUT_KUBECTL";

/// A simulator with one cluster, and a folder with its kubeconfig.
pub(crate) struct Session {
    folder: tempfile::TempDir,
    _simulator: Simulator,
}

/// What a run of kubectl left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) error: String,
}

impl Ran {
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.output.lines().collect()
    }
}

impl Session {
    /// `None` when the environment says that there is no kubectl; then the test must end.
    #[expect(
        clippy::disallowed_methods,
        clippy::print_stderr,
        reason = "whether these tests run is the environment's to say, and nobody should miss it"
    )]
    pub(crate) fn start() -> Option<Self> {
        if Command::new("kubectl").arg("help").output().is_err() {
            let wanted = std::env::var(WITHOUT).is_ok_and(|value| value == "1");
            assert!(
                wanted,
                "kubectl was not found. Install it (https://kubernetes.io/docs/tasks/tools) and \
                 put it on the PATH, or set {WITHOUT}=1 to go without these tests."
            );
            eprintln!("{WITHOUT}=1: kubectl was not found, and nothing is tested with it");
            return None;
        }
        let simulator = Simulator::start(Options {
            kube_apiserver: crate::kube_apiserver(),
            ..Options::default()
        })
        .unwrap();
        let client = Client::new(simulator.environment());
        let path = client.id(&format!(
            "{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-kubectl"
        ));
        let body = json!({
            "location": "westeurope",
            "identity": { "type": "SystemAssigned" },
            "properties": {
                "dnsPrefix": "aks-kubectl",
                "agentPoolProfiles": [{
                    "name": "system",
                    "mode": "System",
                    "count": 1,
                    "vmSize": "Standard_D4ds_v5",
                }],
            },
        });
        let created = client.put(&path, body);
        assert_eq!(created.status, 201, "{}", created.text);
        simulator.advance(Duration::from_mins(30));
        let listed = client.call("POST", &format!("{path}/listClusterAdminCredential"), None);
        let kubeconfig = listed.json()["kubeconfigs"][0]["value"]
            .as_str()
            .map(|value| STANDARD.decode(value).unwrap())
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig).unwrap();
        Some(Self {
            folder,
            _simulator: simulator,
        })
    }

    /// Writes a file, and gives its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs kubectl to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let home: PathBuf = self.folder.path().into();
        let ran = Command::new("kubectl")
            .args(arguments)
            .env("KUBECONFIG", home.join("kubeconfig"))
            // Its cache of discovery belongs to this cluster alone.
            .env("HOME", &home)
            .env("NO_PROXY", "127.0.0.1")
            .output()
            .unwrap();
        Ran {
            code: ran.status.code().unwrap(),
            output: String::from_utf8(ran.stdout).unwrap(),
            error: String::from_utf8(ran.stderr).unwrap(),
        }
    }
}
