//! The ephemeral resource `secureaks_credentials`: the way into a cluster for other providers.

use async_trait::async_trait;

use super::{
    Session,
    inside::{Inside, NoFields},
    texts::ClusterId,
};
use crate::{
    azure::{
        self,
        auth::{Audience, Token},
    },
    framework::{Attr, Block, Call, Computed, Diagnostic, Ephemeral, Failure, Lease, Secret, Verb},
    kube::{self, Login},
};

/// The way into a cluster for the Kubernetes and Helm providers and others: server, certificate
/// authority, and a token of the identity that the provider signs in as.
///
/// Nothing of it is stored in a state or a plan. The token is not renewed: Terraform hands it to
/// another provider once, and it lasts for about an hour, as `expires_at` says. Where an apply may take longer,
/// let that provider run `terraform-provider-secureaks credential` instead, which it does again
/// whenever a token ends: the guide
/// [Credentials for people, pipelines and other providers](../guides/credentials.md) has both.
///
/// While `cluster_id` is not known, in the plan that creates the cluster, Terraform puts opening
/// this off and hands out unknown values. Providers that need them in the plan then fail: apply
/// what they manage from a configuration of its own.
#[derive(Block, Debug)]
pub struct Query {
    /// Resource id of the cluster, in any casing.
    cluster_id: Attr<ClusterId>,
}

/// The way into a cluster.
#[derive(Block, Debug)]
pub struct Way {
    /// Address of the API server.
    server: Computed<String>,
    /// Certificates of the cluster's own authority, PEM.
    cluster_ca_certificate: Computed<String>,
    /// Bearer token for the API server.
    token: Computed<Secret>,
    /// When the token ends, RFC 3339.
    expires_at: Computed<String>,
}

/// The ephemeral resource.
#[derive(Debug)]
pub struct Credentials;

#[async_trait]
impl Ephemeral for Credentials {
    const NAME: &'static str = "credentials";
    type Client = Session;
    type Query = Query;
    type Outputs = Way;

    async fn open(&self, call: &Call<Session>, query: &Query) -> Result<(Way, Lease), Failure> {
        let inside = Inside::begin(call, &query.cluster_id, Verb::Read, "way into the cluster")?;
        let opened = async {
            let (access, _) = Box::pin(inside.cluster.as_it_is(&inside.limits)).await?;
            Ok::<_, kube::Error>((access, token(&inside).await?))
        };
        let (access, token) = match opened.await {
            Ok(opened) => opened,
            Err(error) if error.is_cluster_gone() => {
                return Err(not_there(&query.cluster_id, &inside).into());
            }
            Err(error) => return Err(inside.fail(&error, &NoFields).await),
        };
        if matches!(access.login, Login::LocalAdministrator(_)) {
            return Err(without_entra(&query.cluster_id, &inside).into());
        }
        let way = Way {
            server: origin(&access.server).into(),
            cluster_ca_certificate: access.certificate_authority.clone().into(),
            token: Secret::from(token.secret.expose().to_owned()).into(),
            expires_at: token.expires.to_string().into(),
        };
        Ok((way, Lease::default()))
    }
}

/// A token for the API server, as the provider itself uses.
async fn token(inside: &Inside<'_>) -> Result<Token, azure::Error> {
    let azure = inside.cluster.azure();
    let ask = async { Ok(azure.credential().token(Audience::AksServer).await?) };
    inside.limits.guard(azure.clock(), ask).await
}

/// An address without the slash that stands for its empty path.
pub(super) fn origin(server: &url::Url) -> String {
    server.as_str().trim_end_matches('/').to_owned()
}

/// The cluster that `cluster_id` names is not there.
pub(super) fn not_there(cluster_id: &Attr<ClusterId>, inside: &Inside<'_>) -> Diagnostic {
    cluster_id.error(
        "Cluster does not exist",
        format!(
            "Azure knows no cluster {}. Name one that exists, or refer to the resource that makes it.",
            inside.cluster.id()
        ),
    )
}

/// Nobody can sign in to the cluster as themselves.
pub(super) fn without_entra(cluster_id: &Attr<ClusterId>, inside: &Inside<'_>) -> Diagnostic {
    cluster_id.error(
        "Cluster has no sign-in with Microsoft Entra",
        format!(
            "The only way into {} is the local administrator's certificate, which never expires and is the same for everyone; it is not handed out. Turn on sign-in with Entra: `entra` of secureaks_cluster, or `az aks update --enable-aad`.",
            inside.cluster.id()
        ),
    )
}
