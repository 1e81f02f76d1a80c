//! Terraform's side of the protocol: sends what Terraform sends, in its order, and refuses what
//! it refuses ([`crate::rules`]).

use secureaks::{
    framework::{
        Diagnostic, PENDING, Server, Severity,
        schema::Block,
        service::{
            ApplyRequest, ClientCapabilities, ConfigureRequest, PlanRequest, Private, ReadRequest,
            Service, ValidateRequest,
        },
    },
    value::{Encoded, Path, Type, Value},
};
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::{rules, specimen::Specimen};

/// What Terraform 1.11 and later can do.
pub(crate) const NEW_CLIENT: ClientCapabilities = ClientCapabilities {
    deferral_allowed: false,
    write_only_attributes_allowed: true,
};

/// A client with the specimen provider, and an empty directory for its objects.
pub(crate) struct Core {
    pub(crate) server: Server<Specimen>,
    pub(crate) directory: TempDir,
}

/// What Terraform keeps of a resource.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) state: Value,
    pub(crate) private: Private,
    pub(crate) identity: Option<Value>,
}

/// A plan of one resource.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) prior: Option<Kept>,
    pub(crate) config: Value,
    pub(crate) planned: Value,
    pub(crate) replaces: Vec<String>,
    pub(crate) private: Private,
    pub(crate) identity: Option<Value>,
    pub(crate) told: Vec<Diagnostic>,
}

/// What came of an apply.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) kept: Option<Kept>,
    pub(crate) told: Vec<Diagnostic>,
}

