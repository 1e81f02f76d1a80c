//! A resource behind the calls of the protocol: decodes, plans by the rules of [`super::plan`],
//! calls the resource's verb, and keeps what is known whatever becomes of the call.

use std::{panic::AssertUnwindSafe, sync::Arc};

use async_trait::async_trait;
use futures::FutureExt as _;
use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::{
    Block, Diagnostic, Diagnostics, Failure, Origin, Resource, Severity, State, judge, plan,
    private::{read_private, write_private},
    resource::{Call, ImportTarget, PrivateState, Record, Source, Verb},
    schema::{Attribute, IdentityAttribute, IdentitySchema, Kind, Mode, Schema},
    service::{
        ApplyRequest, ApplyResponse, ImportRequest, Imported, MoveRequest, PlanRequest,
        PlanResponse, ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest, ValueResponse,
    },
};
use crate::value::{Encoded, Path, Type, Value, from_json};

/// While a private value of this name exists, something begun at the service has not been seen to
/// end: a plan is then an update even when nothing else changes, so that apply sees to it.
pub const PENDING: &str = "pending";

/// A resource of any Rust type.
#[async_trait]
pub(super) trait AnyResource<C>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn identity_schema(&self) -> IdentitySchema;
    fn validate(&self, request: ValidateRequest) -> Diagnostics;
    fn upgrade(&self, request: UpgradeRequest) -> ValueResponse;
    async fn read(&self, scope: Scope<C>, request: ReadRequest) -> ReadResponse;
    async fn plan(&self, scope: Scope<C>, request: PlanRequest) -> PlanResponse;
    async fn apply(&self, scope: Scope<C>, request: ApplyRequest) -> ApplyResponse;
    fn import(&self, request: ImportRequest) -> Imported;
    fn take_over(&self, request: MoveRequest) -> Imported;
}

/// What a call is made with: the configured client and the token that ends it.
pub(super) struct Scope<C> {
    pub(super) client: Arc<C>,
    pub(super) cancelled: CancellationToken,
}

impl<C> Scope<C> {
    fn call(self, private: PrivateState) -> Call<C> {
        Call::new(self.client, self.cancelled, private)
    }
}

pub(super) struct ServedResource<R> {
    resource: R,
}

impl<R: Resource> ServedResource<R> {
    pub(super) fn new(resource: R) -> Self {
        Self { resource }
    }

    fn state(value: &Value) -> State<R> {
        // A state is read leniently, so nothing is told here.
        let mut silent = Diagnostics::default();
        State {
            spec: R::Spec::from_value(value, Origin::Service, &mut silent),
            outputs: R::Outputs::from_value(value, Origin::Service, &mut silent),
        }
    }

    fn filled(&self, block: &super::schema::Block, config: &Value, prior: &Value) -> Value {
        let mut filled = plan::with_defaults(block, config, prior);
        if filled.members().is_some() {
            self.resource.defaults(&mut filled, config, prior);
        }
        filled
    }

    fn identity(&self, value: &Value, ty: &Type) -> Option<Encoded> {
        if value.is_null() {
            return None;
        }
        let identity = self.resource.identity(&Self::state(value))?.encode();
        Some(Encoded::of(&identity, ty))
    }

    fn timeout(&self, spec: &R::Spec, verb: Verb) -> Option<std::time::Duration> {
        self.resource
            .timeouts(spec)
            .and_then(|timeouts| timeouts.of(verb))
    }

