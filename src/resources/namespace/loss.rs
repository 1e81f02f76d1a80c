//! What would be lost with a namespace.

use k8s_openapi::api::{
    apps::v1::{DaemonSet, Deployment, StatefulSet},
    batch::v1::{CronJob, Job},
    core::v1::{PersistentVolumeClaim, Pod},
};

use crate::{
    kube::{self, Object},
    resources::inside::Inside,
};

/// The workloads and volume claims of a namespace, each as `Deployment web`. What another object
/// made, as a Deployment its pods, is not named.
pub(super) async fn loss(work: &Inside<'_>, namespace: &str) -> Result<Vec<String>, kube::Error> {
    let kinds = futures::try_join!(
        Box::pin(of::<Deployment>(work, namespace)),
        Box::pin(of::<StatefulSet>(work, namespace)),
        Box::pin(of::<DaemonSet>(work, namespace)),
        Box::pin(of::<CronJob>(work, namespace)),
        Box::pin(of::<Job>(work, namespace)),
        Box::pin(of::<Pod>(work, namespace)),
        Box::pin(of::<PersistentVolumeClaim>(work, namespace)),
    )?;
    Ok(<[_; 7]>::from(kinds).concat())
}

async fn of<K: Object>(work: &Inside<'_>, namespace: &str) -> Result<Vec<String>, kube::Error> {
    let found = match work
        .cluster
        .list::<K>(Some(namespace), None, &work.limits)
        .await
    {
        Ok(found) => found,
        Err(error) if error.is_not_found() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let own = found
        .iter()
        .map(K::meta)
        .filter(|meta| meta.owner_references.as_ref().is_none_or(Vec::is_empty));
    let mut names: Vec<String> = own
        .map(|meta| {
            format!(
                "{} `{}`",
                K::kind(&()),
                meta.name.clone().unwrap_or_default()
            )
        })
        .collect();
    names.sort();
    Ok(names)
}

/// The first few by name, and how many more there are.
pub(super) fn named(lost: &[String]) -> String {
    const FEW: usize = 5;
    let first = lost.iter().take(FEW).cloned().collect::<Vec<_>>();
    match lost.len().checked_sub(FEW) {
        None | Some(0) => first.join(", "),
        Some(more) => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn many_objects_are_counted() {
        let many: Vec<String> = (0..8).map(|n| format!("Pod `p{n}`")).collect();

        let texts = [named(&many[..2]), named(&many[..5]), named(&many)];

        assert_eq!(
            texts,
            [
                "Pod `p0`, Pod `p1`",
                "Pod `p0`, Pod `p1`, Pod `p2`, Pod `p3`, Pod `p4`",
                "Pod `p0`, Pod `p1`, Pod `p2`, Pod `p3`, Pod `p4` and 3 more",
            ]
        );
    }
}
