//! Bringing what is in a namespace of ours to what is wanted.

use k8s_openapi::api::{
    core::v1::{LimitRange, ResourceQuota},
    networking::v1::NetworkPolicy,
};

use super::{
    body::{Contents, DENY, DNS, LIMITS, QUOTA},
    read::PartMarks,
};
use crate::{
    framework::{Diagnostic, Failure},
    kube::{self, Apply, Object},
    resources::inside::{Fields, Inside},
    value::Path,
};

/// Applies what is wanted and deletes what is not, all at once, in a namespace with these marks. Each part can be done again.
pub(super) async fn converge(
    work: &Inside<'_>,
    namespace: &str,
    wanted: &Contents,
    marks: &PartMarks,
    how: Apply,
) -> Result<(), Failure> {
    let (quota, limits, deny, dns) = futures::join!(
        Box::pin(part::<ResourceQuota>(
            work,
            namespace,
            QUOTA,
            wanted.quota.as_ref(),
            marks,
            how
        )),
        Box::pin(part::<LimitRange>(
            work,
            namespace,
            LIMITS,
            wanted.limits.as_ref(),
            marks,
            how
        )),
        Box::pin(part::<NetworkPolicy>(
            work,
            namespace,
            DENY,
            wanted.deny.as_ref(),
            marks,
            how
        )),
        Box::pin(part::<NetworkPolicy>(
            work,
            namespace,
            DNS,
            wanted.dns.as_ref(),
            marks,
            how
        )),
    );
    let mut told: Vec<Diagnostic> = Vec::new();
    let parts = [
        (quota, "quota"),
        (limits, "limits"),
        (deny, "network"),
        (dns, "network"),
    ];
    for (outcome, attribute) in parts {
        match outcome {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Foreign(object)) => told.push(
                Diagnostic::error(
                    "Name is taken in the namespace",
                    format!("There is a {object} in the namespace {namespace}, and the provider did not make it. It stays as it is. Delete or rename it, leave `{attribute}` out, or set `force_conflicts = true` to take it over."),
                )
                .at(&Path::attribute(attribute)),
            ),
            Err(error) => match work.fail(&error, &Within(attribute)).await {
                interrupted @ Failure::Interrupted(_) => return Err(interrupted),
                failure => told.extend(failure.told()),
            },
        }
    }
    if told.is_empty() {
        Ok(())
    } else {
        Err(Failure::Failed(told))
    }
}

/// What became of one part.
enum Outcome {
    /// It is as wanted.
    Done,
    /// Somebody else has an object of its name: `ResourceQuota quota`.
    Foreign(String),
}

async fn part<K: Object>(
    work: &Inside<'_>,
    namespace: &str,
    name: &str,
    wanted: Option<&K>,
    marks: &PartMarks,
    how: Apply,
) -> Result<Outcome, kube::Error> {
    let cluster = &work.cluster;
    let found = cluster
        .get::<K>(Some(namespace), name, &work.limits)
        .await?;
    match (wanted, found) {
        // To apply over what others made would put our label on it, and it would go with ours.
        (Some(_), Some(found)) if !marks.has(&found) && !how.force => {
            return Ok(Outcome::Foreign(format!("{} `{name}`", K::kind(&()))));
        }
        (Some(wanted), _) => {
            cluster.apply(wanted, how, &work.limits).await?;
        }
        (None, Some(found)) if marks.has(&found) => {
            let uid = found.meta().uid.as_deref();
            cluster
                .delete::<K>(Some(namespace), name, uid, &work.limits)
                .await?;
        }
        (None, _) => {}
    }
    Ok(Outcome::Done)
}

/// All fields of an object stand for one attribute.
struct Within(&'static str);

impl Fields for Within {
    fn attribute(&self, _field: &str) -> Path {
        Path::attribute(self.0)
    }
}