    /// The changes that need a new object, and why.
    fn replacements<'a>(
        &self,
        changes: &'a [plan::Change<'a>],
        prior: &State<R>,
        spec: &R::Spec,
    ) -> Vec<(&'a plan::Change<'a>, &'static str)> {
        let allowed = self.resource.replacement_allowed(spec);
        let reason = |change: &'a plan::Change<'a>| {
            // A default that is new to an old state is no change of the object.
            if change.from.is_null() && change.attribute.default.is_some() {
                return None;
            }
            // What is not known may turn out to be what it was. Where a replacement is refused
            // anyway, apply decides; else it is planned, as everywhere in Terraform.
            if !change.to.is_wholly_known() && !allowed {
                return None;
            }
            let reason = change
                .attribute
                .replace
                .or_else(|| self.resource.replaces(change, prior, spec))?;
            Some((change, reason))
        };
        changes.iter().filter_map(reason).collect()
    }

    fn refuse(change: &plan::Change<'_>, reason: &str) -> Diagnostic {
        let shown = |value: &Value| {
            if change.attribute.sensitive {
                "(sensitive)".to_owned()
            } else {
                crate::value::to_json(value).to_string()
            }
        };
        let detail = format!(
            "`{}` changes from {} to {}: {reason}. {}",
            change.path,
            shown(&change.from),
            shown(&change.to),
            R::LOSS
        );
        Diagnostic::error("Change needs a new object", detail.trim_end()).at(&change.path)
    }

    async fn create(
        &self,
        call: &Call<R::Client>,
        working: &Value,
        planned: &Value,
        response: &mut ApplyResponse,
        ty: &Type,
    ) {
        let spec = Self::state(working).spec;
        let outcome = guarded(self.resource.create(call, &spec)).await;
        let Record { outputs, .. } = call.record();
        let so_far = outputs.map(|outputs| plan::overlay(planned, &outputs));
        let state = match outcome {
            Ok(outputs) => plan::overlay(planned, &outputs.encode()),
            Err(Failure::Failed(errors)) => {
                response.diagnostics.extend(errors);
                so_far.unwrap_or(Value::Null)
            }
            Err(Failure::Interrupted(word)) => {
                // With a state and no error Terraform does not taint the object, and the next
                // apply finds the work that is left.
                let severity = if so_far.is_some() {
                    Severity::Warning
                } else {
                    Severity::Error
                };
                response.diagnostics.push(Diagnostic { severity, ..word });
                so_far.unwrap_or(Value::Null)
            }
        };
        response.new_state = Encoded::of(&state, ty);
    }

    async fn update(
        &self,
        call: &Call<R::Client>,
        prior: &Value,
        working: &Value,
        planned: &Value,
        response: &mut ApplyResponse,
        ty: &Type,
    ) {
        let before = Self::state(prior);
        let spec = Self::state(working).spec;
        let state = match guarded(self.resource.update(call, &before, &spec)).await {
            Ok(outputs) => plan::overlay(planned, &outputs.encode()),
            Err(Failure::Failed(errors)) => {
                response.diagnostics.extend(errors);
                prior.clone()
            }
            Err(Failure::Interrupted(word)) => {
                response.diagnostics.push(Diagnostic {
                    severity: Severity::Warning,
                    ..word
                });
                plan::overlay(planned, &before.outputs.encode())
            }
        };
        response.new_state = Encoded::of(&state, ty);
    }

    async fn delete(
        &self,
        call: &Call<R::Client>,
        prior: &Value,
        response: &mut ApplyResponse,
        ty: &Type,
    ) {
        let before = Self::state(prior);
        let state = match guarded(self.resource.delete(call, &before)).await {
            Ok(()) => Value::Null,
            Err(Failure::Failed(errors)) => {
                response.diagnostics.extend(errors);
                prior.clone()
            }
            // A deletion that is not seen to its end has no state to leave but the prior one, and
            // Terraform takes that only with an error.
            Err(Failure::Interrupted(word)) => {
                response.diagnostics.push(Diagnostic {
                    severity: Severity::Error,
                    ..word
                });
                prior.clone()
            }
        };
        response.new_state = Encoded::of(&state, ty);
    }
}

