//! What has the name of a binding already that a plan is to make.

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};

use super::super::{
    objects::{Bound, Objects},
    own::{self, TYPE},
    places::BindingFields,
    spec::Spec,
    subject::Subject,
};
use crate::{azure::arm::ResourceId, framework::Failure, resources::inside::Inside};

/// Warns of what carries a mark of this provider's, and refuses what another tool has made. `subjects` are whom it binds,
/// where that is known.
pub(super) async fn judge(
    inside: &Inside<'_>,
    id: &ResourceId,
    spec: &Spec,
    subjects: Option<&[Subject]>,
) -> Result<(), Failure> {
    tell_of_marked(inside, id, spec).await;
    match subjects {
        Some(subjects) => refuse_foreign(inside, id, spec, subjects).await,
        None => Ok(()),
    }
}

/// Warns of objects that have the binding's name already and carry a mark of this provider's.
async fn tell_of_marked(inside: &Inside<'_>, id: &ResourceId, spec: &Spec) {
    let name = id.name();
    for place in spec.places() {
        match place {
            None => {
                let told = inside.tell_of_marked::<ClusterRoleBinding>(id, None, name, TYPE);
                told.await;
            }
            Some(namespace) => {
                let told = inside.tell_of_marked::<RoleBinding>(id, Some(&namespace), name, TYPE);
                told.await;
            }
        }
    }
}

/// Refuses a name that a binding of another tool has, unless it is to be overwritten. What carries a mark may be of this
/// state, whose notes are elsewhere: the apply tells.
async fn refuse_foreign(
    inside: &Inside<'_>,
    id: &ResourceId,
    spec: &Spec,
    subjects: &[Subject],
) -> Result<(), Failure> {
    if spec.force_conflicts.if_known() != Some(&false) {
        return Ok(());
    }
    let Ok(Some(objects)) = Objects::wanted(spec, subjects, None) else {
        return Ok(());
    };
    let name = id.name();
    for place in spec.places() {
        let found = match &place {
            None => {
                let found = inside
                    .in_the_way::<ClusterRoleBinding>(id, None, name)
                    .await;
                found.as_ref().map(Bound::from)
            }
            Some(namespace) => {
                let found = inside.in_the_way::<RoleBinding>(id, Some(namespace), name);
                found.await.as_ref().map(Bound::from)
            }
        };
        let Some(found) = found.filter(|found| found.mark().is_none()) else {
            continue;
        };
        if found.is_built_in() {
            return Err(own::built_in(inside, &found).into());
        }
        return Err(match &place {
            None => {
                let wanted = objects.cluster_role_binding();
                inside
                    .refuse_foreign(id, &wanted, TYPE, &BindingFields)
                    .await
            }
            Some(namespace) => {
                let wanted = objects.role_binding(namespace);
                inside
                    .refuse_foreign(id, &wanted, TYPE, &BindingFields)
                    .await
            }
        });
    }
    Ok(())
}