impl Core {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::new(Specimen);
        let place = directory.path().to_str().unwrap();
        let config = Value::object([("directory", Value::from(place)), ("key", Value::Null)]);
        let told = server
            .configure(ConfigureRequest {
                client_version: "1.11.4".to_owned(),
                config: Encoded::of(&config, &server.schemas().provider.ty()),
            })
            .await;
        assert_eq!(told, []);
        Self { server, directory }
    }

    pub(crate) fn block(&self, name: &str) -> &Block {
        &self.server.schemas().resources[&full(name)].block
    }

    fn ty(&self, name: &str) -> Type {
        self.block(name).ty()
    }

    fn identity_ty(&self, name: &str) -> Type {
        self.server.schemas().identities[&full(name)].ty()
    }

    pub(crate) fn identity(&self, name: &str, identity: Option<Encoded>) -> Option<Value> {
        identity.map(|identity| identity.decode(&self.identity_ty(name)).unwrap())
    }

    /// A configuration: everything null but `written`.
    pub(crate) fn config<const N: usize>(&self, name: &str, written: [(&str, Value); N]) -> Value {
        let mut config = self.block(name).empty();
        for (attribute, value) in written {
            assert!(
                config.members().unwrap().contains_key(attribute),
                "{attribute}"
            );
            config.set_member(attribute, value);
        }
        config
    }

    pub(crate) async fn validate(&self, name: &str, config: &Value) -> Vec<Diagnostic> {
        self.validate_for(NEW_CLIENT, name, config).await
    }

    pub(crate) async fn validate_for(
        &self,
        client: ClientCapabilities,
        name: &str,
        config: &Value,
    ) -> Vec<Diagnostic> {
        let request = ValidateRequest {
            type_name: full(name),
            config: Encoded::of(config, &self.ty(name)),
            client,
        };
        self.server.validate_resource(request).await
    }

    /// Plans; what it planned may be wrong only where it told an error.
    pub(crate) async fn plan(&self, name: &str, prior: Option<&Kept>, config: &Value) -> Plan {
        self.plan_as(NEW_CLIENT, name, prior, config).await
    }

    /// Plans once more, as a client does right before it applies: it then allows deferral (measured with Terraform 1.9
    /// to 1.15).
    pub(crate) async fn plan_again(&self, name: &str, prior: &Kept, config: &Value) -> Plan {
        let client = ClientCapabilities {
            deferral_allowed: true,
            ..NEW_CLIENT
        };
        self.plan_as(client, name, Some(prior), config).await
    }

    async fn plan_as(
        &self,
        client: ClientCapabilities,
        name: &str,
        prior: Option<&Kept>,
        config: &Value,
    ) -> Plan {
        let ty = self.ty(name);
        let before = prior.map_or(Value::Null, |kept| kept.state.clone());
        let response = self
            .server
            .plan_resource(PlanRequest {
                type_name: full(name),
                prior_state: Encoded::of(&before, &ty),
                // Rightly it is a merge of both; the framework makes that itself.
                proposed_new_state: Encoded::of(config, &ty),
                config: Encoded::of(config, &ty),
                prior_private: prior.map(|kept| kept.private.clone()).unwrap_or_default(),
                prior_identity: prior.and_then(|kept| {
                    Some(Encoded::of(
                        kept.identity.as_ref()?,
                        &self.identity_ty(name),
                    ))
                }),
                client,
            })
            .await;
        let planned = response.planned_state.decode(&ty).unwrap();
        if !has_errors(&response.diagnostics) {
            rules::assert_plan_valid(self.block(name), &before, config, &planned);
        }
        Plan {
            prior: prior.cloned(),
            config: config.clone(),
            planned,
            replaces: response
                .requires_replace
                .iter()
                .map(Path::to_string)
                .collect(),
            private: response.planned_private,
            identity: self.identity(name, response.planned_identity),
            told: response.diagnostics,
        }
    }

    /// Applies a plan as it is.
    pub(crate) async fn apply(&self, name: &str, plan: &Plan) -> Applied {
        let ty = self.ty(name);
        let before = plan
            .prior
            .as_ref()
            .map_or(Value::Null, |kept| kept.state.clone());
        let response = self
            .server
            .apply_resource(ApplyRequest {
                type_name: full(name),
                prior_state: Encoded::of(&before, &ty),
                planned_state: Encoded::of(&plan.planned, &ty),
                config: Encoded::of(&plan.config, &ty),
                planned_private: plan.private.clone(),
                planned_identity: None,
            })
            .await;
        let state = response.new_state.decode(&ty).unwrap();
        if !has_errors(&response.diagnostics) {
            rules::assert_apply_valid(self.block(name), &plan.planned, &state);
        }
        Applied {
            kept: (!state.is_null()).then(|| Kept {
                state,
                private: response.private,
                identity: self.identity(name, response.new_identity),
            }),
            told: response.diagnostics,
        }
    }

    /// Plans and applies, which must go well.
    pub(crate) async fn create(&self, name: &str, config: &Value) -> Kept {
        let plan = self.plan(name, None, config).await;
        assert_eq!(plan.told, []);
        let applied = self.apply(name, &plan).await;
        assert_eq!(applied.told, []);
        applied.kept.unwrap()
    }

    /// Plans the deletion and applies it.
    pub(crate) async fn delete(&self, name: &str, kept: &Kept) -> Applied {
        let mut plan = self.plan(name, Some(kept), &Value::Null).await;
        assert_eq!(
            (&plan.planned, plan.told.as_slice()),
            (&Value::Null, [].as_slice())
        );
        plan.config = Value::Null;
        self.apply(name, &plan).await
    }

    /// Reads; what is kept afterwards, `None` when the object is gone.
    pub(crate) async fn read(&self, name: &str, kept: &Kept) -> Applied {
        let ty = self.ty(name);
        let response = self
            .server
            .read_resource(ReadRequest {
                type_name: full(name),
                current_state: Encoded::of(&kept.state, &ty),
                private: kept.private.clone(),
                current_identity: kept
                    .identity
                    .as_ref()
                    .map(|identity| Encoded::of(identity, &self.identity_ty(name))),
            })
            .await;
        let state = response.new_state.decode(&ty).unwrap();
        assert!(state.is_wholly_known(), "{state:?}");
        Applied {
            kept: (!state.is_null()).then(|| Kept {
                state,
                private: response.private,
                identity: self.identity(name, response.new_identity),
            }),
            told: response.diagnostics,
        }
    }

    /// The object as the service has it.
    pub(crate) fn object(&self, id: &str) -> Option<Json> {
        let bytes = std::fs::read(self.file(id)).ok()?;
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    /// Changes the object behind Terraform's back.
    pub(crate) fn change_object(&self, id: &str, change: impl FnOnce(&mut Json)) {
        let mut object = self.object(id).unwrap();
        change(&mut object);
        std::fs::write(self.file(id), object.to_string()).unwrap();
    }

    /// What the service was asked to do so far.
    pub(crate) fn server_journal(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("journal")).unwrap_or_default()
    }

    /// Changes which version of things is the newest.
    pub(crate) fn set_newest(&self, version: &str) {
        std::fs::write(self.directory.path().join("newest"), version).unwrap();
    }

    fn file(&self, id: &str) -> std::path::PathBuf {
        self.directory
            .path()
            .join(format!("{}.json", id.replace('/', "-")))
    }
}

pub(crate) fn full(name: &str) -> String {
    format!("specimen_{name}")
}

pub(crate) fn has_errors(told: &[Diagnostic]) -> bool {
    told.iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// What was told, for comparison: severity, path, summary.
pub(crate) fn brief(told: &[Diagnostic]) -> Vec<String> {
    told.iter()
        .map(|diagnostic| {
            format!(
                "{:?} {}: {}",
                diagnostic.severity, diagnostic.path, diagnostic.summary
            )
        })
        .collect()
}

/// The attributes of two states that differ.
pub(crate) fn differing(left: &Value, right: &Value) -> Vec<String> {
    let names = left.members().unwrap().keys();
    names
        .filter(|name| left.member(name) != right.member(name))
        .cloned()
        .collect()
}

/// Whether private state says that something is under way.
pub(crate) fn is_pending(private: &[u8]) -> bool {
    let private: Json = serde_json::from_slice(private).unwrap_or_default();
    private.get(PENDING).is_some()
}

/// An object, a map and a list, briefly.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::object(members)
}

pub(crate) fn map<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Map(members.map(|(name, value)| (name.to_owned(), value)).into())
}

pub(crate) fn text(text: &str) -> Value {
    Value::from(text)
}

pub(crate) fn number(number: i64) -> Value {
    Value::from(number)
}
