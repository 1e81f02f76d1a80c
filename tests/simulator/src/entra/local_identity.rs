//! Identities given by where a program runs: App Service's managed identity endpoint, and the
//! OIDC request endpoints of GitHub Actions and Azure Pipelines. They are plain HTTP, because
//! the real ones are local to the machine or the clients ask for them so.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::SignIn;
use super::directory::{Directory, Federation};
use crate::message::{Message, Reply};

/// The audience of every federated assertion in the public cloud.
const EXCHANGE: &str = "api://AzureADTokenExchange";

/// Whose foreign token is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Subject {
    /// A workflow of GitHub Actions.
    GitHub,
    /// A service connection of Azure Pipelines.
    AzurePipelines,
    /// A service account of a Kubernetes cluster.
    Kubernetes,
}

impl Subject {
    pub(crate) const ALL: [Self; 3] = [Self::GitHub, Self::AzurePipelines, Self::Kubernetes];

    /// The federated credential that accepts this subject's tokens.
    pub(crate) fn federation(self, public_key: &str) -> Federation {
        let (issuer, subject) = self.names();
        Federation {
            issuer: issuer.into(),
            subject: subject.into(),
            audience: EXCHANGE.into(),
            public_key: public_key.into(),
        }
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::GitHub => (
                "https://token.actions.githubusercontent.com",
                "repo:simulated/infrastructure:ref:refs/heads/main",
            ),
            Self::AzurePipelines => (
                "https://vstoken.dev.azure.com/5b8f5f0d-2f6c-4d0c-8a51-0d4ab0d6d3a1",
                "sc://simulated/infrastructure/azure",
            ),
            Self::Kubernetes => (
                "https://westeurope.oic.prod-aks.azure.com/simulated/",
                "system:serviceaccount:infrastructure:deployer",
            ),
        }
    }

    /// A token this subject's issuer makes.
    pub(crate) fn token(self, audience: &str, sign_in: &SignIn<'_>) -> String {
        let (issuer, subject) = self.names();
        let now = sign_in.real_time.as_second();
        sign_in.key.sign(&json!({
            "iss": issuer,
            "sub": subject,
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add(600),
        }))
    }

    /// The token accepted for the application by default.
    pub(crate) fn exchange_token(self, sign_in: &SignIn<'_>) -> String {
        self.token(EXCHANGE, sign_in)
    }
}

impl Directory {
    /// App Service's endpoint: the header proves that the caller runs on the machine.
    pub(crate) fn managed_identity_token(
        &self,
        message: &Message,
        header: &str,
        sign_in: &mut SignIn<'_>,
    ) -> Reply {
        let refused = |text: &str| Reply::json(400, &json!({ "statusCode": 400, "message": text }));
        if message.header("x-identity-header") != Some(header) {
            return Reply::json(
                401,
                &json!({ "statusCode": 401, "message": "Unauthorized" }),
            );
        }
        let parameters = message.parameters();
        let Some(resource) = parameters.get("resource") else {
            return refused("The resource parameter is missing.");
        };
        let id = ["client_id", "object_id", "principal_id"]
            .iter()
            .find_map(|name| parameters.get(*name))
            .map(String::as_str);
        let Some(identity) = self.managed_identity(id) else {
            return refused(
                "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
            );
        };
        let client = identity.app_id.clone().unwrap_or_default();
        let expiry = sign_in
            .token_time
            .as_second()
            .saturating_add_unsigned(sign_in.lifetime);
        let token = self.access_token(identity, &client, resource, sign_in);
        Reply::json(
            200,
            &json!({
                "access_token": token,
                "expires_on": expiry.to_string(),
                "resource": resource,
                "token_type": "Bearer",
                "client_id": client,
            }),
        )
    }
}

/// GitHub's endpoint (`ACTIONS_ID_TOKEN_REQUEST_URL`): the caller chooses the audience.
pub(crate) fn github_token(message: &Message, sign_in: &SignIn<'_>) -> Reply {
    let parameters = message.parameters();
    let audience = parameters.get("audience").map_or(EXCHANGE, String::as_str);
    let token = Subject::GitHub.token(audience, sign_in);
    Reply::json(200, &json!({ "count": token.len(), "value": token }))
}

/// Azure Pipelines' endpoint (`SYSTEM_OIDCREQUESTURI`): the audience is fixed.
pub(crate) fn pipelines_token(sign_in: &SignIn<'_>) -> Reply {
    let body: Value = json!({ "oidcToken": Subject::AzurePipelines.exchange_token(sign_in) });
    Reply::json(200, &body)
}
