//! One verb's work on one binding: what both creating and changing it do.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::{
    core::v1::Namespace,
    rbac::v1::{ClusterRoleBinding, RoleBinding},
};
use serde_json::json;

use super::{
    AadBinding,
    grant::{self, Grant},
    objects::{Bound, Objects, Role},
    outputs::Outputs,
    own::{self, Own},
    places::BindingFields,
    probes, proof,
    proof::Proof,
    registry::{self, Clash, Stage},
    resolve::{self, Settled},
    revoke::{self, Before},
    roles::{self, Found},
    spec::Spec,
    subject::Subject,
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

/// How often an apply looks whether another binding loses a right that this one gives.
const LOOKS: u32 = 4;

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
            return Err(work.given_twice(&clash).into());
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

    /// Refuses what the cluster would refuse or nobody could want: a role that does not exist, a namespace that does
    /// not, a right that another binding gives. Says what to prove afterwards.
    pub(super) async fn judge(&self, objects: &Objects) -> Result<Judged, Failure> {
        let bindings = &self.inside.call.client.bindings;
        let others = match bindings.found_in(&self.inside).await {
            Ok(others) => Some(others),
            Err(error) if error.is_forbidden() => None,
            Err(error) => return Err(self.fail(&error).await),
        };
        if let Some(others) = &others {
            self.judge_others(objects, others).await?;
        }
        let mut told = Vec::new();
        let places: Vec<Option<&str>> = match &objects.namespaces {
            None => vec![None],
            Some(names) => names.iter().map(|name| Some(name.as_str())).collect(),
        };
        let mut probes = Some(Vec::new());
        for place in places {
            if let Some(name) = place
                && let Some(problem) = self.namespace_problem(name).await?
            {
                told.push(problem);
                continue;
            }
            match self.role(&objects.role, place).await? {
                Found::Rules(rules) => {
                    if probes.as_ref().is_some_and(Vec::is_empty) {
                        probes = Some(probes::of_rules(&rules));
                    }
                }
                Found::Missing(names) => {
                    let of = place.filter(|_| matches!(objects.role, Role::Namespaced(_)));
                    told.push(roles::missing(self.spec, &objects.role, of, &names));
                }
                Found::Unreadable => probes = None,
            }
        }
        if told.is_empty() {
            Ok(Judged {
                others: others.unwrap_or_default(),
                probes,
            })
        } else {
            let mut diagnostics = crate::framework::Diagnostics::default();
            diagnostics.extend(told);
            Err(diagnostics.into())
        }
    }

    /// Refuses a right that another binding gives. One of this configuration may lose the right in the same apply,
    /// before or after this one gets it, and is given some time to do so; one that keeps it was an error in the plan,
    /// unless the plan left it out. Without an owner nobody can tell whose a binding is.
    async fn judge_others(&self, objects: &Objects, others: &[Bound]) -> Result<(), Failure> {
        let pause = self.inside.cluster.azure().poll_interval();
        for look in 1.. {
            let Some((clash, is_own)) = self.perhaps_given(objects, others)? else {
                break;
            };
            if look == LOOKS && is_own {
                self.inside.call.warn(own_twice(self.spec, &clash));
                break;
            } else if look == LOOKS {
                let told = perhaps_twice(self.spec, &clash);
                return Err(told.into());
            }
            if let Err(ended) = self.inside.pause(pause).await {
                return Err(self.fail(&ended).await);
            }
        }
        Ok(())
    }

    /// A right that another binding gives until now, and whether that one is known to be of this configuration: first
    /// of all one of which that is not known. An error where it is another configuration's.
    fn perhaps_given(
        &self,
        objects: &Objects,
        others: &[Bound],
    ) -> Result<Option<(Clash, bool)>, Diagnostic> {
        let bindings = &self.inside.call.client.bindings;
        let (mut own, mut perhaps) = (None, None);
        for other in others {
            if bindings.is_touched(Stage::Applied, other) {
                continue;
            }
            let Some(clash) = registry::clash_in_cluster(objects, [other]) else {
                continue;
            };
            match registry::is_anothers(&self.inside, other) {
                Some(true) => return Err(self.given_twice(&clash)),
                Some(false) => own = own.or(Some((clash, true))),
                None => perhaps = perhaps.or(Some((clash, false))),
            }
        }
        Ok(perhaps.or(own))
    }

    async fn role(&self, role: &Role, place: Option<&str>) -> Result<Found, Failure> {
        match roles::find(&self.inside, role, place).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.fail(&error).await),
        }
    }

    /// Why nothing can be bound in a namespace.
    async fn namespace_problem(&self, name: &str) -> Result<Option<Diagnostic>, Failure> {
        let cluster = &self.inside.cluster;
        let found = match cluster
            .get::<Namespace>(None, name, &self.inside.limits)
            .await
        {
            Ok(found) => found,
            // Whoever may bind in a namespace need not be able to read it.
            Err(error) if error.is_forbidden() => return Ok(None),
            Err(error) => return Err(self.fail(&error).await),
        };
        let attribute = &self.spec.namespaces;
        Ok(match found {
            None => Some(attribute.error(
                "Namespace does not exist",
                format!("`namespaces` names {name:?}, and the cluster has no such namespace. Create it with a `secureaks_namespace` and refer to its name (`namespaces = [secureaks_namespace.NAME.name]`), so that it is created first; or name one that exists."),
            )),
            Some(namespace) if namespace.metadata.deletion_timestamp.is_some() => {
                Some(attribute.error(
                    "Namespace is being deleted",
                    format!("`namespaces` names {name:?}, which is being deleted. Wait until it is gone and create it anew, or name another."),
                ))
            }
            Some(_) => None,
        })
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
                "whoever applies may not read the role".to_owned(),
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

    fn given_twice(&self, clash: &Clash) -> Diagnostic {
        given_twice(self.spec, clash)
    }

    /// Notes that there is work which is not done.
    pub(super) fn begun(&self) {
        self.inside.call.keep_private(PENDING, json!(true));
    }
}

