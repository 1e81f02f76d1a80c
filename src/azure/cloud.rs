//! The clouds Azure runs in, and how a cloud that is only known by its metadata host describes itself.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::OnceCell;
use url::Url;

use super::auth::Audience;
use super::error::Error;
use super::request::Method;
use super::wire::Wire;

/// The application every AKS cluster's API server accepts tokens for, the same in all clouds
/// (Azure/kubelogin, `pkg/internal/token`).
pub const AKS_SERVER_APPLICATION: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// Where one cloud's services are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// Azure's own name, such as `AzureCloud`.
    pub name: String,
    /// Who issues tokens, such as `https://login.microsoftonline.com`.
    pub authority: String,
    /// Where Azure Resource Manager answers, such as `https://management.azure.com`.
    pub resource_manager: String,
    /// The audience of Azure Resource Manager's tokens.
    pub resource_manager_audience: String,
    /// Where Microsoft Graph answers, also the audience of its tokens.
    pub graph: String,
    /// What the names of key vaults end in, such as `vault.azure.net`.
    pub key_vault_suffix: String,
}

impl Cloud {
    /// The cloud most people mean.
    pub fn public() -> Self {
        Self::known(
            "AzureCloud",
            "https://login.microsoftonline.com",
            "https://management.azure.com",
            "https://graph.microsoft.com",
            "vault.azure.net",
        )
    }

    /// The cloud of the United States' government.
    pub fn us_government() -> Self {
        Self::known(
            "AzureUSGovernment",
            "https://login.microsoftonline.us",
            "https://management.usgovcloudapi.net",
            "https://graph.microsoft.us",
            "vault.usgovcloudapi.net",
        )
    }

    /// The cloud that 21Vianet runs in China.
    pub fn china() -> Self {
        Self::known(
            "AzureChinaCloud",
            "https://login.chinacloudapi.cn",
            "https://management.chinacloudapi.cn",
            "https://microsoftgraph.chinacloudapi.cn",
            "vault.azure.cn",
        )
    }

    /// The cloud that azurerm calls `name` in `environment`.
    pub fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "public" | "azurecloud" => Some(Self::public()),
            "usgovernment" | "azureusgovernment" => Some(Self::us_government()),
            "china" | "azurechinacloud" => Some(Self::china()),
            _ => None,
        }
    }

    /// Asks `host` which cloud it belongs to.
    pub async fn discover(host: &str, wire: &Wire) -> Result<Self, Error> {
        let address = format!("https://{host}/metadata/endpoints?api-version=2022-09-01");
        let refuse = |reason: String| Error::Address {
            address: address.clone(),
            reason,
        };
        // These would lead to another host than the one it seems to name.
        let leads_elsewhere = |character: char| {
            "/\\?#@".contains(character) || character.is_whitespace() || character.is_control()
        };
        if host.is_empty() || host.contains(leads_elsewhere) {
            return Err(refuse(format!("{host:?} is not a host name")));
        }
        let url = Url::parse(&address).map_err(|error| refuse(error.to_string()))?;
        let request = azure_core::http::Request::new(url, Method::Get);
        wire.exchange(request)
            .await?
            .json::<Metadata>()?
            .into_cloud(host)
    }

    /// The scope that asks for tokens for `audience`.
    pub fn scope(&self, audience: Audience) -> String {
        format!("{}/.default", self.audience(audience).trim_end_matches('/'))
    }

    /// The audience in the form that managed identities and the Azure CLI call a resource.
    pub fn audience(&self, audience: Audience) -> Cow<'_, str> {
        match audience {
            Audience::ResourceManager => self.resource_manager_audience.as_str().into(),
            Audience::Graph => self.graph.as_str().into(),
            Audience::AksServer => AKS_SERVER_APPLICATION.into(),
            Audience::Application(id) => id.to_string().into(),
        }
    }

    fn known(
        name: &str,
        authority: &str,
        resource_manager: &str,
        graph: &str,
        vault: &str,
    ) -> Self {
        Self {
            name: name.to_owned(),
            authority: authority.to_owned(),
            resource_manager: resource_manager.to_owned(),
            resource_manager_audience: resource_manager.to_owned(),
            graph: graph.to_owned(),
            key_vault_suffix: vault.to_owned(),
        }
    }
}

/// A cloud that is known, or will be asked for when it is first needed.
#[derive(Debug, Clone)]
pub struct CloudSource(Arc<Source>);

#[derive(Debug)]
enum Source {
    Known(Cloud),
    Host {
        host: String,
        wire: Wire,
        found: OnceCell<Cloud>,
    },
}

impl CloudSource {
    /// A cloud that needs no question.
    pub fn known(cloud: Cloud) -> Self {
        Self(Arc::new(Source::Known(cloud)))
    }

    /// The cloud that `host` describes, asked for once and only when it is needed.
    pub fn discover(host: impl Into<String>, wire: Wire) -> Self {
        Self(Arc::new(Source::Host {
            host: host.into(),
            wire,
            found: OnceCell::new(),
        }))
    }

    /// What tells it from other clouds, known before it is asked for: who issues its tokens, or its host.
    pub fn address(&self) -> &str {
        match &*self.0 {
            Source::Known(cloud) => &cloud.authority,
            Source::Host { host, .. } => host,
        }
    }

    /// The cloud itself.
    pub async fn resolve(&self) -> Result<&Cloud, Error> {
        match &*self.0 {
            Source::Known(cloud) => Ok(cloud),
            Source::Host { host, wire, found } => {
                found.get_or_try_init(|| Cloud::discover(host, wire)).await
            }
        }
    }
}

