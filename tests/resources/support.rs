//! A provider in this process: what Terraform would ask of it, without Terraform.

// By path, as other suites take this file by its path.
#[path = "support/azure.rs"]
mod azure;
#[path = "support/kinds.rs"]
pub(crate) mod kinds;
#[path = "support/network.rs"]
mod network;

use std::{collections::BTreeMap, sync::Arc};

use azure_core::http::HttpClient;
use secureaks::{
    framework::{
        Diagnostic, Server,
        service::{
            ApplyRequest, ConfigureRequest, ImportRequest, PlanRequest, Private, ReadRequest,
            Service as _, ValidateRequest,
        },
    },
    provider::{Environment, Secureaks},
    value::{Encoded, Path, Type, Value, from_json, to_json},
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    azure::{
        assert_understood, azure, clusters, fast_azure, identity, make, slow_azure, subnet, writes,
    },
    network::{network, trusting},
};

/// The resource that a provider is asked about from the start.
const TYPE: &str = "secureaks_cluster";

/// The id of the cluster that [`cluster`] configures.
pub(crate) const CLUSTER: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo";

/// The configured provider, and what is asked of it about one resource.
pub(crate) struct Provider {
    type_name: &'static str,
    server: Server<Secureaks>,
    runtime: Runtime,
    /// The folder of the configuration, with `.terraform` in it.
    folder: Arc<TempDir>,
    environment: BTreeMap<String, String>,
    block: Json,
}

/// A cluster's state and what travels with it; null when there is none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) value: Value,
    pub(crate) private: Private,
}

impl Kept {
    /// The same without what travels with it.
    pub(crate) fn forgetting(&self) -> Self {
        Self {
            private: Vec::new(),
            ..self.clone()
        }
    }

    /// No cluster.
    pub(crate) fn nothing() -> Self {
        Self {
            value: Value::Null,
            private: Vec::new(),
        }
    }
}

