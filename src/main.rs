//! The provider's executable: Terraform starts it without arguments.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use async_trait::async_trait;
use secureaks::framework::Diagnostic;
use secureaks::framework::schema::{Attribute, Block, Kind, Mode, Schema, Schemas, Shape};
use secureaks::framework::service::*;
use secureaks::plugin::{Options, run};
use secureaks::value::{Encoded, Type, Value};

fn main() -> ExitCode {
    let options = Options {
        provider: "secureaks/secureaks".to_owned(),
        reattach: std::env::args()
            .skip(1)
            .any(|argument| argument == "--debug" || argument == "-debug"),
        clock: SystemTime::now,
    };
    match run(&options, || Arc::new(Trial::default())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Trial {
    schemas: OnceLock<Schemas>,
    stopped: tokio::sync::Notify,
}

fn attribute(name: &'static str, mode: Mode) -> Attribute {
    Attribute {
        name,
        doc: "An attribute.",
        shape: Shape::Value(Type::String),
        mode,
        default: None,
        sensitive: false,
        write_only: false,
        kind: Kind::Live,
        replace: None,
        stable: false,
        deprecated: None,
        same: |_, _| false,
        allowed: Vec::new(),
    }
}

impl Trial {
    fn ty(&self) -> Type {
        self.schemas().resources["secureaks_trial"].ty()
    }
}

#[async_trait]
impl Service for Trial {
    fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| {
            let block = Block {
                doc: "A trial.",
                attributes: vec![
                    attribute("id", Mode::Computed),
                    attribute("name", Mode::Required),
                ],
                blocks: Vec::new(),
            };
            Schemas {
                resources: [("secureaks_trial".to_owned(), Schema { version: 0, block })].into(),
                ..Schemas::default()
            }
        })
    }
    async fn validate_provider(&self, _: ValidateRequest) -> Vec<Diagnostic> {
        Vec::new()
    }
    async fn configure(&self, _: ConfigureRequest) -> Vec<Diagnostic> {
        Vec::new()
    }
    async fn validate_resource(&self, request: ValidateRequest) -> Vec<Diagnostic> {
        let config = request.config.decode(&self.ty()).unwrap();
        if config.member("name").as_str() == Some("bad") {
            return vec![
                Diagnostic::error("Bad name", "The name is bad.")
                    .at(&secureaks::value::Path::attribute("name")),
            ];
        }
        Vec::new()
    }
    async fn upgrade_resource(&self, request: UpgradeRequest) -> ValueResponse {
        let value = secureaks::value::from_json(&request.json, &self.ty()).unwrap();
        ValueResponse {
            value: Some(Encoded::of(&value, &self.ty())),
            diagnostics: Vec::new(),
        }
    }
    async fn upgrade_identity(&self, _: UpgradeRequest) -> ValueResponse {
        ValueResponse::default()
    }
    async fn read_resource(&self, request: ReadRequest) -> ReadResponse {
        let state = request.current_state.decode(&self.ty()).unwrap();
        if state.member("name").as_str() == Some("panic-read") {
            panic!("read went wrong");
        }
        ReadResponse {
            new_state: request.current_state,
            private: request.private,
            ..Default::default()
        }
    }
    async fn plan_resource(&self, request: PlanRequest) -> PlanResponse {
        let ty = self.ty();
        let mut planned = request.proposed_new_state.decode(&ty).unwrap();
        if planned.member("id").is_null() && !planned.is_null() {
            planned.set_member("id", Value::unknown());
        }
        PlanResponse {
            planned_state: Encoded::of(&planned, &ty),
            ..Default::default()
        }
    }
    async fn apply_resource(&self, request: ApplyRequest) -> ApplyResponse {
        let ty = self.ty();
        let mut state = request.planned_state.decode(&ty).unwrap();
        match state.member("name").as_str() {
            Some("panic") => panic!("apply went wrong"),
            Some("slow") => self.stopped.notified().await,
            _ => {}
        }
        state.set_member("id", Value::from("1"));
        tracing::info!(resource.id = "1", "Applied");
        ApplyResponse {
            new_state: Encoded::of(&state, &ty),
            ..Default::default()
        }
    }
    async fn import_resource(&self, _: ImportRequest) -> Imported {
        Imported::default()
    }
    async fn move_resource(&self, _: MoveRequest) -> Imported {
        Imported::default()
    }
    async fn validate_data_source(&self, _: ValidateRequest) -> Vec<Diagnostic> {
        Vec::new()
    }
    async fn read_data_source(&self, _: ValidateRequest) -> ValueResponse {
        ValueResponse::default()
    }
    async fn validate_ephemeral(&self, _: ValidateRequest) -> Vec<Diagnostic> {
        Vec::new()
    }
    async fn open_ephemeral(&self, _: ValidateRequest) -> Opened {
        Opened::default()
    }
    async fn renew_ephemeral(&self, _: &str, _: Private) -> Renewed {
        Renewed::default()
    }
    async fn close_ephemeral(&self, _: &str, _: Private) -> Vec<Diagnostic> {
        Vec::new()
    }
    async fn call_function(&self, _: &str, _: Vec<Encoded>) -> Result<Encoded, FunctionError> {
        Ok(Encoded::default())
    }
    fn stop(&self) {
        self.stopped.notify_waiters();
    }
}