#[async_trait]
impl<R: Resource> AnyResource<R::Client> for ServedResource<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn schema(&self) -> Schema {
        let mut block = R::Spec::schema();
        block.attributes.extend(R::Outputs::attributes());
        Schema {
            version: R::VERSION,
            block,
        }
    }

    fn identity_schema(&self) -> IdentitySchema {
        let attribute = |attribute: Attribute| IdentityAttribute {
            name: attribute.name,
            doc: attribute.doc,
            ty: attribute.ty(),
            required_for_import: attribute.mode == Mode::Required,
        };
        IdentitySchema {
            version: 0,
            attributes: R::Identity::attributes()
                .into_iter()
                .map(attribute)
                .collect(),
        }
    }

    fn validate(&self, request: ValidateRequest) -> Diagnostics {
        let block = self.schema().block;
        let mut diagnostics = Diagnostics::default();
        match request.config.decode(&block.ty()) {
            Ok(config) => {
                judge::judge(&block, &config, request.client, &mut diagnostics);
                let spec = R::Spec::from_value(
                    &self.filled(&block, &config, &Value::Null),
                    Origin::Configuration,
                    &mut diagnostics,
                );
                self.resource.check(&spec, &mut diagnostics);
            }
            Err(error) => diagnostics.push(undecodable("configuration", &error)),
        }
        diagnostics
    }

    fn upgrade(&self, request: UpgradeRequest) -> ValueResponse {
        let schema = self.schema();
        let ty = schema.ty();
        let upgraded = if request.version == schema.version {
            from_json(&request.json, &ty).map_err(|error| undecodable("state", &error))
        } else {
            let old: Result<Json, _> = serde_json::from_slice(&request.json);
            old.map_err(|_| Diagnostic::error("State cannot be read", "The state is no JSON."))
                .and_then(|old| self.resource.upgrade(request.version, old))
                .and_then(|new| {
                    from_json(new.to_string().as_bytes(), &ty)
                        .map_err(|error| undecodable("state", &error))
                })
        };
        match upgraded {
            Ok(value) => ValueResponse {
                value: Some(Encoded::of(&value, &ty)),
                diagnostics: Vec::new(),
            },
            Err(error) => ValueResponse {
                value: None,
                diagnostics: vec![error],
            },
        }
    }

    async fn read(&self, scope: Scope<R::Client>, request: ReadRequest) -> ReadResponse {
        let block = self.schema().block;
        let ty = block.ty();
        let mut response = ReadResponse {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            new_identity: request.current_identity.clone(),
            diagnostics: Vec::new(),
        };
        let prior = match request.current_state.decode(&ty) {
            Ok(prior) => prior,
            Err(error) => {
                response.diagnostics.push(undecodable("state", &error));
                return response;
            }
        };
        let before = Self::state(&prior);
        let mut call = scope.call(read_private(&request.private));
        call.timeout = self.timeout(&before.spec, Verb::Read);
        match guarded(self.resource.read(&call, &before)).await {
            Ok(Some(live)) => {
                let live = plan::overlay(&live.spec.encode(), &live.outputs.encode());
                let state = plan::reconcile(&block, &live, &prior);
                response.new_identity = self
                    .identity(&state, &self.identity_schema().ty())
                    .or(request.current_identity);
                response.new_state = Encoded::of(&state, &ty);
            }
            Ok(None) => response.new_state = Encoded::of(&Value::Null, &ty),
            Err(Failure::Failed(errors)) => response.diagnostics.extend(errors),
            Err(Failure::Interrupted(word)) => response.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                ..word
            }),
        }
        let record = call.record();
        response.diagnostics.extend(record.warnings);
        response.private = write_private(&record.private);
        response
    }

    async fn plan(&self, scope: Scope<R::Client>, request: PlanRequest) -> PlanResponse {
        let block = self.schema().block;
        let ty = block.ty();
        let mut response = PlanResponse {
            planned_state: request.prior_state.clone(),
            planned_private: request.prior_private.clone(),
            ..Default::default()
        };
        let decoded = request.prior_state.decode(&ty).and_then(|prior| {
            Ok((
                prior,
                request.config.decode(&ty)?,
                request.proposed_new_state.decode(&ty)?,
            ))
        });
        let (prior, config, proposed) = match decoded {
            Ok(values) => values,
            Err(error) => {
                response.diagnostics.push(undecodable("plan", &error));
                return response;
            }
        };
        let before = (!prior.is_null()).then(|| Self::state(&prior));
        let mut call = scope.call(read_private(&request.prior_private));
        if proposed.is_null() {
            let planned = super::Planned {
                prior: before.as_ref(),
                spec: None,
                changes: &[],
                replaces: false,
            };
            let outcome = guarded(self.resource.plan(&call, planned)).await;
            response.planned_state = Encoded::of(&Value::Null, &ty);
            finish_plan(&mut response, &call, outcome);
            return response;
        }
        let filled = self.filled(&block, &config, &prior);
        let mut errors = Diagnostics::default();
        let written = R::Spec::from_value(&filled, Origin::Configuration, &mut errors);
        self.resource.check(&written, &mut errors);
        if errors.has_errors() {
            response.diagnostics = errors.into_vec();
            return response;
        }
        let mut planned = plan::merge(&block, &filled, &prior);
        let spec = R::Spec::from_value(&planned, Origin::Service, &mut Diagnostics::default());
        let changes = plan::changes(&block, &prior, &planned);
        let replacements = before
            .as_ref()
            .map(|before| self.replacements(&changes, before, &spec))
            .unwrap_or_default();
        if !self.resource.replacement_allowed(&spec) {
            response.diagnostics.extend(
                replacements
                    .iter()
                    .map(|(change, reason)| Self::refuse(change, reason)),
            );
        }
        let replaces = !replacements.is_empty();
        if before.is_none() || replaces {
            plan::forget(&block, &mut planned, &|_, _| false);
        } else if call.private(PENDING).is_some()
            || changes
                .iter()
                .any(|change| change.attribute.kind != Kind::Local)
        {
            plan::forget(&block, &mut planned, &|attribute, value| {
                attribute.stable && !value.is_null()
            });
        } else {
            response
                .planned_identity
                .clone_from(&request.prior_identity);
        }
        if before.is_some() && !replaces {
            response.planned_identity = request
                .prior_identity
                .or_else(|| self.identity(&prior, &self.identity_schema().ty()));
        }
        let mut paths: Vec<Path> = replacements
            .iter()
            .map(|(change, _)| change.path.clone())
            .collect();
        paths.sort();
        paths.dedup();
        response.requires_replace = paths;
        call.timeout = self.timeout(&spec, Verb::Read);
        let judged = super::Planned {
            prior: before.as_ref(),
            spec: Some(&spec),
            changes: &changes,
            replaces,
        };
        let outcome = guarded(self.resource.plan(&call, judged)).await;
        response.planned_state = Encoded::of(&planned, &ty);
        finish_plan(&mut response, &call, outcome);
        response
    }

    async fn apply(&self, scope: Scope<R::Client>, request: ApplyRequest) -> ApplyResponse {
        let block = self.schema().block;
        let ty = block.ty();
        let mut response = ApplyResponse {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            ..Default::default()
        };
        let decoded = request.prior_state.decode(&ty).and_then(|prior| {
            Ok((
                prior,
                request.planned_state.decode(&ty)?,
                request.config.decode(&ty)?,
            ))
        });
        let (prior, planned, config) = match decoded {
            Ok(values) => values,
            Err(error) => {
                response.diagnostics.push(undecodable("plan", &error));
                return response;
            }
        };
        let working = plan::with_write_only(&block, &planned, &config);
        let mut call = scope.call(read_private(&request.planned_private));
        let (verb, spec) = match (prior.is_null(), planned.is_null()) {
            (_, true) => (Verb::Delete, Self::state(&prior).spec),
            (true, false) => (Verb::Create, Self::state(&planned).spec),
            (false, false) => (Verb::Update, Self::state(&planned).spec),
        };
        call.timeout = self.timeout(&spec, verb);
        let changes = plan::changes(&block, &prior, &planned);
        match verb {
            Verb::Delete => self.delete(&call, &prior, &mut response, &ty).await,
            Verb::Create => {
                self.create(&call, &working, &planned, &mut response, &ty)
                    .await
            }
            // Timeouts and flags are nobody's business but ours.
            Verb::Update
                if call.private(PENDING).is_none()
                    && changes
                        .iter()
                        .all(|change| change.attribute.kind == Kind::Local)
                    && !changes.is_empty() =>
            {
                response.new_state = Encoded::of(&plan::without_unknowns(&planned), &ty);
            }
            Verb::Update | Verb::Read => {
                self.update(&call, &prior, &working, &planned, &mut response, &ty)
                    .await
            }
        }
        let record = call.record();
        response.diagnostics.extend(record.warnings);
        response.private = write_private(&record.private);
        if let Ok(state) = response.new_state.decode(&ty) {
            response.new_identity = self.identity(&state, &self.identity_schema().ty());
        }
        response
    }

    fn import(&self, request: ImportRequest) -> Imported {
        let identity_ty = self.identity_schema().ty();
        let given = request
            .identity
            .as_ref()
            .map(|identity| identity.decode(&identity_ty));
        let target = match given {
            Some(Ok(value)) if request.id.is_empty() => {
                let mut diagnostics = Diagnostics::default();
                let identity =
                    R::Identity::from_value(&value, Origin::Configuration, &mut diagnostics);
                if diagnostics.has_errors() {
                    return Imported {
                        diagnostics: diagnostics.into_vec(),
                        ..Imported::default()
                    };
                }
                ImportTarget::Identity(identity)
            }
            Some(Err(error)) => {
                return Imported {
                    diagnostics: vec![undecodable("identity", &error)],
                    ..Imported::default()
                };
            }
            _ => ImportTarget::Id(request.id),
        };
        self.seed(self.resource.import(target))
    }

    fn take_over(&self, request: MoveRequest) -> Imported {
        let Ok(state) = serde_json::from_slice(&request.source_json) else {
            return Imported {
                diagnostics: vec![Diagnostic::error(
                    "State cannot be read",
                    "The state to be moved is no JSON.",
                )],
                ..Imported::default()
            };
        };
        let source = Source {
            provider: request.source_provider_address,
            type_name: request.source_type_name,
            state,
        };
        match self.resource.adopt(&source) {
            Some(outputs) => self.seed(outputs),
            None => {
                let detail = format!(
                    "A `{}` of `{}` cannot become a `{}`. Remove it from the state with a `removed` block and import the object instead.",
                    source.type_name,
                    source.provider,
                    R::NAME
                );
                Imported {
                    diagnostics: vec![Diagnostic::error("State cannot be moved", detail)],
                    ..Imported::default()
                }
            }
        }
    }
}