/// What [`Work::judge`] found out.
pub(super) struct Judged {
    /// The bindings of ours in the cluster; none where they may not be listed.
    pub(super) others: Arc<Vec<Bound>>,
    /// What to prove; `None` where the role may not be read.
    pub(super) probes: Option<Vec<probes::Probe>>,
}

/// The error about a right that two bindings give.
pub(super) fn given_twice(spec: &Spec, clash: &Clash) -> Diagnostic {
    spec.principals.error(
        "Two bindings give the same right",
        format!("{} by the binding {:?} already. Whichever of the two was removed would take the right away: name the principal in one of them only.", capital(&clash.right), clash.other),
    )
}

/// The error about a right that a binding keeps and the plan gives by another one too.
pub(super) fn kept_and_given(spec: &Spec, clash: &Clash) -> Diagnostic {
    let told = given_twice(spec, clash);
    let detail = format!(
        "{} by this binding, which stays as it is, and the plan gives it by the binding {:?} too. Whichever of the two was removed would take the right away: name the principal in one of them only.",
        capital(&clash.right),
        clash.other
    );
    Diagnostic { detail, ..told }
}

/// The error about a right that two bindings give, where the other may be one of this configuration.
pub(super) fn perhaps_twice(spec: &Spec, clash: &Clash) -> Diagnostic {
    let told = given_twice(spec, clash);
    let detail = format!(
        "{} If this configuration takes it from that one, apply that first. With `owner` in the provider block it is known whose a binding is.",
        told.detail
    );
    Diagnostic { detail, ..told }
}

/// The warning about a right that this configuration's own bindings give twice for now.
fn own_twice(spec: &Spec, clash: &Clash) -> Diagnostic {
    spec.principals.warning(
        "Two bindings of this configuration give the same right",
        format!("{} by the binding {:?} until now. Unless the rest of this apply takes it from that one, name the principal in one of the two only.", capital(&clash.right), clash.other),
    )
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    first
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
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