/// What a plan came to.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) value: Value,
    pub(crate) private: Private,
    pub(crate) replaces: Vec<Path>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Provider {
    /// As the subscription's owner.
    pub(crate) fn of(azure: &Simulator) -> Self {
        Self::acting_in(azure, azure.environment())
    }

    /// With the given variables. A refusal to be configured fails the test.
    pub(crate) fn acting_in(azure: &Simulator, environment: BTreeMap<String, String>) -> Self {
        let (provider, diagnostics) = Self::configured(azure, environment, json!({}));
        assert_eq!(diagnostics, []);
        provider
    }

    /// With the given variables and provider block, and what it says to them.
    pub(crate) fn configured(
        azure: &Simulator,
        environment: BTreeMap<String, String>,
        block: Json,
    ) -> (Self, Vec<Diagnostic>) {
        Self::over(Arc::new(network(azure)), environment, block)
    }

    /// With the given variables and provider block over `network`, and what it says to them.
    pub(crate) fn over(
        network: Arc<dyn HttpClient>,
        environment: BTreeMap<String, String>,
        block: Json,
    ) -> (Self, Vec<Diagnostic>) {
        let folder = Arc::new(tempfile::tempdir().expect("a folder"));
        Self::in_folder(network, folder, environment, block)
    }

    /// Another process with the same configuration, in the same folder. What the first was not ended in order is killed.
    pub(crate) fn restarted(&self, azure: &Simulator) -> Self {
        self.restarted_with(azure, &[])
    }

    /// The same with further variables.
    pub(crate) fn restarted_with(&self, azure: &Simulator, variables: &[(&str, &str)]) -> Self {
        let mut environment = self.environment.clone();
        let further = variables.iter().copied();
        environment.extend(further.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let folder = Arc::clone(&self.folder);
        let network = Arc::new(network(azure));
        let (next, told) = Self::in_folder(network, folder, environment, self.block.clone());
        assert_eq!(told, []);
        next.about(self.type_name)
    }

    /// The client ends the process in order: it has saved what it was told.
    pub(crate) fn end(&self) {
        self.server.close();
    }

    /// The folder of the configuration.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    fn in_folder(
        network: Arc<dyn HttpClient>,
        folder: Arc<TempDir>,
        environment: BTreeMap<String, String>,
        block: Json,
    ) -> (Self, Vec<Diagnostic>) {
        let variables = Environment::of(environment.clone(), 7).in_folder(folder.path().into());
        let provider = Secureaks::over(variables, network);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let this = Self {
            type_name: TYPE,
            server: Server::new(provider),
            runtime,
            folder,
            environment,
            block,
        };
        let config = Encoded {
            json: this.block.to_string().into_bytes(),
            ..Encoded::default()
        };
        let request = ConfigureRequest {
            client_version: "1.11.4".to_owned(),
            config,
        };
        let diagnostics = this.runtime.block_on(this.server.configure(request));
        (this, diagnostics)
    }

    /// The same provider, asked about another resource from now on.
    pub(crate) fn about(self, type_name: &'static str) -> Self {
        Self { type_name, ..self }
    }

    /// What the resource is called that it is asked about.
    pub(crate) fn type_name(&self) -> &'static str {
        self.type_name
    }

    /// The type of the resource's values.
    pub(crate) fn ty(&self) -> Type {
        self.server.schemas().resources[self.type_name].ty()
    }

    /// The schemas.
    pub(crate) fn server(&self) -> &Server<Secureaks> {
        &self.server
    }

    /// Waits for an answer of the server's.
    pub(crate) fn wait_for<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    /// A configuration written as JSON, as a client sends it.
    pub(crate) fn value(&self, config: &Json) -> Value {
        let schema = &self.server.schemas().resources[self.type_name];
        let value = from_json(config.to_string().as_bytes(), &schema.ty());
        schema.block.whole(&value.expect("a configuration"))
    }

    fn encoded(&self, value: &Value) -> Encoded {
        Encoded::of(value, &self.ty())
    }

    /// What the provider answered. No id in it may be in a casing that azurerm's parsers refuse.
    fn decoded(&self, encoded: &Encoded) -> Value {
        let value = encoded
            .decode(&self.ty())
            .expect("a value of the resource's type");
        let text = to_json(&value).to_string();
        assert!(!text.contains("/resourcegroups/"), "{text}");
        value
    }

    /// `ValidateResourceConfig`.
    pub(crate) fn validate(&self, config: &Value) -> Vec<Diagnostic> {
        let request = ValidateRequest {
            type_name: self.type_name.to_owned(),
            config: self.encoded(config),
            ..ValidateRequest::default()
        };
        self.runtime
            .block_on(self.server.validate_resource(request))
    }

    /// `PlanResourceChange`; a null configuration plans to destroy.
    pub(crate) fn plan(&self, prior: &Kept, config: &Value) -> Plan {
        let request = PlanRequest {
            type_name: self.type_name.to_owned(),
            prior_state: self.encoded(&prior.value),
            // The provider takes from it only whether the object is to be destroyed.
            proposed_new_state: self.encoded(config),
            config: self.encoded(config),
            prior_private: prior.private.clone(),
            ..PlanRequest::default()
        };
        let response = self.runtime.block_on(self.server.plan_resource(request));
        Plan {
            value: self.decoded(&response.planned_state),
            private: response.planned_private,
            replaces: response.requires_replace,
            diagnostics: response.diagnostics,
        }
    }

    /// `ApplyResourceChange` of a plan.
    pub(crate) fn carry_out(
        &self,
        prior: &Kept,
        config: &Value,
        plan: &Plan,
    ) -> (Kept, Vec<Diagnostic>) {
        let never = CancellationToken::new();
        let outcome = self.carry_out_until(prior, config, plan, &never);
        outcome.expect("an answer, as nobody ends it")
    }

    /// The same, and killed when `killed` says so; `None` then.
    pub(crate) fn carry_out_until(
        &self,
        prior: &Kept,
        config: &Value,
        plan: &Plan,
        killed: &CancellationToken,
    ) -> Option<(Kept, Vec<Diagnostic>)> {
        let request = ApplyRequest {
            type_name: self.type_name.to_owned(),
            prior_state: self.encoded(&prior.value),
            planned_state: self.encoded(&plan.value),
            config: self.encoded(config),
            planned_private: plan.private.clone(),
            ..ApplyRequest::default()
        };
        let work = self.server.apply_resource(request);
        let response = self.runtime.block_on(killed.run_until_cancelled(work))?;
        let kept = Kept {
            value: self.decoded(&response.new_state),
            private: response.private,
        };
        Some((kept, response.diagnostics))
    }

    /// Plans and applies. Errors of the plan fail the test.
    #[track_caller]
    pub(crate) fn apply(&self, prior: &Kept, config: &Value) -> (Kept, Vec<Diagnostic>) {
        let plan = self.plan(prior, config);
        assert_eq!(plan.diagnostics, []);
        self.carry_out(prior, config, &plan)
    }

    /// Creates a cluster; anything there is to tell fails the test.
    #[track_caller]
    pub(crate) fn create(&self, config: &Value) -> Kept {
        let (kept, diagnostics) = self.apply(&Kept::nothing(), config);
        assert_eq!(diagnostics, []);
        kept
    }

    /// Destroys.
    #[track_caller]
    pub(crate) fn destroy(&self, prior: &Kept) -> (Kept, Vec<Diagnostic>) {
        self.apply(prior, &Value::Null)
    }

    /// `ImportResourceState` by id; a refusal fails the test.
    #[track_caller]
    pub(crate) fn import(&self, id: &str) -> Kept {
        let request = ImportRequest {
            type_name: self.type_name.to_owned(),
            id: id.to_owned(),
            identity: None,
        };
        let imported = self.runtime.block_on(self.server.import_resource(request));
        assert_eq!(imported.diagnostics, []);
        Kept {
            value: self.decoded(&imported.state.expect("a state")),
            private: imported.private,
        }
    }

    /// `ReadResource`.
    pub(crate) fn read(&self, prior: &Kept) -> (Kept, Vec<Diagnostic>) {
        let request = ReadRequest {
            type_name: self.type_name.to_owned(),
            current_state: self.encoded(&prior.value),
            private: prior.private.clone(),
            ..ReadRequest::default()
        };
        let response = self.runtime.block_on(self.server.read_resource(request));
        (
            Kept {
                value: self.decoded(&response.new_state),
                private: response.private,
            },
            response.diagnostics,
        )
    }
}