impl<R: Resource> ServedResource<R> {
    /// A state from which a read can start: outputs that name the object, and local defaults.
    fn seed(&self, outputs: Result<R::Outputs, Diagnostic>) -> Imported {
        let block = AnyResource::schema(self).block;
        let outputs = match outputs {
            Ok(outputs) => outputs,
            Err(error) => {
                return Imported {
                    diagnostics: vec![error],
                    ..Imported::default()
                };
            }
        };
        let mut state = plan::overlay(&block.empty(), &outputs.encode());
        plan::with_local_defaults(&block, &mut state);
        let identity = self.identity(&state, &self.identity_schema().ty());
        Imported {
            state: Some(Encoded::of(&state, &block.ty())),
            private: Vec::new(),
            identity,
            diagnostics: Vec::new(),
        }
    }
}

fn finish_plan<C>(response: &mut PlanResponse, call: &Call<C>, outcome: Result<(), Failure>) {
    match outcome {
        Ok(()) => {}
        Err(Failure::Failed(errors)) => response.diagnostics.extend(errors),
        Err(Failure::Interrupted(word)) => response.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            ..word
        }),
    }
    let record = call.record();
    response.diagnostics.extend(record.warnings);
    response.planned_private = write_private(&record.private);
}

/// The outcome of a verb; a panic in it becomes an error.
async fn guarded<T>(verb: impl Future<Output = Result<T, Failure>> + Send) -> Result<T, Failure> {
    match AssertUnwindSafe(verb).catch_unwind().await {
        Ok(outcome) => outcome,
        Err(payload) => {
            let word = payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned());
            let detail = format!(
                "A bug in the provider: {}. What was known of the object is kept in the state. Please report it.",
                word.unwrap_or_default()
            );
            Err(Diagnostic::error("Provider panicked", detail).into())
        }
    }
}

pub(super) fn undecodable(what: &str, error: &crate::value::DecodeError) -> Diagnostic {
    Diagnostic::error(
        format!("Cannot read the {what}"),
        format!("Terraform sent a {what} that does not fit the schema: {error}."),
    )
    .at(&error.path)
}
