//! What an apply looks at before it changes anything: the role, the namespaces, and who gives a right already.

use std::sync::Arc;

use k8s_openapi::api::core::v1::Namespace;

use super::{
    objects::{Bound, Objects, Role},
    probes,
    registry::{self, Clash, Stage},
    roles::{self, Found},
    twice::{given_twice, own_twice, perhaps_twice},
    work::Work,
};
use crate::framework::{Diagnostic, Diagnostics, Failure};

/// How often an apply looks whether another binding loses a right that this one gives.
const LOOKS: u32 = 4;

/// What [`Work::judge`] found out.
pub(super) struct Judged {
    /// The bindings of ours in the cluster; none where they may not be listed.
    pub(super) others: Arc<Vec<Bound>>,
    /// What to prove; `None` where the role may not be read.
    pub(super) probes: Option<Vec<probes::Probe>>,
}

impl Work<'_> {
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
            let mut diagnostics = Diagnostics::default();
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
                Some(true) => return Err(given_twice(self.spec, &clash)),
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
}
