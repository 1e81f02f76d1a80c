//! One verb's work on one binding: what both creating and changing it do.

use std::time::Duration;

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};
use serde_json::json;

use super::{
    AadBinding,
    grant::{self, Grant},
    objects::{Bound, Objects},
    outputs::Outputs,
    own::{self, Own},
    places::BindingFields,
    probes, proof,
    proof::Proof,
    registry::{self, Stage},
    resolve::{self, Settled},
    revoke::{self, Before},
    spec::Spec,
    subject::Subject,
    twice::given_twice,
};
use crate::{
    azure::arm::ResourceId,
    framework::{Diagnostic, Failure, PENDING, State, Verb},
    kube::{Apply, Error},
    resources::{
        inside::{Inside, NoFields},
        refusals,
    },
};

/// What is worked on, for messages.
pub(super) const WHAT: &str = "binding";

/// How long an apply asks again about a principal that the directory does not know yet.
const SPREADING: Duration = Duration::from_mins(1);

/// The work.
pub(super) struct Work<'a> {
    /// In the cluster.
    pub(super) inside: Inside<'a>,
    /// The binding.
    pub(super) id: ResourceId,
    /// What is wanted.
    pub(super) spec: &'a Spec,
    /// Whom for.
    pub(super) subjects: Vec<Subject>,
}

impl<'a> Work<'a> {
    /// Finds out whom a binding is for, who are those that the plan says as far as it does, and that its rights are
    /// given by no other binding.
    pub(super) async fn begin(
        inside: Inside<'a>,
        id: ResourceId,
        spec: &'a Spec,
    ) -> Result<Self, Failure> {
        inside.warn_of_local_administrator().await;
        let principals = spec.principals.known()?;
        let azure = inside.cluster.azure();
        let settled = Settled::in_plan(&inside.call.planned_outputs(), principals);
        let resolved =
            resolve::resolve(azure, principals, &settled, SPREADING, &inside.limits).await;
        let resolved =
            resolved.map_err(|error| refusals::tell(&error, inside.verb, WHAT, &NoFields))?;
        for warning in resolved.warnings {
            inside.call.warn(warning);
        }
        let subjects = resolve::to_bind(principals, &settled, resolved.outcomes);
        let subjects = subjects.map_err(Failure::Failed)?;
        let work = Self {
            inside,
            id,
            spec,
            subjects,
        };
        // What Azure cannot be asked for is told before anything is made.
        Grant::wanted(spec, work.inside.cluster.id(), &work.subjects)?;
        let rights = registry::rights(spec, &work.subjects);
        let bindings = &work.inside.call.client.bindings;
        let clash = bindings.claim(
            Stage::Applied,
            work.inside.cluster.id(),
            &work.id,
            &rights,
            true,
        );
        if let Some(clash) = clash {
            return Err(given_twice(work.spec, &clash).into());
        }
        bindings.touch(Stage::Applied, Own::of(work.inside.call).uids());
        Ok(work)
    }

    /// What the cluster refused, in the user's words.
    pub(super) async fn fail(&self, error: &Error) -> Failure {
        self.inside.fail(error, &BindingFields).await
    }

    /// The objects that are wanted in the cluster; `None` when Azure's role gives the rights.
    pub(super) fn objects(&self, own: &Own) -> Result<Option<Objects>, Diagnostic> {
        Objects::wanted(self.spec, &self.subjects, own.mark().map(str::to_owned))
    }

    /// Refuses to apply over objects of another configuration or, unless told to, of another tool.
    pub(super) async fn stand(&self, objects: &Objects, own: &Own) -> Result<(), Failure> {
        let force = *self.spec.force_conflicts.known()?;
        own::stand(&self.inside, &self.id, objects, own, force, &BindingFields).await
    }

    /// Gives the objects the mark that tells other machines that a state holds them, where there is such a mark.
    pub(super) async fn close(&self, own: Own) -> Result<(), Failure> {
        let Some(mark) = self.inside.call.client.ownership.ended(&self.id) else {
            return Ok(());
        };
        let own = own.with(&self.inside, mark.to_string());
        match self.objects(&own)? {
            Some(objects) => self.apply(&objects).await,
            None => Ok(()),
        }
    }

    /// The same work for its last steps, which are not given up because Terraform says Stop.
    pub(super) fn ending(&self) -> Self {
        Self {
            inside: self.inside.ending(),
            id: self.id.clone(),
            spec: self.spec,
            subjects: self.subjects.clone(),
        }
    }

    /// Keeps what is known of the binding, so that it is in the state whatever happens.
    pub(super) fn keep(&self) {
        self.inside
            .call
            .keep(&Outputs::of(&self.id, &self.subjects, None));
    }

    /// Keeps what is known of the binding, and one more object of it.
    fn made(&self, bound: &Bound) {
        Own::note(&self.inside, bound);
        let bindings = &self.inside.call.client.bindings;
        bindings.touch(Stage::Applied, bound.uid.as_ref());
        self.keep();
    }

