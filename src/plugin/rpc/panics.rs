//! Tests: whatever panics, the host keeps what it knew.

use async_trait::async_trait;

use super::*;
use crate::framework::Diagnostic;
use crate::framework::schema::Schemas;
use crate::framework::service::{
    ApplyRequest, ApplyResponse, ConfigureRequest, FunctionError, ImportRequest, Imported,
    MoveRequest, Opened, PlanRequest, PlanResponse, Private, ReadRequest, ReadResponse, Renewed,
    UpgradeRequest, ValidateRequest, ValueResponse,
};
use crate::value::Encoded;

/// A service that panics whatever is asked.
struct Broken;

fn broken() -> ! {
    panic!("it broke")
}

#[async_trait]
impl Service for Broken {
    fn schemas(&self) -> &Schemas {
        broken()
    }
    async fn validate_provider(&self, _: ValidateRequest) -> Vec<Diagnostic> {
        broken()
    }
    async fn configure(&self, _: ConfigureRequest) -> Vec<Diagnostic> {
        broken()
    }
    async fn validate_resource(&self, _: ValidateRequest) -> Vec<Diagnostic> {
        broken()
    }
    async fn upgrade_resource(&self, _: UpgradeRequest) -> ValueResponse {
        broken()
    }
    async fn upgrade_identity(&self, _: UpgradeRequest) -> ValueResponse {
        broken()
    }
    async fn read_resource(&self, _: ReadRequest) -> ReadResponse {
        broken()
    }
    async fn plan_resource(&self, _: PlanRequest) -> PlanResponse {
        broken()
    }
    async fn apply_resource(&self, _: ApplyRequest) -> ApplyResponse {
        broken()
    }
    async fn import_resource(&self, _: ImportRequest) -> Imported {
        broken()
    }
    async fn move_resource(&self, _: MoveRequest) -> Imported {
        broken()
    }
    async fn validate_data_source(&self, _: ValidateRequest) -> Vec<Diagnostic> {
        broken()
    }
    async fn read_data_source(&self, _: ValidateRequest) -> ValueResponse {
        broken()
    }
    async fn validate_ephemeral(&self, _: ValidateRequest) -> Vec<Diagnostic> {
        broken()
    }
    async fn open_ephemeral(&self, _: ValidateRequest) -> Opened {
        broken()
    }
    async fn renew_ephemeral(&self, _: &str, _: Private) -> Renewed {
        broken()
    }
    async fn close_ephemeral(&self, _: &str, _: Private) -> Vec<Diagnostic> {
        broken()
    }
    async fn call_function(&self, _: &str, _: Vec<Encoded>) -> Result<Encoded, FunctionError> {
        broken()
    }
    fn stop(&self) {
        broken()
    }
}

fn value(text: &str) -> wire::DynamicValue {
    wire::DynamicValue {
        msgpack: text.into(),
        json: Vec::new(),
    }
}

fn identity(text: &str) -> wire::ResourceIdentityData {
    wire::ResourceIdentityData {
        identity_data: Some(value(text)),
    }
}

/// A request in which nothing is said.
fn empty<T: Default>() -> T {
    T::default()
}

fn detail() -> String {
    "This is a defect of the provider: it broke. What Terraform knew before the call is kept. \
     Please report it with the configuration that led to it."
        .to_owned()
}

fn told(rpc: &str) -> Vec<wire::Diagnostic> {
    vec![wire::Diagnostic {
        severity: wire::diagnostic::Severity::Error.into(),
        summary: format!("The provider failed in {rpc}"),
        detail: detail(),
        attribute: None,
    }]
}

#[tokio::test]
async fn a_panic_in_read_keeps_the_state() {
    let request = wire::read_resource::Request {
        current_state: Some(value("current")),
        private: b"private".to_vec(),
        current_identity: Some(identity("identity")),
        ..Default::default()
    };

    let answer = read::read(&Broken, request).await;

    assert_eq!(
        answer,
        wire::read_resource::Response {
            new_state: Some(value("current")),
            diagnostics: told("ReadResource"),
            private: b"private".to_vec(),
            deferred: None,
            new_identity: Some(identity("identity")),
        }
    );
}

