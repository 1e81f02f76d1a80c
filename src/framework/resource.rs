//! What a resource is: a specification of the user's, outputs of the service's, and five verbs.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value as Json;

use super::{
    Block, Call, Diagnostic, Diagnostics, Severity, Span,
    plan::{self, Change},
    replacement::{Replacement, replacements},
    schema,
};
use crate::framework::Attr;
use crate::value::Value;

/// A kind of object that Terraform manages.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// Its name without the provider's: `cluster`.
    const NAME: &'static str;
    /// The version its states are written with.
    const VERSION: i64 = 0;
    /// What the provider hands to each call.
    type Client: Send + Sync + 'static;
    /// What the user writes. Its doc comment is the resource's documentation.
    type Spec: Block;
    /// What the service says.
    type Outputs: Block;
    /// What names the object at the service.
    type Identity: Block;

    /// Changes the defaults in `filled`, what the user wrote in `config` with the schema's
    /// defaults put in, where they depend on more than the attribute itself. `prior` is the state
    /// so far, null to create.
    fn defaults(&self, _filled: &mut Value, _config: &Value, _prior: &Value) {}

    /// Judges what the user wrote, as far as it is known, without asking anybody.
    fn check(&self, _spec: &Self::Spec, _diagnostics: &mut Diagnostics) {}

    /// Whether a change that needs a new object may be planned. When it may not, it is an error
    /// on the attribute, with [`Resource::LOSS`] and the way to allow it.
    fn replacement_allowed(&self, _spec: &Self::Spec) -> bool {
        true
    }

    /// What is lost with the object, and how to allow it all the same; the end of the error that
    /// refuses a replacement.
    const LOSS: &'static str = "";

    /// Whether `change` needs a new object though its attribute does not always do: the reason.
    fn replaces(
        &self,
        _change: &Change<'_>,
        _prior: &State<Self>,
        _spec: &Self::Spec,
    ) -> Option<&'static str>
    where
        Self: Sized,
    {
        None
    }

    /// Whether `change`, to a value that is not known, needs a new object: what the object is in is made anew by the
    /// same plan. Any other value that is not known is taken for the one there is, until it is known.
    fn goes_with(
        &self,
        _client: &Self::Client,
        _change: &Change<'_>,
        _prior: &State<Self>,
    ) -> Option<&'static str>
    where
        Self: Sized,
    {
        None
    }

    /// What tells this object from another that has, or had, the same name; `None` where the outputs do not say.
    fn instance<'a>(&self, _outputs: &'a Self::Outputs) -> Option<&'a str> {
        None
    }

    /// Whether the object is already what `change` makes of an attribute that was left to the
    /// service so far. Then writing it down needs no new object.
    fn is_already(&self, _change: &Change<'_>, _prior: &State<Self>) -> bool
    where
        Self: Sized,
    {
        false
    }

    /// Judges a plan, asking the service where that helps. Errors stop the plan. What is known
    /// already of the outputs that apply will return is said with [`Call::plan_outputs`].
    async fn plan(
        &self,
        _call: &Call<Self::Client>,
        _plan: Planned<'_, Self>,
    ) -> Result<(), Failure>
    where
        Self: Sized,
    {
        Ok(())
    }

    /// Creates the object. What exists is to be kept with [`Call::keep`] as soon as it does.
    async fn create(
        &self,
        call: &Call<Self::Client>,
        spec: &Self::Spec,
    ) -> Result<Self::Outputs, Failure>;

    /// Reads the live object; `None` when it is gone. The specification is rebuilt from the
    /// object; what is not the object's is left empty, and the framework fills it in.
    async fn read(
        &self,
        call: &Call<Self::Client>,
        prior: &State<Self>,
    ) -> Result<Option<State<Self>>, Failure>
    where
        Self: Sized;

    /// Changes the object in place.
    async fn update(
        &self,
        call: &Call<Self::Client>,
        prior: &State<Self>,
        spec: &Self::Spec,
    ) -> Result<Self::Outputs, Failure>
    where
        Self: Sized;

    /// Deletes the object.
    async fn delete(&self, call: &Call<Self::Client>, prior: &State<Self>) -> Result<(), Failure>
    where
        Self: Sized;

    /// Notes what has come of the object whose state is `state`.
    fn note(&self, _client: &Self::Client, _state: &State<Self>, _event: Event)
    where
        Self: Sized,
    {
    }

    /// The outputs with which a read finds the object that an import names.
    fn import(&self, target: ImportTarget<Self::Identity>) -> Result<Self::Outputs, Diagnostic>;

    /// What names the object, once it exists.
    fn identity(&self, state: &State<Self>) -> Option<Self::Identity>
    where
        Self: Sized;

    /// How long a verb may take; `None` where the user does not say.
    fn timeouts<'a>(&self, _spec: &'a Self::Spec) -> Option<&'a Timeouts> {
        None
    }

    /// A state of another type, taken over; `None` when it is not one this resource knows.
    fn adopt(&self, _source: &Source) -> Option<Result<Self::Outputs, Diagnostic>> {
        None
    }

    /// A state of an older schema version, as a JSON object of the present one.
    fn upgrade(&self, version: i64, _state: Json) -> Result<Json, Diagnostic> {
        Err(Diagnostic::error(
            "State is of an unknown version",
            format!(
                "The state was written with schema version {version}, which this version of the provider cannot read. Use the version of the provider that wrote it."
            ),
        ))
    }
}