    /// Applies the objects, each where it belongs.
    pub(super) async fn apply(&self, objects: &Objects) -> Result<(), Failure> {
        let how = Apply {
            force: *self.spec.force_conflicts.known()?,
            dry_run: false,
        };
        let (cluster, limits) = (&self.inside.cluster, &self.inside.limits);
        let outcome = match &objects.namespaces {
            None => {
                let wanted = objects.cluster_role_binding();
                let applied = cluster.apply(&wanted, how, limits).await;
                applied.map(|applied| self.made(&Bound::from(&applied)))
            }
            Some(names) => {
                let mut outcome = Ok(());
                for name in names {
                    let wanted = objects.role_binding(name);
                    outcome = cluster
                        .apply(&wanted, how, limits)
                        .await
                        .map(|applied| self.made(&Bound::from(&applied)));
                    if outcome.is_err() {
                        break;
                    }
                }
                outcome
            }
        };
        match outcome {
            Ok(()) => Ok(()),
            Err(error) => Err(self.fail(&error).await),
        }
    }

    /// Deletes objects of this binding that are not wanted any more: where it was before, and where an
    /// earlier run that did not come to its end has left them.
    pub(super) async fn remove_others(
        &self,
        objects: &Objects,
        own: &Own,
        before: Vec<Option<String>>,
        others: &[Bound],
    ) -> Result<(), Failure> {
        let mut places = own.places_in(&objects.name, others);
        places.extend(before);
        places.retain(|place| match (&objects.namespaces, place) {
            (None, None) => false,
            (Some(wanted), Some(name)) => !wanted.contains(name),
            _ => true,
        });
        for place in places {
            let removed = own::remove(&self.inside, own, place.as_deref(), &objects.name).await;
            if let Err(error) = removed {
                return Err(self.fail(&error).await);
            }
        }
        Ok(())
    }

    /// Looks which role assignments were given for the binding before.
    pub(super) async fn given_before(
        &self,
        prior: Option<&State<AadBinding>>,
    ) -> Result<Before, Failure> {
        revoke::look(&self.inside, &self.id, self.spec, prior).await
    }

    /// Gives the Azure half, and takes away what of it was given before and is not wanted any more.
    pub(super) async fn grant(&self, before: &Before) -> Result<(), Failure> {
        let grants = Grant::wanted(self.spec, self.inside.cluster.id(), &self.subjects)?;
        if self.spec.is_azures() && !grants.is_empty() {
            grant::make(&self.inside, grants.get(..1).unwrap_or_default()).await?;
            self.keep();
        }
        grant::make(&self.inside, &grants).await?;
        revoke::all_but(&self.inside, before, &grants, self.id.name()).await
    }

    /// Proves that the binding has effect, and says so. What is not effective yet is looked at again by the next apply.
    pub(super) async fn prove(&self, probes: Option<&[probes::Probe]>) -> Result<Outputs, Failure> {
        let verify = *self.spec.verify.known()?;
        let outcome = match (verify, self.spec.azure_role.if_set(), probes) {
            (false, ..) => None,
            (true, Some(role), _) if self.spec.is_azures() => {
                Some(proof::of_azure_role(&self.inside, self.spec, role, &self.subjects).await)
            }
            (true, _, Some(probes)) => {
                Some(proof::of_binding(&self.inside, self.spec, probes, &self.subjects).await)
            }
            (true, _, None) => Some(Ok(Proof::Open(
                "the signed-in identity may not read the role".to_owned(),
            ))),
        };
        let effective = match outcome {
            None => None,
            Some(Err(error)) if !matches!(error, Error::Cancelled) && self.spec.is_azures() => {
                // A role of Azure's is given without the cluster being reached.
                self.warn_of(&Proof::Open(format!(
                    "the cluster could not be asked: {error}"
                )))?;
                None
            }
            Some(Err(error)) => return Err(self.fail(&error).await),
            Some(Ok(proof)) => {
                self.warn_of(&proof)?;
                match proof {
                    Proof::Effective => Some(true),
                    Proof::NotYet(_) => Some(false),
                    Proof::Refused(_) | Proof::Open(_) => None,
                }
            }
        };
        if effective != Some(false) {
            self.inside.call.drop_private(PENDING);
        }
        Ok(Outputs::of(&self.id, &self.subjects, effective))
    }

    fn warn_of(&self, proof: &Proof) -> Result<(), Diagnostic> {
        if let Some(warning) = proof::told(proof)? {
            self.inside.call.warn(warning);
        }
        Ok(())
    }

    /// Notes that there is work which is not done.
    pub(super) fn begun(&self) {
        self.inside.call.keep_private(PENDING, json!(true));
    }
}

/// All bindings of ours in the cluster.
pub(super) async fn bound_of_ours(inside: &Inside<'_>) -> Result<Vec<Bound>, Error> {
    let (cluster, limits) = (&inside.cluster, &inside.limits);
    let wide = cluster.ours::<ClusterRoleBinding>(limits).await?;
    let narrow = cluster.ours::<RoleBinding>(limits).await?;
    let wide = wide.values().map(Bound::from);
    Ok(wide.chain(narrow.values().map(Bound::from)).collect())
}

/// Which verb's words a message uses while a plan is made.
pub(super) const PLANNING: Verb = Verb::Read;
