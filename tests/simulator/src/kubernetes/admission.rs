//! What is checked of an authorized write beside its form: whether it gives away rights its writer
//! does not have, the life of its namespace, and the namespace's limits, standard and quotas.

use serde_json::Value;

use super::authorization::{Memory, escalation};
use super::kind::{self, Kind};
use super::status::{Cause, Status};
use super::store;
use super::user::User;
use super::view::View;
use super::{limits, pod_security, quota};

/// A write that is about to happen.
pub(crate) struct Write<'a> {
    pub(crate) kind: &'static Kind,
    /// Empty for objects without one.
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// The object as it would be stored; `None` when it is to be deleted.
    pub(crate) new: Option<&'a Value>,
    /// The object as it is stored; `None` when it is created.
    pub(crate) old: Option<&'a Value>,
}

/// The namespaces nobody may delete (admission plugin `NamespaceLifecycle`).
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// Lets a write pass, or refuses it, before its form is checked.
pub(crate) fn admit(
    view: &View<'_>,
    memory: &mut Memory,
    user: &User,
    write: &Write<'_>,
) -> Result<(), Status> {
    let Write {
        kind,
        namespace,
        name,
        ..
    } = *write;
    escalation::confirm(view, memory, user, write)?;
    if kind.resource == "namespaces" {
        return if write.new.is_none() && IMMORTAL.contains(&name) {
            let why = "this namespace may not be deleted";
            Err(Status::forbidden(kind, name, why))
        } else {
            Ok(())
        };
    }
    if write.old.is_some() || namespace.is_empty() {
        return Ok(());
    }
    let Some(namespaces) = kind::of_resource("", "namespaces") else {
        return Ok(());
    };
    match view.store.object(namespaces, "", namespace) {
        None => Err(Status::not_found(namespaces, namespace)),
        Some(own) if store::text(own, "/status/phase") == "Terminating" => {
            let why = format!(
                "unable to create new content in namespace {namespace} because it is being \
                 terminated"
            );
            Err(Status::forbidden(kind, name, &why).because(Cause::new(
                "NamespaceTerminating",
                "metadata.namespace",
                format!("namespace {namespace} is being terminated"),
            )))
        }
        Some(_) => Ok(()),
    }
}

/// Lets a write of a well-formed object pass, or refuses it; what is only a warning goes to `warnings`. The order is
/// that of the plugins (Kubernetes, `pkg/kubeapiserver/options/plugins.go`).
pub(crate) fn admit_well_formed(
    view: &View<'_>,
    write: &Write<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), Status> {
    limits::admit(view.store, write)?;
    pod_security::admit(view, write, warnings)?;
    quota::admit(view.store, write)
}
