//! Data sources and ephemeral resources behind the calls of the protocol: a query is decoded,
//! a method called, and its outputs put beside the query.

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{
    Block, DataSource, Diagnostic, Diagnostics, Ephemeral, Failure, Lease, Origin,
    call::{Call, PrivateState},
    judge, plan,
    schema::Schema,
    serve_resource::{Scope, undecodable},
    service::{Opened, Private, Renewed, ValidateRequest, ValueResponse},
};
use crate::value::{Encoded, Value};

/// A data source of any Rust type.
#[async_trait]
pub(super) trait AnyDataSource<C>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, request: ValidateRequest) -> Diagnostics;
    async fn read(&self, scope: Scope<C>, request: ValidateRequest) -> ValueResponse;
}

pub(super) struct ServedDataSource<D> {
    source: D,
}

impl<D: DataSource> ServedDataSource<D> {
    pub(super) fn new(source: D) -> Self {
        Self { source }
    }
}

#[async_trait]
impl<D: DataSource> AnyDataSource<D::Client> for ServedDataSource<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn schema(&self) -> Schema {
        schema::<D::Query, D::Outputs>()
    }

    fn validate(&self, request: ValidateRequest) -> Diagnostics {
        let (mut diagnostics, query) = judged::<D::Query>(&AnyDataSource::schema(self), &request);
        if let Some((query, _)) = query {
            self.source.check(&query, &mut diagnostics);
        }
        diagnostics
    }

    async fn read(&self, scope: Scope<D::Client>, request: ValidateRequest) -> ValueResponse {
        let schema = AnyDataSource::schema(self);
        let (diagnostics, query) = judged::<D::Query>(&schema, &request);
        let Some((query, asked)) = query.filter(|_| !diagnostics.has_errors()) else {
            return ValueResponse {
                value: None,
                diagnostics: diagnostics.into_vec(),
            };
        };
        let call = Call::new(scope.client, scope.cancelled, PrivateState::new());
        let outcome = self.source.read(&call, &query).await;
        let warnings = call.record().warnings;
        match outcome {
            Ok(outputs) => {
                let value = answer(&schema, &asked, &outputs.encode());
                ValueResponse {
                    value: Some(Encoded::of(&value, &schema.ty())),
                    diagnostics: warnings,
                }
            }
            Err(failure) => ValueResponse {
                value: None,
                diagnostics: warnings.into_iter().chain(told(failure)).collect(),
            },
        }
    }
}

/// An ephemeral resource of any Rust type.
#[async_trait]
pub(super) trait AnyEphemeral<C>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> Schema;
    fn validate(&self, request: ValidateRequest) -> Diagnostics;
    async fn open(&self, scope: Scope<C>, request: ValidateRequest) -> Opened;
    async fn renew(&self, scope: Scope<C>, private: Private) -> Renewed;
    async fn close(&self, scope: Scope<C>, private: Private) -> Vec<Diagnostic>;
}

pub(super) struct ServedEphemeral<E> {
    ephemeral: E,
}

impl<E: Ephemeral> ServedEphemeral<E> {
    pub(super) fn new(ephemeral: E) -> Self {
        Self { ephemeral }
    }
}

#[async_trait]
impl<E: Ephemeral> AnyEphemeral<E::Client> for ServedEphemeral<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn schema(&self) -> Schema {
        schema::<E::Query, E::Outputs>()
    }

    fn validate(&self, request: ValidateRequest) -> Diagnostics {
        let (mut diagnostics, query) = judged::<E::Query>(&AnyEphemeral::schema(self), &request);
        if let Some((query, _)) = query {
            self.ephemeral.check(&query, &mut diagnostics);
        }
        diagnostics
    }

    async fn open(&self, scope: Scope<E::Client>, request: ValidateRequest) -> Opened {
        let schema = AnyEphemeral::schema(self);
        let (diagnostics, query) = judged::<E::Query>(&schema, &request);
        let Some((query, asked)) = query.filter(|_| !diagnostics.has_errors()) else {
            return Opened {
                diagnostics: diagnostics.into_vec(),
                ..Opened::default()
            };
        };
        let call = Call::new(scope.client, scope.cancelled, PrivateState::new());
        let outcome = self.ephemeral.open(&call, &query).await;
        let warnings = call.record().warnings;
        match outcome {
            Ok((outputs, lease)) => {
                let value = answer(&schema, &asked, &outputs.encode());
                let result = Some(Encoded::of(&value, &schema.ty()));
                Opened {
                    result,
                    renew_at: lease.renew_at,
                    private: bytes(&lease.private),
                    diagnostics: warnings,
                }
            }
            Err(failure) => Opened {
                diagnostics: warnings.into_iter().chain(told(failure)).collect(),
                ..Opened::default()
            },
        }
    }

    async fn renew(&self, scope: Scope<E::Client>, private: Private) -> Renewed {
        let call = Call::new(scope.client, scope.cancelled, PrivateState::new());
        match self.ephemeral.renew(&call, lease(&private)).await {
            Ok(lease) => Renewed {
                renew_at: lease.renew_at,
                private: bytes(&lease.private),
                diagnostics: call.record().warnings,
            },
            Err(failure) => Renewed {
                private,
                diagnostics: told(failure),
                ..Renewed::default()
            },
        }
    }

    async fn close(&self, scope: Scope<E::Client>, private: Private) -> Vec<Diagnostic> {
        let call = Call::new(scope.client, scope.cancelled, PrivateState::new());
        match self.ephemeral.close(&call, lease(&private)).await {
            Ok(()) => call.record().warnings,
            Err(failure) => told(failure),
        }
    }
}

fn schema<Query: Block, Outputs: Block>() -> Schema {
    let mut block = Query::schema();
    for output in Outputs::attributes() {
        let mut asked = block.attributes.iter_mut();
        match asked.find(|attribute| attribute.name == output.name) {
            Some(asked) => asked.filled = true,
            None => block.attributes.push(output),
        }
    }
    Schema { version: 0, block }
}

/// The query with what is answered beside it. What the user wrote stays as it was written.
fn answer(schema: &Schema, asked: &Value, outputs: &Value) -> Value {
    let mut value = plan::overlay(asked, outputs);
    let filled = schema.block.attributes.iter().filter(|one| one.filled);
    for attribute in filled {
        let written = asked.member(attribute.name);
        if !written.is_null() {
            value.set_member(attribute.name, written.clone());
        }
    }
    value
}

/// What was asked, decoded and as a value with its defaults; and what is wrong with it.
fn judged<Query: Block>(
    schema: &Schema,
    request: &ValidateRequest,
) -> (Diagnostics, Option<(Query, Value)>) {
    let mut diagnostics = Diagnostics::default();
    let config = match request.config.decode(&schema.ty()) {
        Ok(config) => config,
        Err(error) => return (undecodable("configuration", &error).into(), None),
    };
    judge::judge(&schema.block, &config, request.client, &mut diagnostics);
    let filled = plan::with_defaults(&schema.block, &config, &Value::Null);
    let query = Query::from_value(&filled, Origin::Configuration, &mut diagnostics);
    (diagnostics, Some((query, filled)))
}

fn told(failure: Failure) -> Vec<Diagnostic> {
    match failure {
        Failure::Interrupted(word) => vec![word],
        failure => failure.told(),
    }
}

fn lease(private: &[u8]) -> Lease {
    Lease {
        renew_at: None,
        private: serde_json::from_slice(private).unwrap_or(Json::Null),
    }
}

fn bytes(private: &Json) -> Private {
    if private.is_null() {
        Vec::new()
    } else {
        private.to_string().into_bytes()
    }
}
