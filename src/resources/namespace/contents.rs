//! Bringing what is in a namespace of ours to what is wanted.

use k8s_openapi::api::{
    core::v1::{LimitRange, ResourceQuota},
    networking::v1::NetworkPolicy,
};

use super::{
    body::{Contents, DENY, DNS, LIMITS, QUOTA},
    read::is_ours,
};
use crate::{
    framework::{Diagnostic, Failure},
    kube::{self, Apply, Object},
    resources::inside::{Fields, Inside},
    value::Path,
};

/// Applies what is wanted and deletes what is not, all at once. Each part can be done again.
pub(super) async fn converge(
    work: &Inside<'_>,
    namespace: &str,
    wanted: &Contents,
    how: Apply,
) -> Result<(), Failure> {
    let (quota, limits, deny, dns) = futures::join!(
        Box::pin(part::<ResourceQuota>(
            work,
            namespace,
            QUOTA,
            wanted.quota.as_ref(),
            how
        )),
        Box::pin(part::<LimitRange>(
            work,
            namespace,
            LIMITS,
            wanted.limits.as_ref(),
            how
        )),
        Box::pin(part::<NetworkPolicy>(
            work,
            namespace,
            DENY,
            wanted.deny.as_ref(),
            how
        )),
        Box::pin(part::<NetworkPolicy>(
            work,
            namespace,
            DNS,
            wanted.dns.as_ref(),
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
        let Err(error) = outcome else { continue };
        match work.fail(&error, &Within(attribute)).await {
            Failure::Failed(errors) => told.extend(errors),
            interrupted @ Failure::Interrupted(_) => return Err(interrupted),
        }
    }
    if told.is_empty() {
        Ok(())
    } else {
        Err(Failure::Failed(told))
    }
}

async fn part<K: Object>(
    work: &Inside<'_>,
    namespace: &str,
    name: &str,
    wanted: Option<&K>,
    how: Apply,
) -> Result<(), kube::Error> {
    let cluster = &work.cluster;
    if let Some(wanted) = wanted {
        return cluster.apply(wanted, how, &work.limits).await.map(drop);
    }
    // What others made under the name is not ours to delete.
    let found = cluster
        .get::<K>(Some(namespace), name, &work.limits)
        .await?;
    match found.filter(is_ours) {
        Some(found) => {
            let uid = found.meta().uid.as_deref();
            cluster
                .delete::<K>(Some(namespace), name, uid, &work.limits)
                .await
        }
        None => Ok(()),
    }
}

/// All fields of an object stand for one attribute.
struct Within(&'static str);

impl Fields for Within {
    fn attribute(&self, _field: &str) -> Path {
        Path::attribute(self.0)
    }
}
