//! The parts of a managed cluster that decide who may do what.

use super::model::model;

model! {
    /// Sign-in with Microsoft Entra.
    AadProfile {
        managed: bool = "managed",
        enable_azure_rbac: bool = "enableAzureRBAC",
        admin_group_object_ids: Vec<String> = "adminGroupObjectIDs",
        tenant_id: String = "tenantID",
        client_app_id: String = "clientAppID",
        server_app_id: String = "serverAppID",
    }
}

model! {
    /// The issuer of the tokens of service accounts.
    OidcIssuerProfile {
        enabled: bool = "enabled",
        issuer_url: String = "issuerURL",
    }
}

model! {
    /// Protections of nodes and workloads.
    SecurityProfile {
        workload_identity: Switch = "workloadIdentity",
        image_cleaner: ImageCleaner = "imageCleaner",
    }
}

model! {
    /// Something that is on or off.
    Switch {
        enabled: bool = "enabled",
    }
}

model! {
    /// Removes images that nothing uses.
    ImageCleaner {
        enabled: bool = "enabled",
        interval_hours: i64 = "intervalHours",
    }
}

model! {
    /// An identity the cluster acts as, such as the kubelet's.
    UserAssignedIdentity {
        resource_id: String = "resourceId",
        client_id: String = "clientId",
        object_id: String = "objectId",
    }
}
