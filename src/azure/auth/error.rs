//! Why signing in failed, in plain words, naming the setting at fault where it is known.

use crate::azure::error::Error;
use crate::azure::tls::WAY_OUT;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// Nothing says how to sign in, and the Azure CLI does not help.
    #[error("nothing says how to sign in to Azure{}. Set one of: {WAYS}", cli.as_ref().map(|reason| format!(", and the Azure CLI cannot help ({reason})")).unwrap_or_default())]
    Nothing {
        /// Why the Azure CLI did not help, if it was tried.
        cli: Option<String>,
    },
    /// A way to sign in is chosen but something it needs is not set.
    #[error("signing in with {method} also needs {setting}")]
    Missing {
        /// The way to sign in.
        method: &'static str,
        /// The environment variable that is not set.
        setting: &'static str,
    },
    /// Something is set to what cannot be used.
    #[error("{setting} cannot be used: {reason}")]
    Invalid {
        /// The environment variable.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Entra said no.
    #[error("Microsoft Entra refused to sign in: {reason}{}{}", hint(*setting), support(*code, trace.as_deref()))]
    Refused {
        /// Entra's number, the N in `AADSTSN`.
        code: Option<u32>,
        /// What it means.
        reason: String,
        /// The environment variable to look at.
        setting: Option<&'static str>,
        /// What Azure's support asks for.
        trace: Option<String>,
    },
    /// Whoever issues tokens or assertions gave no usable answer.
    #[error("{issuer} gave no token: {reason}")]
    Unavailable {
        /// Who was asked.
        issuer: String,
        /// What came instead.
        reason: String,
    },
    /// The server that answered in place of the issuer cannot be trusted; nothing was sent.
    #[error("{issuer} cannot be trusted: {reason}. {WAY_OUT}")]
    Untrusted {
        /// Who was asked.
        issuer: String,
        /// Why not, as a clause about it.
        reason: String,
    },
    /// The person at the other device said no.
    #[error(
        "the sign-in was declined at the other device. Run the command again and approve it there"
    )]
    Declined,
    /// Nobody entered the code in time.
    #[error("nobody entered the code in time. Run the command again for a new one")]
    CodeExpired,
    /// The Azure CLI is signed out or fails.
    #[error("the Azure CLI gave no token: {reason}. Run: az login")]
    Cli {
        /// What it says.
        reason: String,
    },
    /// The cloud to sign in to did not describe itself.
    #[error(transparent)]
    Cloud(Box<Error>),
}

const WAYS: &str = "ARM_CLIENT_CERTIFICATE or ARM_CLIENT_CERTIFICATE_PATH (certificate), ARM_CLIENT_SECRET (secret), \
ARM_USE_OIDC=true (OIDC token, GitHub or Azure DevOps), ARM_USE_AKS_WORKLOAD_IDENTITY=true, ARM_USE_MSI=true (managed identity), \
each with ARM_TENANT_ID and ARM_CLIENT_ID where it needs them; or run: az login";

impl AuthError {
    /// The environment variable at fault, where it is known.
    pub fn setting(&self) -> Option<&'static str> {
        match self {
            Self::Missing { setting, .. } | Self::Invalid { setting, .. } => Some(setting),
            Self::Refused { setting, .. } => *setting,
            _ => None,
        }
    }

    /// Explains an answer of Entra's token endpoint. `proof` is the setting that holds what was proved with.
    pub(super) fn refused(code: Option<u32>, description: &str, proof: &'static str) -> Self {
        // The ids follow the sentence, by now on the same line.
        let (sentence, ids) = description
            .split_once("Trace ID: ")
            .unwrap_or((description, ""));
        let (reason, setting) = match code.and_then(|code| explain(code, proof)) {
            Some((reason, setting)) => (reason.to_owned(), Some(setting)),
            None => (
                sentence.split_whitespace().collect::<Vec<_>>().join(" "),
                None,
            ),
        };
        let trace = ids.split_whitespace().next().map(str::to_owned);
        Self::Refused {
            code,
            reason,
            setting,
            trace,
        }
    }
}

/// What Entra's numbers mean (`learn.microsoft.com/entra/identity-platform/reference-error-codes`).
fn explain(code: u32, proof: &'static str) -> Option<(&'static str, &'static str)> {
    let tenant = "ARM_TENANT_ID";
    Some(match code {
        7_000_215 => (
            "the client secret is wrong; it must be the secret's value, not its id",
            proof,
        ),
        7_000_222 => ("the client secret has expired", proof),
        700_016 => ("the tenant does not know the application", "ARM_CLIENT_ID"),
        700_027 => (
            "the certificate is not registered with the application, or it has expired",
            proof,
        ),
        70_021 | 700_213 => (
            "no federated credential of the application matches the token's issuer and subject",
            proof,
        ),
        700_212 => (
            "no federated credential of the application accepts the token's audience",
            proof,
        ),
        700_024 => (
            "the assertion is not valid at this time; check the machine's clock",
            proof,
        ),
        90_061 => (
            "the issuer of the token cannot be reached by Entra to check its signature",
            proof,
        ),
        90_002 | 900_023 | 900_021 => ("there is no such tenant", tenant),
        7_000_112 => ("the application is disabled in the tenant", "ARM_CLIENT_ID"),
        _ => return None,
    })
}

fn hint(setting: Option<&str>) -> String {
    setting
        .map(|setting| format!(". Check {setting}"))
        .unwrap_or_default()
}

fn support(code: Option<u32>, trace: Option<&str>) -> String {
    match (code, trace) {
        (Some(code), Some(trace)) => format!(" (AADSTS{code}, trace id {trace})"),
        (Some(code), None) => format!(" (AADSTS{code})"),
        (None, Some(trace)) => format!(" (trace id {trace})"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTION: &str = "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.\r\nTrace ID: 5e0f\r\nCorrelation ID: c\r\nTimestamp: 2026-11-21 12:00:00Z";

    #[test]
    fn a_wrong_secret_is_told_in_plain_words() {
        let error = AuthError::refused(Some(7_000_215), DESCRIPTION, "ARM_CLIENT_SECRET");

        let text = "Microsoft Entra refused to sign in: the client secret is wrong; it must be the secret's value, not its id. Check ARM_CLIENT_SECRET (AADSTS7000215, trace id 5e0f)";
        assert_eq!(
            (error.to_string().as_str(), error.setting()),
            (text, Some("ARM_CLIENT_SECRET"))
        );
    }

    #[test]
    fn an_unknown_number_keeps_entras_sentence() {
        let error = AuthError::refused(
            Some(53003),
            "AADSTS53003: Blocked\r\nby policy. Trace ID: t Correlation ID: c",
            "ARM_CLIENT_SECRET",
        );

        let text = "Microsoft Entra refused to sign in: AADSTS53003: Blocked by policy. (AADSTS53003, trace id t)";
        assert_eq!((error.to_string().as_str(), error.setting()), (text, None));
    }
}
