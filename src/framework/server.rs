//! A provider served: finds what a call is about and hands it there.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{
    Block, Diagnostic, Diagnostics, Offers, Origin, Provider, judge,
    offers::{Function, unknown_type},
    plan,
    schema::{Schema, Schemas},
    serve_resource::{AnyResource, Scope, undecodable},
    serve_simple::{AnyDataSource, AnyEphemeral},
    service::{
        ApplyRequest, ApplyResponse, ConfigureRequest, FunctionError, ImportRequest, Imported,
        MoveRequest, Opened, PlanRequest, PlanResponse, Private, ReadRequest, ReadResponse,
        Renewed, Service, UpgradeRequest, ValidateRequest, ValueResponse,
    },
};
use crate::value::{Encoded, Value, from_json};

/// A provider behind the calls of the protocol.
pub struct Server<P: Provider> {
    provider: P,
    offers: Offers<P::Client>,
    schemas: OnceLock<Schemas>,
    client: Mutex<Option<Arc<P::Client>>>,
    cancelled: Mutex<CancellationToken>,
}

impl<P: Provider> Server<P> {
    /// Serves `provider`.
    pub fn new(provider: P) -> Self {
        let offers = provider.offers();
        Self {
            provider,
            offers,
            schemas: OnceLock::new(),
            client: Mutex::default(),
            cancelled: Mutex::default(),
        }
    }

    fn full(name: &str) -> String {
        format!("{}_{name}", P::NAME)
    }

    fn resource(&self, type_name: &str) -> Result<&dyn AnyResource<P::Client>, Diagnostic> {
        let found = self
            .offers
            .resources
            .iter()
            .find(|resource| Self::full(resource.name()) == type_name);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| unknown_type("resource", type_name))
    }

    fn data_source(&self, type_name: &str) -> Result<&dyn AnyDataSource<P::Client>, Diagnostic> {
        let found = self
            .offers
            .data_sources
            .iter()
            .find(|source| Self::full(source.name()) == type_name);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| unknown_type("data source", type_name))
    }

    fn ephemeral(&self, type_name: &str) -> Result<&dyn AnyEphemeral<P::Client>, Diagnostic> {
        let found = self
            .offers
            .ephemerals
            .iter()
            .find(|ephemeral| Self::full(ephemeral.name()) == type_name);
        found
            .map(AsRef::as_ref)
            .ok_or_else(|| unknown_type("ephemeral resource", type_name))
    }

    fn function(&self, name: &str) -> Option<&dyn Function> {
        self.offers
            .functions
            .iter()
            .find(|function| function.name() == name)
            .map(AsRef::as_ref)
    }

    fn scope(&self) -> Result<Scope<P::Client>, Diagnostic> {
        let client = self
            .client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let cancelled = self
            .cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let client = client.ok_or_else(|| {
            Diagnostic::error(
                "Provider is not configured",
                "Terraform asked for an object before it configured the provider.",
            )
        })?;
        Ok(Scope { client, cancelled })
    }

    fn provider_schema() -> Schema {
        Schema {
            version: 0,
            block: P::Config::schema(),
        }
    }
}

