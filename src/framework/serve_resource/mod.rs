//! A resource behind the calls of the protocol, one file a call: decodes, plans by the rules of
//! [`super::plan`], calls the resource's verb, and keeps what is known whatever becomes of it.

mod apply;
mod import;
mod plan;
mod read;
mod validate;

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use futures::FutureExt as _;
use tokio_util::sync::CancellationToken;

pub use self::read::made_anew;

use super::{
    Block as _, Diagnostic, Diagnostics, Failure, Origin, Resource, State,
    call::{Call, PrivateState},
    plan::with_defaults,
    resource::Verb,
    schema::{Attribute, Block, IdentityAttribute, IdentitySchema, Mode, Schema},
    service::{
        ApplyRequest, ApplyResponse, ImportRequest, Imported, MoveRequest, PlanRequest,
        PlanResponse, ReadRequest, ReadResponse, UpgradeRequest, ValidateRequest, ValueResponse,
    },
};
use crate::value::{DecodeError, Encoded, Type, Value};

/// While a private value of this name exists, something begun at the service has not been seen to
/// end: a plan is then an update even when nothing else changes, so that apply sees to it. It takes
/// an output that is not stable to show that in a plan; `tests/declarations.rs` asks for one.
pub const PENDING: &str = "pending";

/// While a private value of this name exists, the object itself is gone, and only the state tells of what was made for it
/// and is left: a plan is then a replacement, whose first half takes that away. It takes an output `id`.
pub const GONE: &str = "gone";

/// This private name stands beside every state that an answer of ours was saved with. A client drops it with all the
/// rest when the provider dies in an update: where it is missing, something may have been done that no state tells of.
pub(super) const WHOLE: &str = "whole";

/// Terraform plans a replacement twice, the second time as a creation. Under this private name the first plan tells
/// the second, and the create, which object is going to be deleted: its [`Resource::instance`], or true.
pub(super) const REPLACES: &str = "replaces";

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
    declared: OnceLock<Declared>,
}

/// What a resource declares, put together once.
struct Declared {
    schema: Schema,
    ty: Type,
    identity: IdentitySchema,
    identity_ty: Type,
}

#[async_trait]
impl<R: Resource> AnyResource<R::Client> for ServedResource<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn schema(&self) -> Schema {
        self.declaration().schema.clone()
    }

    fn identity_schema(&self) -> IdentitySchema {
        self.declaration().identity.clone()
    }

    fn validate(&self, request: ValidateRequest) -> Diagnostics {
        self.validate_config(&request)
    }

    fn upgrade(&self, request: UpgradeRequest) -> ValueResponse {
        self.upgrade_state(&request)
    }

    async fn read(&self, scope: Scope<R::Client>, request: ReadRequest) -> ReadResponse {
        self.read_resource(scope, request).await
    }

    async fn plan(&self, scope: Scope<R::Client>, request: PlanRequest) -> PlanResponse {
        self.plan_change(scope, request).await
    }

    async fn apply(&self, scope: Scope<R::Client>, request: ApplyRequest) -> ApplyResponse {
        self.apply_change(scope, request).await
    }

    fn import(&self, request: ImportRequest) -> Imported {
        self.import_state(request)
    }

    fn take_over(&self, request: MoveRequest) -> Imported {
        self.move_state(request)
    }
}

impl<R: Resource> ServedResource<R> {
    pub(super) fn new(resource: R) -> Self {
        Self {
            resource,
            declared: OnceLock::new(),
        }
    }

    fn declaration(&self) -> &Declared {
        self.declared.get_or_init(|| {
            let mut block = R::Spec::schema();
            block.attributes.extend(R::Outputs::attributes());
            let schema = Schema {
                version: R::VERSION,
                block,
            };
            let attribute = |attribute: Attribute| IdentityAttribute {
                name: attribute.name,
                doc: attribute.doc,
                ty: attribute.ty(),
                required_for_import: attribute.mode == Mode::Required,
            };
            let attributes = R::Identity::attributes()
                .into_iter()
                .map(attribute)
                .collect();
            let identity = IdentitySchema {
                version: 0,
                attributes,
            };
            Declared {
                ty: schema.ty(),
                identity_ty: identity.ty(),
                schema,
                identity,
            }
        })
    }

    fn declared(&self) -> (&Block, &Type) {
        let declared = self.declaration();
        (&declared.schema.block, &declared.ty)
    }

    fn identity_type(&self) -> &Type {
        &self.declaration().identity_ty
    }

    fn state(value: &Value) -> State<R> {
        // A state is read leniently, so nothing is told here.
        let mut silent = Diagnostics::default();
        State {
            spec: R::Spec::from_value(value, Origin::Service, &mut silent),
            outputs: R::Outputs::from_value(value, Origin::Service, &mut silent),
        }
    }

    fn filled(&self, block: &Block, config: &Value, prior: &Value) -> Value {
        let mut filled = with_defaults(block, config, prior);
        if filled.members().is_some() {
            self.resource.defaults(&mut filled, config, prior);
        }
        filled
    }

    fn identity(&self, value: &Value) -> Option<Encoded> {
        if value.is_null() {
            return None;
        }
        let identity = self.resource.identity(&Self::state(value))?.encode();
        Some(Encoded::of(&identity, self.identity_type()))
    }

    fn timeout(&self, spec: &R::Spec, verb: Verb) -> Option<Duration> {
        self.resource
            .timeouts(spec)
            .and_then(|timeouts| timeouts.of(verb))
    }
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

pub(super) fn undecodable(what: &str, error: &DecodeError) -> Diagnostic {
    Diagnostic::error(
        format!("Cannot read the {what}"),
        format!("Terraform sent a {what} that does not fit the schema: {error}."),
    )
    .at(&error.path)
}
