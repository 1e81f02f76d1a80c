//! Where a cluster's API server is, whom its certificate must come from, and how to sign in there.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kube::config::{AuthInfo, Kubeconfig};
use serde::Deserialize;
use url::Url;

use super::Error;
use crate::azure::{Response, Secret};

/// What is needed to talk to a cluster. It is made from a kubeconfig and forgets the rest of it.
#[derive(Clone)]
pub struct Access {
    /// The address of the API server.
    pub server: Url,
    /// The cluster's own certificate authority, PEM. It is no secret.
    pub certificate_authority: String,
    /// How to sign in.
    pub login: Login,
}

/// How to sign in at an API server.
#[derive(Clone)]
pub enum Login {
    /// With a token of Microsoft Entra ID.
    Entra,
    /// With the local administrator's certificate and key, PEM: the cluster has no Entra integration.
    LocalAdministrator(Secret),
}

impl fmt::Debug for Access {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let login = match self.login {
            Login::Entra => "Entra",
            Login::LocalAdministrator(_) => "LocalAdministrator",
        };
        formatter
            .debug_struct("Access")
            .field("server", &self.server.as_str())
            .field("login", &login)
            .finish_non_exhaustive()
    }
}

impl Access {
    /// Whether both are ways into one cluster: each has an authority of its own.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.server == other.server
            && self.certificate_authority == other.certificate_authority
            && std::mem::discriminant(&self.login) == std::mem::discriminant(&other.login)
    }

    /// Reads Azure's answer to `listClusterUserCredential`.
    pub fn from_answer(answer: &Response) -> Result<Self, Error> {
        let results: CredentialResults = answer.json()?;
        let value = results
            .kubeconfigs
            .into_iter()
            .map(|kubeconfig| Secret::new(kubeconfig.value))
            .next()
            .ok_or_else(|| unusable("it holds no kubeconfig"))?;
        let text = STANDARD
            .decode(value.expose().as_bytes())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(Secret::new)
            .ok_or_else(|| unusable("the kubeconfig is not base64"))?;
        Self::from_kubeconfig(&text)
    }

    fn from_kubeconfig(text: &Secret) -> Result<Self, Error> {
        // Its own words could quote what was read.
        let kubeconfig = Kubeconfig::from_yaml(text.expose())
            .map_err(|_| unusable("the kubeconfig is not YAML"))?;
        let cluster = kubeconfig
            .clusters
            .into_iter()
            .find_map(|cluster| cluster.cluster)
            .ok_or_else(|| unusable("the kubeconfig names no cluster"))?;
        let server = cluster
            .server
            .as_deref()
            .and_then(|server| Url::parse(server).ok())
            .filter(|server| server.scheme() == "https")
            .ok_or_else(|| unusable("the kubeconfig names no https server"))?;
        let certificate_authority = cluster
            .certificate_authority_data
            .as_deref()
            .and_then(decode)
            .ok_or_else(|| unusable("the kubeconfig has no certificate authority"))?;
        let user = kubeconfig
            .auth_infos
            .into_iter()
            .find_map(|user| user.auth_info);
        let login = user.as_ref().and_then(certificate);
        Ok(Self {
            server,
            certificate_authority,
            login: login.map_or(Login::Entra, Login::LocalAdministrator),
        })
    }
}

/// Azure's answer. It may hold the administrator's key, so it cannot be printed.
#[derive(Deserialize)]
struct CredentialResults {
    #[serde(default)]
    kubeconfigs: Vec<CredentialResult>,
}

#[derive(Deserialize)]
struct CredentialResult {
    value: String,
}

/// Certificate and key of a user, in one PEM; `None` for one that signs in with Entra.
fn certificate(user: &AuthInfo) -> Option<Secret> {
    use secrecy::ExposeSecret as _;

    let certificate = decode(user.client_certificate_data.as_deref()?)?;
    let key = Secret::new(decode(user.client_key_data.as_ref()?.expose_secret())?);
    Some(Secret::new(format!("{certificate}\n{}", key.expose())))
}

fn decode(data: &str) -> Option<String> {
    let bytes = STANDARD.decode(data.as_bytes()).ok()?;
    String::from_utf8(bytes).ok()
}

fn unusable(reason: &'static str) -> Error {
    Error::Access { reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kubeconfig(user: &str) -> Secret {
        let authority = STANDARD.encode("authority");
        Secret::new(format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: aks\n  cluster:\n    server: https://aks.hcp.westeurope.azmk8s.io:443\n    certificate-authority-data: {authority}\nusers:\n- name: clusterUser_rg_aks\n  user:\n{user}"
        ))
    }

    #[test]
    fn a_cluster_with_entra_is_signed_in_to_with_entra() {
        let text = kubeconfig(
            "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      command: kubelogin\n",
        );

        let access = Access::from_kubeconfig(&text).unwrap();

        assert_eq!(
            format!("{access:?}"),
            r#"Access { server: "https://aks.hcp.westeurope.azmk8s.io/", login: "Entra", .. }"#
        );
        assert_eq!(access.certificate_authority, "authority");
    }

    #[test]
    fn a_local_administrator_is_recognised_and_never_printed() {
        let (certificate, key) = (STANDARD.encode("certificate"), STANDARD.encode("hunter2"));
        let text = kubeconfig(&format!(
            "    client-certificate-data: {certificate}\n    client-key-data: {key}\n    token: hunter3\n"
        ));

        let access = Access::from_kubeconfig(&text).unwrap();

        assert!(!format!("{access:?} {access:#?}").contains("hunter"));
        let Login::LocalAdministrator(pem) = access.login else {
            panic!("the user has a certificate");
        };
        assert_eq!(pem.expose(), "certificate\nhunter2");
    }

    #[test]
    fn a_kubeconfig_without_an_https_server_is_refused() {
        let text = Secret::new(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: aks\n  cluster:\n    server: http://localhost:8080\n",
        );

        let refused = Access::from_kubeconfig(&text).unwrap_err();

        assert_eq!(
            refused.to_string(),
            "Azure's answer about the way into the cluster cannot be used: the kubeconfig names no https server"
        );
    }
}