#[tokio::test]
async fn a_panic_in_plan_plans_no_change() {
    let request = wire::plan_resource_change::Request {
        prior_state: Some(value("prior")),
        proposed_new_state: Some(value("proposed")),
        prior_private: b"private".to_vec(),
        prior_identity: Some(identity("identity")),
        ..Default::default()
    };

    let answer = plan::plan(&Broken, request).await;

    assert_eq!(
        answer,
        wire::plan_resource_change::Response {
            planned_state: Some(value("prior")),
            planned_private: b"private".to_vec(),
            diagnostics: told("PlanResourceChange"),
            planned_identity: Some(identity("identity")),
            ..Default::default()
        }
    );
}

#[tokio::test]
async fn a_panic_in_apply_keeps_the_state_before_it() {
    let request = wire::apply_resource_change::Request {
        prior_state: Some(value("prior")),
        planned_state: Some(value("planned")),
        planned_private: b"private".to_vec(),
        planned_identity: Some(identity("identity")),
        ..Default::default()
    };

    let answer = apply::apply(&Broken, request).await;

    assert_eq!(
        answer,
        wire::apply_resource_change::Response {
            new_state: Some(value("prior")),
            private: b"private".to_vec(),
            diagnostics: told("ApplyResourceChange"),
            new_identity: Some(identity("identity")),
            ..Default::default()
        }
    );
}

#[tokio::test]
async fn a_panic_in_renewal_keeps_what_closing_needs() {
    let request = wire::renew_ephemeral_resource::Request {
        private: Some(b"private".to_vec()),
        ..Default::default()
    };

    let answer = ephemeral::renew(&Broken, request).await;

    assert_eq!(
        answer,
        wire::renew_ephemeral_resource::Response {
            diagnostics: told("RenewEphemeralResource"),
            renew_at: None,
            private: Some(b"private".to_vec()),
        }
    );
}

#[tokio::test]
async fn a_panic_anywhere_else_is_an_error_of_that_call() {
    let service: &dyn Service = &Broken;

    let answers = [
        offers::metadata(service).await.diagnostics,
        offers::provider_schema(service).await.diagnostics,
        offers::identity_schemas(service).await.diagnostics,
        offers::functions(service).await.diagnostics,
        validate::provider(service, empty()).await.diagnostics,
        validate::resource(service, empty()).await.diagnostics,
        validate::data_source(service, empty()).await.diagnostics,
        validate::ephemeral(service, empty()).await.diagnostics,
        provider::configure(service, empty()).await.diagnostics,
        upgrade::state(service, empty()).await.diagnostics,
        upgrade::identity(service, empty()).await.diagnostics,
        adopt::import(service, empty()).await.diagnostics,
        adopt::moved(service, empty()).await.diagnostics,
        data_source::read(service, empty()).await.diagnostics,
        ephemeral::open(service, empty()).await.diagnostics,
        ephemeral::close(service, empty()).await.diagnostics,
    ];

    let names = [
        "GetMetadata",
        "GetProviderSchema",
        "GetResourceIdentitySchemas",
        "GetFunctions",
        "ValidateProviderConfig",
        "ValidateResourceConfig",
        "ValidateDataResourceConfig",
        "ValidateEphemeralResourceConfig",
        "ConfigureProvider",
        "UpgradeResourceState",
        "UpgradeResourceIdentity",
        "ImportResourceState",
        "MoveResourceState",
        "ReadDataSource",
        "OpenEphemeralResource",
        "CloseEphemeralResource",
    ];
    assert_eq!(answers, names.map(told));
}

#[tokio::test]
async fn a_panic_in_a_function_or_a_stop_is_told_in_their_own_way() {
    let call = function::call(&Broken, empty()).await;
    let stop = provider::stop(&Broken).await;

    let error = wire::FunctionError {
        text: detail(),
        function_argument: None,
    };
    assert_eq!(
        (call, stop),
        (
            wire::call_function::Response {
                result: None,
                error: Some(error)
            },
            wire::stop_provider::Response { error: detail() }
        )
    );
}
