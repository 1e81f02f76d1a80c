//! The provider as the plugin layer sees it: one method for each thing Terraform asks, free of
//! protobuf. The messages keep the protocol's names.

use std::time::SystemTime;

use async_trait::async_trait;

use super::{Diagnostic, schema::Schemas};
use crate::value::Encoded;

/// What the client copes with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientCapabilities {
    /// It may be answered "later".
    pub deferral_allowed: bool,
    /// It knows attributes that are never stored.
    pub write_only_attributes_allowed: bool,
}

/// Opaque bytes that travel with a resource's state.
pub type Private = Vec<u8>;

/// `ValidateProviderConfig`, `ValidateDataResourceConfig` and `ValidateEphemeralResourceConfig`.
#[derive(Clone, Debug, Default)]
pub struct ValidateRequest {
    /// The full type name; empty for the provider block.
    pub type_name: String,
    /// What the user wrote.
    pub config: Encoded,
    /// What the client copes with.
    pub client: ClientCapabilities,
}

/// `ConfigureProvider`.
#[derive(Clone, Debug, Default)]
pub struct ConfigureRequest {
    /// The version of Terraform or OpenTofu.
    pub client_version: String,
    /// The provider block.
    pub config: Encoded,
}

/// `UpgradeResourceState` and `UpgradeResourceIdentity`.
#[derive(Clone, Debug, Default)]
pub struct UpgradeRequest {
    /// The full type name.
    pub type_name: String,
    /// The schema version the state was written with.
    pub version: i64,
    /// The state as JSON.
    pub json: Vec<u8>,
}

/// A value and what there is to tell.
#[derive(Clone, Debug, Default)]
pub struct ValueResponse {
    /// The value; `None` when it could not be made.
    pub value: Option<Encoded>,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
}

/// `ReadResource`.
#[derive(Clone, Debug, Default)]
pub struct ReadRequest {
    /// The full type name.
    pub type_name: String,
    /// The state so far.
    pub current_state: Encoded,
    /// What travels with the state.
    pub private: Private,
    /// The identity so far.
    pub current_identity: Option<Encoded>,
}

/// The answer to [`ReadRequest`].
#[derive(Clone, Debug, Default)]
pub struct ReadResponse {
    /// The state now; null when the object is gone.
    pub new_state: Encoded,
    /// What travels with the state.
    pub private: Private,
    /// The identity.
    pub new_identity: Option<Encoded>,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
}

/// `PlanResourceChange`.
#[derive(Clone, Debug, Default)]
pub struct PlanRequest {
    /// The full type name.
    pub type_name: String,
    /// The state so far; null to create.
    pub prior_state: Encoded,
    /// The client's merge of state and configuration; null to destroy.
    pub proposed_new_state: Encoded,
    /// What the user wrote.
    pub config: Encoded,
    /// What travels with the state.
    pub prior_private: Private,
    /// The identity so far.
    pub prior_identity: Option<Encoded>,
    /// What the client copes with.
    pub client: ClientCapabilities,
}

/// The answer to [`PlanRequest`].
#[derive(Clone, Debug, Default)]
pub struct PlanResponse {
    /// The state after apply, as far as it is known.
    pub planned_state: Encoded,
    /// Attributes whose change needs a new object.
    pub requires_replace: Vec<crate::value::Path>,
    /// What travels with the plan.
    pub planned_private: Private,
    /// The identity after apply.
    pub planned_identity: Option<Encoded>,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
}

/// `ApplyResourceChange`.
#[derive(Clone, Debug, Default)]
pub struct ApplyRequest {
    /// The full type name.
    pub type_name: String,
    /// The state so far; null to create.
    pub prior_state: Encoded,
    /// What was planned; null to destroy.
    pub planned_state: Encoded,
    /// What the user wrote.
    pub config: Encoded,
    /// What travels with the plan.
    pub planned_private: Private,
    /// The identity that was planned.
    pub planned_identity: Option<Encoded>,
}

/// The answer to [`ApplyRequest`].
#[derive(Clone, Debug, Default)]
pub struct ApplyResponse {
    /// The state now, as far as it came.
    pub new_state: Encoded,
    /// What travels with the state.
    pub private: Private,
    /// The identity.
    pub new_identity: Option<Encoded>,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
}

