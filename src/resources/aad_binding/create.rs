//! Creating a binding, or seeing through what a killed process began.

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};
use serde_json::json;

use super::{
    objects::Objects,
    outputs::{self, Outputs},
    places::BindingFields,
    spec::Spec,
    work::{WHAT, Work},
};
use crate::{
    framework::{Call, Failure, Verb},
    kube::Object,
    resources::{
        Session,
        inside::{Inside, Standing},
    },
};

/// Under this private name stands by what the objects are known as ours.
pub(super) const OWN_MARK: &str = "mark";

/// Creates the binding.
pub(super) async fn create(call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
    let inside = Inside::begin(call, &spec.cluster_id, Verb::Create, WHAT)?;
    let id = outputs::id_of(inside.cluster.id(), spec.name.known()?.as_ref())
        .map_err(|error| spec.name.error("Invalid id", error.to_string()))?;
    let work = Box::pin(Work::begin(inside, id, spec)).await?;
    let mark = work.inside.mark(&work.id).await?;
    call.keep_private(OWN_MARK, json!(mark));
    let Some(objects) = work.objects(Some(mark))? else {
        work.begun();
        work.grant().await?;
        return work.prove(None).await;
    };
    let judged = Box::pin(work.judge(&objects)).await?;
    stand(&work, &objects).await?;
    work.begun();
    work.apply(&objects).await?;
    work.remove_others(&objects, Vec::new(), &judged.others)
        .await?;
    work.grant().await?;
    work.prove(judged.probes.as_deref()).await
}

/// Refuses to create over objects of somebody else.
async fn stand(work: &Work<'_>, objects: &Objects) -> Result<(), Failure> {
    match &objects.namespaces {
        None => {
            let wanted: ClusterRoleBinding = objects.cluster_role_binding();
            free(work, None, &wanted).await
        }
        Some(names) => {
            for name in names {
                let wanted: RoleBinding = objects.role_binding(name);
                free(work, Some(name), &wanted).await?;
            }
            Ok(())
        }
    }
}

async fn free<K: Object>(
    work: &Work<'_>,
    namespace: Option<&str>,
    wanted: &K,
) -> Result<(), Failure> {
    let name = work.id.name();
    let standing = work.inside.standing::<K>(&work.id, namespace, name).await;
    let forced = *work.spec.force_conflicts.known()?;
    match standing {
        Ok(Standing::Free | Standing::Ours(_)) => Ok(()),
        Ok(Standing::Foreign(_)) if forced => Ok(()),
        Ok(Standing::Foreign(_)) => Err(work
            .inside
            .refuse_foreign(&work.id, wanted, "secureaks_aad_binding", &BindingFields)
            .await),
        Err(error) => Err(work.fail(&error).await),
    }
}