/// A configuration of one cluster: the least there is, with `changes` laid over it. A null takes
/// an attribute out.
pub(crate) fn cluster(changes: &Json) -> Json {
    let mut config = json!({
        "name": "aks-demo",
        "resource_group_name": "rg-demo",
        "location": "westeurope",
        "entra": { "admin_group_object_ids": ["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"] },
        "api_server": { "authorized_ip_ranges": ["20.50.0.0/24"] },
        "system_pool": { "vm_size": "Standard_D4ds_v5", "node_count": 3 },
    });
    lay_over(&mut config, changes);
    config
}

/// Lays changes over a configuration; a null takes an attribute out.
pub(crate) fn lay_over(config: &mut Json, changes: &Json) {
    match (config.as_object_mut(), changes.as_object()) {
        (Some(members), Some(changes)) => {
            for (name, change) in changes {
                lay_over(members.entry(name).or_insert(Json::Null), change);
            }
        }
        _ => *config = changes.clone(),
    }
}

/// Diagnostics as text, in the order they came.
pub(crate) fn told(diagnostics: &[Diagnostic]) -> String {
    let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    texts.join("\n")
}

/// A text without the ids that Azure draws anew for every request.
pub(crate) fn redacted(text: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let drawn = match words.as_slice() {
            [.., kind, id] => {
                id == "id"
                    && ["correlation", "(correlation", "request", "trace"].contains(&kind.as_str())
            }
            _ => false,
        };
        let rest = word.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '-');
        words.push(if drawn {
            format!("ID{rest}")
        } else {
            word.to_owned()
        });
    }
    words.join(" ")
}
