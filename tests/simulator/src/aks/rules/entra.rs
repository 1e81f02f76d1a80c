//! Local accounts, Entra integration and Azure RBAC.

use serde_json::Value;

use super::super::answer::Problem;
use super::super::document::{items, on, text};

/// Refuses identities of users that cannot work.
pub(super) fn check(draft: &Value, tenant: &str) -> Result<(), Problem> {
    let managed = on(draft, "/properties/aadProfile/managed");
    if on(draft, "/properties/disableLocalAccounts") && !managed {
        // Text seen in cilium/cilium issue 48265 (2026-09).
        return Err(Problem::provider(
            400,
            "BadRequest",
            "Since kubernetes version 1.25, disableLocalAccounts can only be set on Azure AD \
             integration enabled cluster",
        ));
    }
    if draft.pointer("/properties/aadProfile").is_none() {
        return Ok(());
    }
    let kubernetes_rbac = on(draft, "/properties/enableRBAC");
    if !managed {
        return Err(Problem::parameter(
            "aadProfile.managed",
            "Only managed Azure AD integration is supported; see https://aka.ms/aks/aad-legacy",
        ));
    }
    if !kubernetes_rbac {
        return Err(Problem::parameter(
            "enableRBAC",
            "Azure AD integration requires Kubernetes RBAC to be enabled.",
        ));
    }
    if on(draft, "/properties/aadProfile/enableAzureRBAC")
        && text(draft, "/properties/aadProfile/tenantID").is_some_and(|own| own != tenant)
    {
        return Err(Problem::parameter(
            "aadProfile.tenantID",
            "Azure RBAC requires the tenant of the subscription.",
        ));
    }
    let stranger = items(draft, "/properties/aadProfile/adminGroupObjectIDs")
        .iter()
        .find(|id| {
            id.as_str()
                .is_none_or(|id| uuid::Uuid::parse_str(id).is_err())
        });
    match stranger {
        None => Ok(()),
        Some(id) => Err(Problem::parameter(
            "aadProfile.adminGroupObjectIDs",
            format!("The admin group object id {id} is not a valid GUID."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::{sound, with};
    use super::*;

    #[test]
    fn local_accounts_cannot_be_off_without_entra() {
        let mut cluster = sound();
        super::super::super::document::remove(&mut cluster["properties"], "aadProfile");

        let verdict = check(&cluster, "t");

        let message = "Since kubernetes version 1.25, disableLocalAccounts can only be set on Azure \
                       AD integration enabled cluster";
        assert_eq!(verdict, Err(Problem::provider(400, "BadRequest", message)));
    }

    #[test]
    fn an_admin_group_is_named_by_its_object_id() {
        let cluster = with("aadProfile", "adminGroupObjectIDs", json!(["admins"]));

        let verdict = check(&cluster, "t");

        let message = "The admin group object id \"admins\" is not a valid GUID.";
        let refusal = Problem::parameter("aadProfile.adminGroupObjectIDs", message);
        assert_eq!(verdict, Err(refusal));
    }

    #[test]
    fn azure_rbac_asks_for_the_tenant_of_the_subscription() {
        let verdict = check(&sound(), "another");

        let message = "Azure RBAC requires the tenant of the subscription.";
        assert_eq!(
            verdict,
            Err(Problem::parameter("aadProfile.tenantID", message))
        );
    }
}