/// `ImportResourceState`.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// The full type name.
    pub type_name: String,
    /// The id the user gave; empty when an identity was given.
    pub id: String,
    /// The identity the user gave.
    pub identity: Option<Encoded>,
}

/// `MoveResourceState`.
#[derive(Clone, Debug, Default)]
pub struct MoveRequest {
    /// The address of the provider the state comes from.
    pub source_provider_address: String,
    /// The resource type the state comes from.
    pub source_type_name: String,
    /// The schema version the state was written with.
    pub source_schema_version: i64,
    /// The state as JSON.
    pub source_json: Vec<u8>,
    /// What travelled with the state.
    pub source_private: Private,
    /// The type it is to become.
    pub target_type_name: String,
}

/// One resource that was imported or moved.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The state; `None` when there is none.
    pub state: Option<Encoded>,
    /// What travels with the state.
    pub private: Private,
    /// The identity.
    pub identity: Option<Encoded>,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
}

/// The answer to opening an ephemeral resource.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// The result; `None` when it could not be made.
    pub result: Option<Encoded>,
    /// When it has to be renewed.
    pub renew_at: Option<SystemTime>,
    /// What comes back with renewals and at the end.
    pub private: Private,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
}

/// The answer to renewing an ephemeral resource.
#[derive(Clone, Debug, Default)]
pub struct Renewed {
    /// When it has to be renewed again.
    pub renew_at: Option<SystemTime>,
    /// What comes back with the next renewal.
    pub private: Private,
    /// What there is to tell.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// What is the matter.
    pub text: String,
    /// The position of the argument at fault, from 0.
    pub argument: Option<i64>,
}

/// A provider, ready to be served.
///
/// A method may be called while others run, and before [`Service::configure`] where Terraform
/// does so (validation, upgrades, moves, functions). Implementations answer with diagnostics;
/// if one panics, the plugin layer answers in its place and keeps the state.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// Everything that is offered.
    fn schemas(&self) -> &Schemas;

    /// Judges the provider block.
    async fn validate_provider(&self, request: ValidateRequest) -> Vec<Diagnostic>;

    /// Takes the provider block; may come again, and then replaces what was taken before.
    async fn configure(&self, request: ConfigureRequest) -> Vec<Diagnostic>;

    /// Judges a resource's configuration.
    async fn validate_resource(&self, request: ValidateRequest) -> Vec<Diagnostic>;

    /// Brings a state to the present schema.
    async fn upgrade_resource(&self, request: UpgradeRequest) -> ValueResponse;

    /// Brings an identity to the present schema.
    async fn upgrade_identity(&self, request: UpgradeRequest) -> ValueResponse;

    /// Reads the live object.
    async fn read_resource(&self, request: ReadRequest) -> ReadResponse;

    /// Says what apply will do.
    async fn plan_resource(&self, request: PlanRequest) -> PlanResponse;

    /// Creates, changes or deletes the object.
    async fn apply_resource(&self, request: ApplyRequest) -> ApplyResponse;

    /// Takes over an object that exists.
    async fn import_resource(&self, request: ImportRequest) -> Imported;

    /// Takes over another type's state.
    async fn move_resource(&self, request: MoveRequest) -> Imported;

    /// Judges a data source's configuration.
    async fn validate_data_source(&self, request: ValidateRequest) -> Vec<Diagnostic>;

    /// Reads a data source.
    async fn read_data_source(&self, request: ValidateRequest) -> ValueResponse;

    /// Judges an ephemeral resource's configuration.
    async fn validate_ephemeral(&self, request: ValidateRequest) -> Vec<Diagnostic>;

    /// Opens an ephemeral resource.
    async fn open_ephemeral(&self, request: ValidateRequest) -> Opened;

    /// Renews an ephemeral resource.
    async fn renew_ephemeral(&self, type_name: &str, private: Private) -> Renewed;

    /// Closes an ephemeral resource.
    async fn close_ephemeral(&self, type_name: &str, private: Private) -> Vec<Diagnostic>;

    /// Calls a function.
    async fn call_function(
        &self,
        name: &str,
        arguments: Vec<Encoded>,
    ) -> Result<Encoded, FunctionError>;

    /// Asks everything under way to end soon. What comes afterwards is not affected.
    fn stop(&self);

    /// The host ends this process in order: it has taken in every answer it was given.
    fn close(&self) {}
}
