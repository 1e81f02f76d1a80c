//! Everything a provider offers, by kind, with the Rust types behind it put out of sight.

use std::time::SystemTime;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{
    Block, Diagnostic, Diagnostics, Failure, Resource,
    call::Call,
    schema::Signature,
    serve_resource::{AnyResource, ServedResource},
    serve_simple::{AnyDataSource, AnyEphemeral, ServedDataSource, ServedEphemeral},
    service::FunctionError,
};
use crate::value::Value;

/// A provider.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Its name: the first part of the names of all it offers.
    const NAME: &'static str;
    /// The provider block.
    type Config: Block;
    /// What is made of it and handed to each call.
    type Client: Send + Sync + 'static;

    /// Judges the provider block, as far as it is known, without asking anybody.
    fn check(&self, _config: &Self::Config, _diagnostics: &mut Diagnostics) {}

    /// Takes the provider block, parts of which may not be known in a plan. Makes no request.
    async fn configure(
        &self,
        config: Self::Config,
        client_version: &str,
    ) -> Result<Self::Client, Diagnostics>;

    /// What it offers.
    fn offers(&self) -> Offers<Self::Client>;

    /// The host ends the process in order: it has taken in every answer that was made with `client`.
    fn close(&self, _client: &Self::Client) {}
}

/// What a provider offers.
pub struct Offers<C> {
    pub(super) resources: Vec<Box<dyn AnyResource<C>>>,
    pub(super) data_sources: Vec<Box<dyn AnyDataSource<C>>>,
    pub(super) ephemerals: Vec<Box<dyn AnyEphemeral<C>>>,
    pub(super) functions: Vec<Box<dyn Function>>,
}

impl<C> Default for Offers<C> {
    fn default() -> Self {
        Self {
            resources: Vec::new(),
            data_sources: Vec::new(),
            ephemerals: Vec::new(),
            functions: Vec::new(),
        }
    }
}

impl<C: Send + Sync + 'static> Offers<C> {
    /// Adds a resource.
    #[must_use]
    pub fn resource(mut self, resource: impl Resource<Client = C>) -> Self {
        self.resources.push(Box::new(ServedResource::new(resource)));
        self
    }

    /// Adds a data source.
    #[must_use]
    pub fn data_source(mut self, source: impl DataSource<Client = C>) -> Self {
        self.data_sources
            .push(Box::new(ServedDataSource::new(source)));
        self
    }

    /// Adds an ephemeral resource.
    #[must_use]
    pub fn ephemeral(mut self, ephemeral: impl Ephemeral<Client = C>) -> Self {
        self.ephemerals
            .push(Box::new(ServedEphemeral::new(ephemeral)));
        self
    }

    /// Adds a function.
    #[must_use]
    pub fn function(mut self, function: impl Function) -> Self {
        self.functions.push(Box::new(function));
        self
    }
}

/// Something that is read and never changed.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    /// Its name without the provider's.
    const NAME: &'static str;
    /// What the provider hands to each call.
    type Client: Send + Sync + 'static;
    /// What the user asks for. Its doc comment is the documentation.
    type Query: Block;
    /// What is answered. An attribute that the query has too fills that one in where it is left out.
    type Outputs: Block;

    /// Judges what the user wrote, as far as it is known.
    fn check(&self, _query: &Self::Query, _diagnostics: &mut Diagnostics) {}

    /// Reads it.
    async fn read(
        &self,
        call: &Call<Self::Client>,
        query: &Self::Query,
    ) -> Result<Self::Outputs, Failure>;
}

/// Something that lives as long as one run and is never stored.
#[async_trait]
pub trait Ephemeral: Send + Sync + 'static {
    /// Its name without the provider's.
    const NAME: &'static str;
    /// What the provider hands to each call.
    type Client: Send + Sync + 'static;
    /// What the user asks for. Its doc comment is the documentation.
    type Query: Block;
    /// What is answered.
    type Outputs: Block;

    /// Judges what the user wrote, as far as it is known.
    fn check(&self, _query: &Self::Query, _diagnostics: &mut Diagnostics) {}

    /// Opens it.
    async fn open(
        &self,
        call: &Call<Self::Client>,
        query: &Self::Query,
    ) -> Result<(Self::Outputs, Lease), Failure>;

    /// Makes it last longer.
    async fn renew(&self, _call: &Call<Self::Client>, lease: Lease) -> Result<Lease, Failure> {
        Ok(Lease {
            renew_at: None,
            ..lease
        })
    }

    /// Ends it.
    async fn close(&self, _call: &Call<Self::Client>, _lease: Lease) -> Result<(), Failure> {
        Ok(())
    }
}

/// How long an ephemeral resource lasts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lease {
    /// When it must be renewed; `None` when never.
    pub renew_at: Option<SystemTime>,
    /// What renewing and closing need to know. It may be secret; nobody stores it.
    pub private: Json,
}

/// A function of its arguments alone.
pub trait Function: Send + Sync + 'static {
    /// Its name.
    fn name(&self) -> &'static str;

    /// Its parameters and result.
    fn signature(&self) -> Signature;

    /// Its result.
    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError>;
}

/// The answer when something is asked for that the provider does not have.
pub(super) fn unknown_type(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("No such {kind}"),
        format!("This version of the provider has no {kind} `{name}`."),
    )
}
