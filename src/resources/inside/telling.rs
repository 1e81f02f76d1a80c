//! An API server's refusals in the words of the person who runs the plan.

use super::Inside;
use crate::{
    azure::{self, arm::managed_cluster::ManagedCluster},
    framework::{Diagnostic, Failure},
    kube::{Cause, Error},
    resources::refusals::{self, Places, doing},
    value::Path,
};

/// Which attribute a field of an object stands for.
pub(crate) trait Fields: Sync {
    /// The attribute for a field such as `spec.ingress[0].ports`, or the root where there is none.
    fn attribute(&self, field: &str) -> Path;
}

/// No field stands for an attribute.
pub(crate) struct NoFields;

impl Fields for NoFields {
    fn attribute(&self, _field: &str) -> Path {
        Path::root()
    }
}

impl Places for NoFields {
    fn place(&self, _target: Option<&str>, _code: Option<&str>) -> Path {
        Path::root()
    }
}

impl Inside<'_> {
    /// How the verb fails with `error`.
    pub(crate) async fn fail(&self, error: &Error, fields: &dyn Fields) -> Failure {
        match error {
            Error::Cancelled => self.azures(&azure::Error::Cancelled),
            Error::TimedOut => self.azures(&azure::Error::TimedOut),
            Error::Refused(_) if !error.causes().is_empty() => {
                Failure::Failed(self.each_cause(error, fields))
            }
            _ => self.tell(error, fields).await.into(),
        }
    }

    /// `error` as one message.
    pub(super) async fn tell(&self, error: &Error, fields: &dyn Fields) -> Diagnostic {
        match error {
            Error::Azure(refused) => {
                let told = self.azures(refused).told().into_iter().next();
                told.map_or_else(
                    || Diagnostic::error("Azure refused", refused.to_string()),
                    |told| self.with_needed_role(told, refused),
                )
            }
            Error::Unreachable {
                server,
                cause,
                reason,
            } => self.unreachable(server, *cause, reason).await,
            Error::Authentication(refused) => refusals::cannot_sign_in(refused),
            Error::Refused(_) => self.refused(error, fields),
            Error::Access { .. } | Error::Decode { .. } => Diagnostic::error(
                "The cluster's answer cannot be used",
                format!("{error}. Please report it as a bug of the provider."),
            ),
            Error::Name(_) => Diagnostic::error(
                "Name cannot be asked for",
                format!(
                    "{error}. Expected the name of an object of the cluster; correct it where it is written, or import by the name that `kubectl get` shows."
                ),
            ),
            Error::Cancelled | Error::TimedOut => {
                Diagnostic::error("Not finished", error.to_string())
            }
        }
    }

    fn azures(&self, error: &azure::Error) -> Failure {
        refusals::tell(error, self.verb, self.what, &NoFields)
    }

    /// Whoever may read a cluster in Azure may not yet ask for the way into it.
    fn with_needed_role(&self, told: Diagnostic, error: &azure::Error) -> Diagnostic {
        if error.refusal().is_none_or(|refusal| refusal.status != 403) {
            return told;
        }
        let detail = format!(
            "{} To work inside {} the signed-in identity needs the role `Azure Kubernetes Service Cluster User Role` on it, beside rights in the cluster itself.",
            told.detail,
            self.cluster.id()
        );
        Diagnostic { detail, ..told }
    }

    async fn unreachable(&self, server: &str, cause: Cause, reason: &str) -> Diagnostic {
        if cause == Cause::Tls {
            return self.untrusted(server, reason);
        }
        // Azure knows why an API server may not be reached from everywhere; when it cannot be asked, the
        // cause alone has to do.
        let cluster = self.cluster.facts(&self.limits).await.ok();
        if cluster.as_deref().is_some_and(ManagedCluster::is_stopped) {
            return self.stopped();
        }
        let profile = cluster
            .as_ref()
            .and_then(|cluster| cluster.properties.as_ref())
            .and_then(|properties| properties.api_server_access_profile.as_ref());
        let private = profile.and_then(|profile| profile.enable_private_cluster) == Some(true);
        let ranges = profile
            .and_then(|profile| profile.authorized_ip_ranges.as_deref())
            .unwrap_or_default();
        let (summary, advice) = match cause {
            _ if private => (
                "Cluster is private and cannot be reached from here",
                "Its API server has an address inside its virtual network only: run Terraform where that network and its private DNS zone are reachable, such as a self-hosted agent.".to_owned(),
            ),
            Cause::Timeout | Cause::Closed | Cause::Refused if !ranges.is_empty() => (
                "This machine may not reach the API server",
                format!("The API server lets in {} only; a change of that takes up to two minutes. Add the public address of the machine that runs Terraform to `api_server.authorized_ip_ranges`, or run it from an address that is among them.", ranges.join(", ")),
            ),
            Cause::Dns => (
                "API server's name cannot be resolved",
                "Check that this machine's DNS resolves public names; a cluster that was created or started a moment ago may need some minutes.".to_owned(),
            ),
            Cause::Refused => (
                "API server does not accept connections",
                "If the cluster is stopped, start it: `az aks start --name NAME --resource-group GROUP`.".to_owned(),
            ),
            Cause::Timeout => (
                "API server does not answer",
                "Check firewalls and `HTTPS_PROXY` between this machine and the API server.".to_owned(),
            ),
            Cause::Closed | Cause::Tls => (
                "Connection to the API server broke",
                "Check firewalls and `HTTPS_PROXY` between this machine and the API server, and run it again.".to_owned(),
            ),
        };
        Diagnostic::error(
            summary,
            format!(
                "{server} was called for {}: {reason}. {advice}",
                self.cluster.id()
            ),
        )
    }

    fn stopped(&self) -> Diagnostic {
        let id = self.cluster.id();
        Diagnostic::error(
            "Cluster is stopped",
            format!(
                "{id} is stopped, and its API server does not answer until it is started: `az aks start --name {} --resource-group {}`.",
                id.name(),
                id.resource_group().unwrap_or("GROUP")
            ),
        )
    }

    /// The server that answers is not the cluster's: that more addresses are let in would help nobody but them.
    fn untrusted(&self, server: &str, reason: &str) -> Diagnostic {
        Diagnostic::error(
            "API server cannot be trusted",
            format!(
                "{server} was called for {}: {reason}. Expected the certificate of the cluster's own authority for this address; nothing was sent. Something between this machine and the cluster may answer in its place, such as a proxy that opens TLS: let it pass connections to the cluster through. A cluster whose own certificates have ended gets new ones with `az aks rotate-certs`.",
                self.cluster.id()
            ),
        )
    }

    fn refused(&self, error: &Error, fields: &dyn Fields) -> Diagnostic {
        let said = error
            .status()
            .map(|status| format!("The API server says: {}", status.message))
            .unwrap_or_default();
        let doing = doing(self.verb, self.what);
        let (summary, advice) = if error.is_unauthorized() {
            (
                "API server does not accept who you are",
                "The cluster must have sign-in with Microsoft Entra for the same tenant, and the token must be for its API server. `az aks show --query aadProfile` tells.",
            )
        } else if error.is_forbidden() && said.contains("not currently held") {
            (
                "Not allowed to grant more than one has",
                "Kubernetes lets no one grant rights beyond their own: have a cluster administrator apply it, or bind a role within your rights.",
            )
        } else if error.is_forbidden() && said.contains("being terminated") {
            (
                "Namespace is being deleted",
                "Wait until it is gone, and run apply again.",
            )
        } else if error.is_forbidden() {
            (
                "Not allowed inside the cluster",
                "The signed-in identity needs rights inside: be in one of `entra.admin_group_object_ids`, have a role such as `Azure Kubernetes Service RBAC Cluster Admin` on the cluster, or set `grant_applier_access = true` on `secureaks_cluster`. A new right takes up to five minutes to have effect.",
            )
        } else if error.is_not_found() {
            (
                "Not found in the cluster",
                "Create what is named first, or refer to a resource that creates it.",
            )
        } else {
            (
                "API server refused",
                "Change what it objects to, and run apply again.",
            )
        };
        Diagnostic::error(
            format!("{summary}: could not {doing}"),
            format!("{said}\n\n{advice}"),
        )
        .at(&fields.attribute(""))
    }

    /// Each field that the API server objects to, on its attribute.
    fn each_cause(&self, error: &Error, fields: &dyn Fields) -> Vec<Diagnostic> {
        let doing = doing(self.verb, self.what);
        let told = error.causes().iter().map(|cause| {
            let place = fields.attribute(&cause.field);
            if cause.reason == "FieldManagerConflict" {
                let manager = manager(&cause.message);
                return Diagnostic::error(
                    format!("Another field manager owns a field of the {}", self.what),
                    format!(
                        "`{}` belongs to the field manager {manager}, and the object was left as it is. Leave the field to it, or set `force_conflicts = true` to take the field over.",
                        cause.field.trim_start_matches('.')
                    ),
                )
                .at(&place);
            }
            Diagnostic::error(
                format!("API server refused: could not {doing}"),
                format!("`{}`: {}. Change it, and run apply again.", cause.field, cause.message.trim_end_matches('.')),
            )
            .at(&place)
        });
        told.collect()
    }
}

/// The field manager that `conflict with "kubectl" using v1` names.
fn manager(message: &str) -> String {
    message
        .split('"')
        .nth(1)
        .map_or_else(|| "of another tool".to_owned(), |name| format!("{name:?}"))
}
