//! What can be said about a binding's configuration without asking anybody.

use std::collections::BTreeSet;

use super::spec::{Kind, Mode, Principal, Spec};
use crate::framework::{Attr, Diagnostics, Text as _};

/// Judges the configuration as far as it is known.
pub(super) fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    match spec.mode.if_known() {
        Some(Mode::Kubernetes) => check_kubernetes_role(spec, diagnostics),
        Some(Mode::AzureRbac) => check_azure_role(spec, diagnostics),
        Some(Mode::Other(_)) | None => {}
    }
    let Some(principals) = spec.principals.if_known() else {
        return;
    };
    if principals.is_empty() {
        diagnostics.push(spec.principals.error(
            "No principals",
            "`principals` is empty, so no one would get the rights. Name a user, group or service principal, or remove the binding.",
        ));
    }
    let mut seen = BTreeSet::new();
    for principal in principals {
        check_principal(principal, diagnostics);
        if let Some(key) = key(principal)
            && !seen.insert(key.clone())
        {
            diagnostics.push(spec.principals.error(
                "Principal is named twice",
                format!("{key} is named twice in `principals`; remove one of the two."),
            ));
        }
    }
}

fn check_kubernetes_role(spec: &Spec, diagnostics: &mut Diagnostics) {
    if spec.azure_role.if_set().is_some() {
        diagnostics.push(spec.azure_role.error(
            "Role of Azure in Kubernetes mode",
            "`azure_role` is for `mode = \"azure_rbac\"`. Set that, or name a Kubernetes role in `cluster_role` or `role`.",
        ));
    }
    let (Some(cluster_role), Some(role)) = (spec.cluster_role.if_known(), spec.role.if_known())
    else {
        return;
    };
    match (cluster_role, role) {
        (None, None) if spec.azure_role.if_set().is_none() => {
            diagnostics.push(spec.cluster_role.error(
                "No role",
                "Neither `cluster_role` nor `role` is set. Name the ClusterRole, such as `view`, `edit` or `admin`, or the Role to bind.",
            ));
        }
        (Some(_), Some(_)) => diagnostics.push(spec.role.error(
            "Two roles",
            "`cluster_role` and `role` are both set; a binding has one role. Remove one of them, or make two bindings.",
        )),
        (None, Some(_)) if spec.namespaces.if_known().is_some_and(Option::is_none) => {
            diagnostics.push(spec.role.error(
                "Role without namespaces",
                "A Role is in a namespace, so it can be bound in namespaces only. Set `namespaces`, or name a ClusterRole in `cluster_role`.",
            ));
        }
        _ => {}
    }
}

fn check_azure_role(spec: &Spec, diagnostics: &mut Diagnostics) {
    for (name, attribute) in [("cluster_role", &spec.cluster_role), ("role", &spec.role)] {
        if attribute.if_set().is_some() {
            diagnostics.push(attribute.error(
                "Kubernetes role in mode `azure_rbac`",
                format!("`{name}` is for `mode = \"kubernetes\"`. Name the role of Azure in `azure_role`, or set that mode."),
            ));
        }
    }
    if spec.azure_role.if_known().is_some_and(Option::is_none) {
        let names = <super::spec::AzureRole as crate::framework::Text>::allowed().join("`, `");
        diagnostics.push(spec.azure_role.error(
            "No role",
            format!("`azure_role` is left out. It is needed with `mode = \"azure_rbac\"`; it is one of `{names}`."),
        ));
    }
}

fn check_principal(principal: &Principal, diagnostics: &mut Diagnostics) {
    let Some(kind) = principal.r#type.if_known() else {
        return;
    };
    if *kind != Kind::User && principal.user_principal_name.if_set().is_some() {
        diagnostics.push(principal.user_principal_name.error(
            "Only users have a user principal name",
            format!("The principal is a {}. Name it by `object_id` or `display_name`, or set `type = \"User\"`.", kind.text()),
        ));
    }
    if *kind == Kind::User && principal.display_name.if_set().is_some() {
        diagnostics.push(principal.display_name.error(
            "Users are not named by display name",
            "Many users can have one display name. Use `user_principal_name`, or `object_id` for a guest.",
        ));
    }
    let left_out = |known: Option<bool>| known == Some(true);
    if left_out(principal.object_id.if_known().map(Option::is_none))
        && left_out(
            principal
                .user_principal_name
                .if_known()
                .map(Option::is_none),
        )
        && left_out(principal.display_name.if_known().map(Option::is_none))
    {
        let wanted = match kind {
            Kind::User => "`user_principal_name`, or `object_id` for a guest",
            _ => "`object_id`, or `display_name` where Microsoft Graph may be read",
        };
        diagnostics.push(principal.r#type.error(
            "Principal is not named",
            format!("Nothing says which {} is meant. Set {wanted}.", kind.text()),
        ));
    }
}

/// Whether two principals are written as the same one.
pub(super) fn is_same(left: &Principal, right: &Principal) -> bool {
    left.r#type == right.r#type && key(left).is_some() && key(left) == key(right)
}

/// By what two principals are known to be the same.
fn key(principal: &Principal) -> Option<String> {
    let text = |attribute: &Attr<Option<String>>| attribute.if_set().cloned();
    principal
        .object_id
        .if_set()
        .map(|id| id.as_ref().to_ascii_lowercase())
        .or_else(|| {
            let name = principal.user_principal_name.if_set()?;
            Some(name.as_ref().to_ascii_lowercase())
        })
        .or_else(|| {
            let kind = principal.r#type.if_known()?.text();
            Some(format!("the {kind} {:?}", text(&principal.display_name)?))
        })
}