/// The part we use of what `/metadata/endpoints` answers.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    authentication: Authentication,
    resource_manager: String,
    microsoft_graph_resource_id: String,
    #[serde(default)]
    suffixes: Suffixes,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    login_endpoint: String,
    audiences: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Suffixes {
    key_vault_dns: Option<String>,
}

impl Metadata {
    fn into_cloud(self, host: &str) -> Result<Cloud, Error> {
        let resource_manager = secure(host, &self.resource_manager)?;
        let matching = |audience: &&String| audience.trim_end_matches('/') == resource_manager;
        let audience = self
            .authentication
            .audiences
            .iter()
            .find(matching)
            .or(self.authentication.audiences.first());
        let audience = audience.map_or(resource_manager.clone(), |found| {
            found.trim_end_matches('/').to_owned()
        });
        Ok(Cloud {
            name: self.name,
            authority: secure(host, &self.authentication.login_endpoint)?,
            resource_manager,
            resource_manager_audience: audience,
            graph: secure(host, &self.microsoft_graph_resource_id)?,
            key_vault_suffix: self.suffixes.key_vault_dns.unwrap_or_default(),
        })
    }
}

/// Refuses an address that secrets would travel to in the clear.
fn secure(host: &str, address: &str) -> Result<String, Error> {
    match Url::parse(address) {
        Ok(url) if url.scheme() == "https" => Ok(address.trim_end_matches('/').to_owned()),
        _ => Err(Error::Decode {
            what: format!("the metadata of {host}"),
            reason: format!("{address} is not an https address"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::scripted::{Answer, Scripted};

    fn metadata() -> serde_json::Value {
        json!({
            "name": "LocalCloud",
            "authentication": {
                "loginEndpoint": "https://login.example/",
                "audiences": ["https://classic.example/", "https://arm.example/"],
                "tenant": "common",
                "identityProvider": "AAD"
            },
            "resourceManager": "https://arm.example/",
            "microsoftGraphResourceId": "https://graph.example/",
            "suffixes": { "keyVaultDns": "vault.example" }
        })
    }

    #[tokio::test]
    async fn a_metadata_host_is_asked_once_and_only_when_needed() {
        let scripted = Scripted::new([Answer::json(200, &metadata())]);
        let source = CloudSource::discover("arm.example", scripted.wire());
        let before = scripted.requests().len();

        let (first, second) = tokio::join!(source.resolve(), source.resolve());

        let expected = Cloud {
            name: "LocalCloud".into(),
            authority: "https://login.example".into(),
            resource_manager: "https://arm.example".into(),
            resource_manager_audience: "https://arm.example".into(),
            graph: "https://graph.example".into(),
            key_vault_suffix: "vault.example".into(),
        };
        assert_eq!((before, first, second), (0, Ok(&expected), Ok(&expected)));
        assert_eq!(
            scripted.lines(),
            ["GET https://arm.example/metadata/endpoints?api-version=2022-09-01"]
        );
    }

    #[tokio::test]
    async fn a_cloud_without_encryption_is_refused() {
        let mut answer = metadata();
        answer["authentication"]["loginEndpoint"] = json!("http://login.example/");
        let scripted = Scripted::new([Answer::json(200, &answer)]);

        let result = Cloud::discover("arm.example", &scripted.wire()).await;

        let reason = "http://login.example/ is not an https address".to_owned();
        assert_eq!(
            result,
            Err(Error::Decode {
                what: "the metadata of arm.example".into(),
                reason
            })
        );
    }

    #[tokio::test]
    async fn a_metadata_host_is_a_host_and_nothing_else() {
        let scripted = Scripted::new([]);
        let hosts = [
            "arm.example@other.example",
            "other.example/?",
            "other.example#",
            "http://arm.example",
            "",
        ];

        let mut refused = Vec::new();
        for host in hosts {
            refused.push(Cloud::discover(host, &scripted.wire()).await);
        }

        let all_refused = refused
            .iter()
            .all(|result| matches!(result, Err(Error::Address { .. })));
        assert!(all_refused, "{refused:?}");
        assert_eq!(scripted.lines(), [""; 0]);
    }

    #[tokio::test]
    async fn a_metadata_host_may_have_a_port() {
        let scripted = Scripted::new([Answer::json(200, &metadata())]);

        let found = Cloud::discover("ARM.example:8443", &scripted.wire()).await;

        assert!(found.is_ok(), "{found:?}");
    }

    #[test]
    fn clouds_answer_to_azurerms_and_their_own_names() {
        let names = ["public", "USGovernment", "china", "AzureCloud", "mars"];

        let clouds = names.map(Cloud::named);

        let [public, government, china] =
            [Cloud::public(), Cloud::us_government(), Cloud::china()].map(Some);
        assert_eq!(clouds, [public.clone(), government, china, public, None]);
    }

    #[test]
    fn scopes_follow_the_cloud() {
        let cloud = Cloud::us_government();

        let scopes = [
            Audience::ResourceManager,
            Audience::Graph,
            Audience::AksServer,
        ]
        .map(|one| cloud.scope(one));

        assert_eq!(
            scopes,
            [
                "https://management.usgovcloudapi.net/.default",
                "https://graph.microsoft.us/.default",
                "6dae42f8-4368-4678-94ff-3960e28e3630/.default"
            ]
        );
    }
}