#[async_trait]
impl<P: Provider> Service for Server<P> {
    fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| Schemas {
            provider: Self::provider_schema(),
            resources: self
                .offers
                .resources
                .iter()
                .map(|resource| (Self::full(resource.name()), resource.schema()))
                .collect(),
            identities: self
                .offers
                .resources
                .iter()
                .map(|resource| (Self::full(resource.name()), resource.identity_schema()))
                .collect(),
            data_sources: self
                .offers
                .data_sources
                .iter()
                .map(|source| (Self::full(source.name()), source.schema()))
                .collect(),
            ephemeral_resources: self
                .offers
                .ephemerals
                .iter()
                .map(|ephemeral| (Self::full(ephemeral.name()), ephemeral.schema()))
                .collect(),
            functions: self
                .offers
                .functions
                .iter()
                .map(|function| (function.name().to_owned(), function.signature()))
                .collect(),
        })
    }

    async fn validate_provider(&self, request: ValidateRequest) -> Vec<Diagnostic> {
        let block = P::Config::schema();
        let mut diagnostics = Diagnostics::default();
        match request.config.decode(&block.ty()) {
            Ok(config) => {
                judge::judge(&block, &config, request.client, &mut diagnostics);
                let config = P::Config::from_value(
                    &plan::with_defaults(&block, &config, &Value::Null),
                    Origin::Configuration,
                    &mut diagnostics,
                );
                self.provider.check(&config, &mut diagnostics);
            }
            Err(error) => diagnostics.push(undecodable("configuration", &error)),
        }
        diagnostics.into_vec()
    }

    async fn configure(&self, request: ConfigureRequest) -> Vec<Diagnostic> {
        let block = P::Config::schema();
        let mut diagnostics = Diagnostics::default();
        let config = match request.config.decode(&block.ty()) {
            Ok(config) => P::Config::from_value(
                &plan::with_defaults(&block, &config, &Value::Null),
                Origin::Configuration,
                &mut diagnostics,
            ),
            Err(error) => return vec![undecodable("configuration", &error)],
        };
        if diagnostics.has_errors() {
            return diagnostics.into_vec();
        }
        match self
            .provider
            .configure(config, &request.client_version)
            .await
        {
            Ok(client) => {
                *self.client.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Arc::new(client));
            }
            Err(errors) => diagnostics.extend(errors),
        }
        diagnostics.into_vec()
    }

    async fn validate_resource(&self, request: ValidateRequest) -> Vec<Diagnostic> {
        match self.resource(&request.type_name) {
            Ok(resource) => resource.validate(request).into_vec(),
            Err(error) => vec![error],
        }
    }

    async fn upgrade_resource(&self, request: UpgradeRequest) -> ValueResponse {
        match self.resource(&request.type_name) {
            Ok(resource) => resource.upgrade(request),
            Err(error) => ValueResponse {
                value: None,
                diagnostics: vec![error],
            },
        }
    }

    async fn upgrade_identity(&self, request: UpgradeRequest) -> ValueResponse {
        let upgraded = self.resource(&request.type_name).and_then(|resource| {
            let ty = resource.identity_schema().ty();
            let value =
                from_json(&request.json, &ty).map_err(|error| undecodable("identity", &error))?;
            Ok(Encoded::of(&value, &ty))
        });
        match upgraded {
            Ok(value) => ValueResponse {
                value: Some(value),
                diagnostics: Vec::new(),
            },
            Err(error) => ValueResponse {
                value: None,
                diagnostics: vec![error],
            },
        }
    }

    async fn read_resource(&self, request: ReadRequest) -> ReadResponse {
        match self
            .resource(&request.type_name)
            .and_then(|resource| Ok((resource, self.scope()?)))
        {
            Ok((resource, scope)) => resource.read(scope, request).await,
            Err(error) => ReadResponse {
                new_state: request.current_state,
                private: request.private,
                new_identity: request.current_identity,
                diagnostics: vec![error],
            },
        }
    }

    async fn plan_resource(&self, request: PlanRequest) -> PlanResponse {
        match self
            .resource(&request.type_name)
            .and_then(|resource| Ok((resource, self.scope()?)))
        {
            Ok((resource, scope)) => resource.plan(scope, request).await,
            Err(error) => PlanResponse {
                planned_state: request.prior_state,
                planned_private: request.prior_private,
                diagnostics: vec![error],
                ..Default::default()
            },
        }
    }

    async fn apply_resource(&self, request: ApplyRequest) -> ApplyResponse {
        match self
            .resource(&request.type_name)
            .and_then(|resource| Ok((resource, self.scope()?)))
        {
            Ok((resource, scope)) => resource.apply(scope, request).await,
            Err(error) => ApplyResponse {
                new_state: request.prior_state,
                private: request.planned_private,
                diagnostics: vec![error],
                ..Default::default()
            },
        }
    }

    async fn import_resource(&self, request: ImportRequest) -> Imported {
        match self.resource(&request.type_name) {
            Ok(resource) => resource.import(request),
            Err(error) => Imported {
                diagnostics: vec![error],
                ..Imported::default()
            },
        }
    }

    async fn move_resource(&self, request: MoveRequest) -> Imported {
        match self.resource(&request.target_type_name) {
            Ok(resource) => resource.take_over(request),
            Err(error) => Imported {
                diagnostics: vec![error],
                ..Imported::default()
            },
        }
    }

    async fn validate_data_source(&self, request: ValidateRequest) -> Vec<Diagnostic> {
        match self.data_source(&request.type_name) {
            Ok(source) => source.validate(request).into_vec(),
            Err(error) => vec![error],
        }
    }

    async fn read_data_source(&self, request: ValidateRequest) -> ValueResponse {
        match self
            .data_source(&request.type_name)
            .and_then(|source| Ok((source, self.scope()?)))
        {
            Ok((source, scope)) => source.read(scope, request).await,
            Err(error) => ValueResponse {
                value: None,
                diagnostics: vec![error],
            },
        }
    }

    async fn validate_ephemeral(&self, request: ValidateRequest) -> Vec<Diagnostic> {
        match self.ephemeral(&request.type_name) {
            Ok(ephemeral) => ephemeral.validate(request).into_vec(),
            Err(error) => vec![error],
        }
    }

    async fn open_ephemeral(&self, request: ValidateRequest) -> Opened {
        match self
            .ephemeral(&request.type_name)
            .and_then(|ephemeral| Ok((ephemeral, self.scope()?)))
        {
            Ok((ephemeral, scope)) => ephemeral.open(scope, request).await,
            Err(error) => Opened {
                diagnostics: vec![error],
                ..Opened::default()
            },
        }
    }

    async fn renew_ephemeral(&self, type_name: &str, private: Private) -> Renewed {
        match self
            .ephemeral(type_name)
            .and_then(|ephemeral| Ok((ephemeral, self.scope()?)))
        {
            Ok((ephemeral, scope)) => ephemeral.renew(scope, private).await,
            Err(error) => Renewed {
                diagnostics: vec![error],
                private,
                ..Renewed::default()
            },
        }
    }

    async fn close_ephemeral(&self, type_name: &str, private: Private) -> Vec<Diagnostic> {
        match self
            .ephemeral(type_name)
            .and_then(|ephemeral| Ok((ephemeral, self.scope()?)))
        {
            Ok((ephemeral, scope)) => ephemeral.close(scope, private).await,
            Err(error) => vec![error],
        }
    }

    async fn call_function(
        &self,
        name: &str,
        arguments: Vec<Encoded>,
    ) -> Result<Encoded, FunctionError> {
        let function = self.function(name).ok_or_else(|| FunctionError {
            text: format!("there is no function {name}"),
            argument: None,
        })?;
        let signature = function.signature();
        let mut values = Vec::with_capacity(arguments.len());
        for (position, argument) in arguments.iter().enumerate() {
            let parameter = signature
                .parameters
                .get(position)
                .or(signature.variadic.as_ref());
            let parameter = parameter.ok_or_else(|| FunctionError {
                text: "too many arguments".to_owned(),
                argument: None,
            })?;
            let decoded = argument.decode(&parameter.ty);
            let value = decoded.map_err(|error| FunctionError {
                text: error.to_string(),
                argument: i64::try_from(position).ok(),
            })?;
            values.push(value);
        }
        function
            .call(values)
            .map(|result| Encoded::of(&result, &signature.result))
    }

    fn stop(&self) {
        // What is under way is cancelled; what comes next gets a token of its own.
        let mut cancelled = self
            .cancelled
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *cancelled).cancel();
    }

    fn close(&self) {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*client {
            self.provider.close(client);
        }
    }
}
