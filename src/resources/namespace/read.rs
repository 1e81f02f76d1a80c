//! Reading a namespace and what is in it of ours.

use k8s_openapi::api::{
    core::v1::{LimitRange, Namespace as Object, ResourceQuota},
    networking::v1::NetworkPolicy,
};

use super::{
    MARKS, Namespace, WHAT,
    body::{DENY, DNS, LIMITS, QUOTA},
    live::{self, Live},
    outputs::Outputs,
    place::Place,
    spec::Spec,
};
use crate::{
    framework::{Call, Diagnostic, Failure, PENDING, State, Verb},
    kube::{self, LABEL, MANAGER, Object as Kind},
    resources::{
        Session,
        inside::{Inside, MARK},
    },
};

/// Reads the namespace.
pub(super) async fn read(
    call: &Call<Session>,
    prior: &State<Namespace>,
) -> Result<Option<State<Namespace>>, Failure> {
    let place = super::place_in(&prior.outputs)?;
    let work = Inside::within(call, &place.cluster, Verb::Read, WHAT)?;
    let live = match Box::pin(find(&work, &place, &prior.spec)).await {
        Ok(Some(live)) => live,
        Ok(None) => return Ok(None),
        Err(error) => return work.unread(place.id.as_str(), &error).await,
    };
    if is_another(&live.namespace, prior.outputs.uid.value()) {
        call.warn(made_anew(&place));
        return Ok(None);
    }
    // The state names the namespace, so that nobody needs the journal to find it.
    call.client.ownership.settle(&place.id).await;
    if is_terminating(&live.namespace) {
        call.warn(Diagnostic::warning(
            "Namespace is being deleted",
            format!(
                "{} is being deleted. It is still there, and can be read and not changed.",
                place.id
            ),
        ));
        // It must not pass for a namespace that is as wanted.
        call.keep_private(PENDING, true.into());
    } else if mark(&live.namespace)
        .is_some_and(|mark| call.client.ownership.is_unclosed(&place.id, mark))
    {
        // The create that made it was cut short, and its mark says so to other machines yet.
        call.keep_private(PENDING, true.into());
    } else {
        call.drop_private(PENDING);
    }
    let cluster = place.cluster.as_str();
    Ok(Some(State {
        spec: live::spec(cluster, &live, MANAGER, &MARKS, Some(&prior.spec)),
        outputs: outputs(&place, &live.namespace, prior.outputs.is_adopted()),
    }))
}

/// What the service says about a namespace. Whether it was there before is decided once, when it comes into the state.
pub(super) fn outputs(place: &Place, found: &Object, is_adopted: bool) -> Outputs {
    let phase = found
        .status
        .as_ref()
        .and_then(|status| status.phase.clone())
        .unwrap_or_else(|| "Active".to_owned());
    Outputs {
        uid: found.metadata.uid.clone().into(),
        adopted: is_adopted.into(),
        phase: phase.into(),
        ..Outputs::of(place)
    }
}

/// The mark of a namespace that the provider created, from whichever configuration; none on one that another hand made.
pub(super) fn mark<K: Kind>(found: &K) -> Option<&str> {
    let annotations = found.meta().annotations.as_ref()?;
    annotations.get(MARK).map(String::as_str)
}

/// Whether a namespace is another than the one of that name which had the uid.
pub(super) fn is_another(found: &Object, uid: Option<&String>) -> bool {
    uid.is_some() && found.metadata.uid.as_ref() != uid
}

fn made_anew(place: &Place) -> Diagnostic {
    Diagnostic::warning(
        "Namespace was made anew by another hand",
        format!(
            "{0} was deleted, and what has its name now is another namespace, which this configuration did not create. It leaves the state, and stays as it is. Take it over with `terraform import secureaks_namespace.NAME '{0}'`, delete it, or choose another name: a create refuses it.",
            place.id
        ),
    )
}

/// Whether a namespace is being deleted.
pub(super) fn is_terminating(found: &Object) -> bool {
    found.metadata.deletion_timestamp.is_some()
}

/// Whether an object is one that the provider made, for whichever configuration.
pub(super) fn is_the_providers<K: Kind>(found: &K) -> bool {
    let labels = found.meta().labels.as_ref();
    labels
        .and_then(|labels| labels.get(LABEL))
        .map(String::as_str)
        == Some(MANAGER)
}

/// The marks by which the parts of a namespace are told: another mark was given for another namespace, or by another
/// configuration.
#[derive(Debug)]
pub(super) struct PartMarks {
    /// What the namespace carries; `None` when another hand made it.
    namespace: Option<String>,
    /// What the namespace carries once its create has ended, and its parts from the start.
    ended: Option<String>,
}

impl PartMarks {
    /// The marks in a namespace that carries `namespace`.
    pub(super) fn within(work: &Inside<'_>, place: &Place, namespace: Option<&str>) -> Self {
        let ended = work.call.client.ownership.ended(&place.id);
        Self {
            namespace: namespace.map(str::to_owned),
            ended: ended.map(|mark| mark.to_string()),
        }
    }

    /// Whether an object in the namespace is the namespace's own part.
    pub(super) fn has<K: Kind>(&self, found: &K) -> bool {
        let same = match (self.namespace.as_deref(), mark(found)) {
            (Some(namespace), Some(mark)) => {
                mark == namespace || self.ended.as_deref() == Some(mark)
            }
            _ => true,
        };
        same && is_the_providers(found)
    }
}

/// The namespace and what is in it of ours; `None` when it is gone. What the state says is not
/// there is not looked for, as nobody else has a reason to make it.
async fn find(work: &Inside<'_>, place: &Place, prior: &Spec) -> Result<Option<Live>, kube::Error> {
    // After an import the state says nothing.
    let imported = prior.name.if_known().is_none();
    let network = prior.network.if_known();
    let said = |attribute: &crate::framework::Attr<bool>| attribute.if_known() == Some(&true);
    let egress = network.is_some_and(|network| said(&network.default_deny_egress));
    let ingress = network.is_some_and(|network| said(&network.default_deny_ingress));
    let dns = network.is_some_and(|network| said(&network.allow_dns));
    let (namespace, quota, limits, deny, dns) = futures::join!(
        Box::pin(work.cluster.find::<Object>(None, &place.name, &work.limits)),
        Box::pin(part::<ResourceQuota>(
            work,
            place,
            QUOTA,
            imported || prior.quota.if_set().is_some()
        )),
        Box::pin(part::<LimitRange>(
            work,
            place,
            LIMITS,
            imported || prior.limits.if_set().is_some()
        )),
        Box::pin(part::<NetworkPolicy>(
            work,
            place,
            DENY,
            imported || ingress || egress
        )),
        Box::pin(part::<NetworkPolicy>(
            work,
            place,
            DNS,
            imported || (egress && dns)
        )),
    );
    let Some(namespace) = namespace? else {
        return Ok(None);
    };
    let marks = PartMarks::within(work, place, mark(&namespace));
    Ok(Some(Live {
        quota: quota?.filter(|found| marks.has(found)),
        limits: limits?.filter(|found| marks.has(found)),
        deny: deny?.filter(|found| marks.has(found)),
        dns: dns?.filter(|found| marks.has(found)),
        namespace,
    }))
}

async fn part<K: Kind>(
    work: &Inside<'_>,
    place: &Place,
    name: &str,
    wanted: bool,
) -> Result<Option<K>, kube::Error> {
    if !wanted {
        return Ok(None);
    }
    work.cluster
        .find::<K>(Some(&place.name), name, &work.limits)
        .await
}
