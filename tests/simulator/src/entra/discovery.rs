//! Discovery documents, which tell clients where to sign in and how to check tokens.

use serde_json::json;

use super::SignIn;
use crate::message::Reply;

/// Instance discovery: vouches for the authority a client was configured with (MSAL asks before
/// it sends a secret anywhere).
pub(super) fn instance(tenant: &str, sign_in: &SignIn<'_>) -> Reply {
    let login = &sign_in.origins.login;
    let host = login.trim_start_matches("https://");
    Reply::json(
        200,
        &json!({
            "tenant_discovery_endpoint":
                format!("{login}/{tenant}/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [
                { "preferred_network": host, "preferred_cache": host, "aliases": [host] }
            ],
        }),
    )
}

/// The `OpenID` configuration of a directory, for v1 or v2 tokens.
pub(super) fn openid(tenant: &str, sign_in: &SignIn<'_>, v2: bool) -> Reply {
    let login = &sign_in.origins.login;
    let path = if v2 { "/v2.0" } else { "" };
    let issuer = if v2 {
        format!("{login}/{tenant}/v2.0")
    } else {
        format!("https://sts.windows.net/{tenant}/")
    };
    Reply::json(
        200,
        &json!({
            "token_endpoint": format!("{login}/{tenant}/oauth2{path}/token"),
            "token_endpoint_auth_methods_supported":
                ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": format!("{login}/{tenant}/discovery{path}/keys"),
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "authorization_endpoint": format!("{login}/{tenant}/oauth2{path}/authorize"),
            "device_authorization_endpoint": format!("{login}/{tenant}/oauth2{path}/devicecode"),
            "tenant_region_scope": "EU",
            "cloud_instance_name": login.trim_start_matches("https://"),
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": sign_in.origins.graph.trim_start_matches("https://"),
        }),
    )
}