/// What has come of an object, beside what the verbs do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The client is told that it exists: it was created or changed.
    Answered,
    /// A plan is to replace it.
    Replaced,
    /// A state that is read or planned with holds it.
    InState,
}

/// What an import is given.
#[derive(Debug)]
pub enum ImportTarget<I> {
    /// The id on the command line or in an `import` block.
    Id(String),
    /// The identity in an `import` block.
    Identity(I),
}

/// A state of another resource type.
#[derive(Debug)]
pub struct Source {
    /// The address of its provider, such as `registry.terraform.io/hashicorp/azurerm`.
    pub provider: String,
    /// Its type.
    pub type_name: String,
    /// The state.
    pub state: Json,
}

/// The two halves of a resource's state.
pub struct State<R: Resource> {
    /// The user's.
    pub spec: R::Spec,
    /// The service's.
    pub outputs: R::Outputs,
}

/// What a plan is judged by.
pub struct Planned<'a, R: Resource> {
    /// The state so far; `None` to create.
    pub prior: Option<&'a State<R>>,
    /// What is wanted; `None` to destroy.
    pub spec: Option<&'a R::Spec>,
    /// What changes of the user's attributes.
    pub changes: &'a [Change<'a>],
    /// Whether the object is made anew, in place of one that is deleted first.
    pub replaces: bool,
    /// The state after apply, as far as it is known.
    pub(super) after: &'a Value,
    /// What the resource declares.
    pub(super) block: &'a schema::Block,
    /// What the service says, as far as the plan knows it: what may change is unknown.
    pub outputs: R::Outputs,
}

impl<R: Resource> Planned<'_, R> {
    /// What a plan would refuse that made the object `live` what is wanted: changes that need a new object.
    pub fn refusals(&self, resource: &R, client: &R::Client, live: &State<R>) -> Vec<Diagnostic> {
        let Some(spec) = self.spec else {
            return Vec::new();
        };
        let found = plan::overlay(&live.spec.encode(), &live.outputs.encode());
        let found = plan::reconcile(self.block, &found, self.after);
        let changes = plan::changes(self.block, &found, self.after);
        replacements(resource, client, &changes, live, spec)
            .iter()
            .map(Replacement::refusal::<R>)
            .collect()
    }
}

/// How a verb ends short of success.
#[derive(Debug)]
pub enum Failure {
    /// It failed.
    Failed(Vec<Diagnostic>),
    /// The service accepted a creation, and it went wrong afterwards: what is told as errors here is told as warnings
    /// where the object was kept, so that no client marks it as tainted and has it replaced.
    Accepted(Vec<Diagnostic>),
    /// Terraform asked to stop; what was begun goes on at the service, and what is known of it
    /// was kept.
    Interrupted(Diagnostic),
}

impl Failure {
    /// What is told, each message as bad as it is where nothing was kept.
    pub fn told(self) -> Vec<Diagnostic> {
        match self {
            Self::Failed(told) | Self::Accepted(told) => told,
            Self::Interrupted(word) => vec![Diagnostic {
                severity: Severity::Error,
                ..word
            }],
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Failed(vec![diagnostic])
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Failed(diagnostics.into_vec())
    }
}

/// How long each verb may take.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct Timeouts {
    /// How long creating may take, such as `90m`.
    pub create: Attr<Option<Span>>,
    /// How long reading may take, such as `5m`.
    pub read: Attr<Option<Span>>,
    /// How long an update may take, such as `90m`.
    pub update: Attr<Option<Span>>,
    /// How long deleting may take, such as `90m`.
    pub delete: Attr<Option<Span>>,
}

/// What Terraform can be doing to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Creating it.
    Create,
    /// Reading or planning it.
    Read,
    /// Changing it in place.
    Update,
    /// Deleting it.
    Delete,
}

impl Timeouts {
    /// What the user says about `verb`.
    pub fn of(&self, verb: Verb) -> Option<Duration> {
        let span = match verb {
            Verb::Create => &self.create,
            Verb::Read => &self.read,
            Verb::Update => &self.update,
            Verb::Delete => &self.delete,
        };
        span.if_set().map(Span::duration)
    }
}
