//! The metadata document, by which clients learn where a cloud's services are. It is the only
//! answer Resource Manager gives without asking who asks.

use serde_json::{Value, json};

use crate::message::{Message, Reply};
use crate::origins::Origins;

/// `GET /metadata/endpoints`. Versions up to 2018 have a shape of their own, which
/// `az cloud register` reads.
pub(crate) fn endpoints(message: &Message, origins: &Origins) -> Reply {
    let version = message
        .parameters()
        .remove("api-version")
        .unwrap_or_default();
    let body = if version.as_str() < "2018" {
        short(origins)
    } else {
        full(origins)
    };
    Reply::json(200, &body)
}

fn short(origins: &Origins) -> Value {
    json!({
        "galleryEndpoint": "https://gallery.azure.com/",
        "graphEndpoint": "https://graph.windows.net/",
        "portalEndpoint": "https://portal.azure.com/",
        "authentication": {
            "loginEndpoint": format!("{}/", origins.login),
            "audiences": AUDIENCES,
        },
    })
}

fn full(origins: &Origins) -> Value {
    json!({
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": origins.login,
            "audiences": AUDIENCES,
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "name": "AzureCloud",
        "suffixes": {
            "acrLoginServer": "azurecr.io",
            "attestationEndpoint": "attest.azure.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "keyVaultDns": "vault.azure.net",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "sqlServerHostname": "database.windows.net",
            "storage": "core.windows.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "synapseAnalytics": "dev.azuresynapse.net",
        },
        "batch": "https://batch.core.windows.net/",
        "resourceManager": format!("{}/", origins.arm),
        "sqlManagement": "https://management.core.windows.net:8443/",
        "microsoftGraphResourceId": format!("{}/", origins.graph),
        "gallery": "https://gallery.azure.com/",
    })
}

const AUDIENCES: [&str; 2] = [
    "https://management.core.windows.net/",
    "https://management.azure.com/",
];
