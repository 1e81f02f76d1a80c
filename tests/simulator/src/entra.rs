//! Entra: who exists in the directory, how they sign in, and the tokens they get.

mod assertion;
mod audience;
mod device_code;
mod directory;
mod directory_file;
mod discovery;
mod error;
mod grant;
mod key;
mod local_identity;
mod token;

pub use directory::{Federation, Principal, PrincipalKind};

pub(crate) use audience::Audience;
pub(crate) use directory::{Directory, REPLICATION};
pub use directory_file::DirectoryFileError;
pub(crate) use directory_file::read as read_directory_file;
pub use key::KeyError;

pub(crate) use key::{ClientCertificate, SigningKey};
pub(crate) use local_identity::{Subject, github_token, pipelines_token};
pub(crate) use token::{Claims, Refusal, reissued, verify};

use std::net::IpAddr;

use jiff::Timestamp;
use rand::rngs::StdRng;

use crate::message::{Message, Reply};
use crate::origins::Origins;
use error::SignInError;

/// What sign-in may know of the moment in which it answers.
pub(crate) struct SignIn<'a> {
    /// The time tokens live by.
    pub(crate) token_time: Timestamp,
    /// The real time, which assertions made by clients are measured with.
    pub(crate) real_time: Timestamp,
    /// The run's one source of randomness.
    pub(crate) random: &'a mut StdRng,
    /// Where the simulated services live.
    pub(crate) origins: &'a Origins,
    /// The key tokens are signed with.
    pub(crate) key: &'a SigningKey,
    /// Seconds an access token is valid.
    pub(crate) lifetime: u64,
    /// The address that the sign-in comes from, as the internet sees it.
    pub(crate) address: IpAddr,
}

impl Directory {
    /// Answers a request to the sign-in service; `None` for a path it does not know.
    pub(crate) fn answer(&mut self, message: &Message, sign_in: &mut SignIn<'_>) -> Option<Reply> {
        let segments = message.segments();
        let lowered: Vec<String> = segments.iter().map(|part| part.to_lowercase()).collect();
        let (tenant, rest) = lowered.split_first()?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let answer = match (message.method.as_str(), rest.as_slice()) {
            ("GET", ["discovery", "instance"]) => Ok(discovery::instance(tenant, sign_in)),
            ("GET", ["discovery", "keys"] | ["discovery", "v2.0", "keys"]) => {
                Ok(Reply::json(200, &sign_in.key.key_set()))
            }
            ("GET", [".well-known", "openid-configuration"]) => self
                .check_tenant(tenant, "invalid_tenant")
                .map(|()| discovery::openid(tenant, sign_in, false)),
            ("GET", ["v2.0", ".well-known", "openid-configuration"]) => self
                .check_tenant(tenant, "invalid_tenant")
                .map(|()| discovery::openid(tenant, sign_in, true)),
            ("POST", ["oauth2", "token"] | ["oauth2", "v2.0", "token"]) => self
                .check_tenant(tenant, "invalid_request")
                .and_then(|()| self.token(&message.form(), sign_in)),
            ("POST", ["oauth2", "devicecode"] | ["oauth2", "v2.0", "devicecode"]) => self
                .check_tenant(tenant, "invalid_request")
                .and_then(|()| self.start_device_code(&message.form(), sign_in)),
            _ => return None,
        };
        let reply = answer.unwrap_or_else(|error| error.reply(message, sign_in));
        Some(
            reply
                .with("cache-control", "no-store, no-cache")
                .with("pragma", "no-cache"),
        )
    }

    fn check_tenant(&self, tenant: &str, error: &'static str) -> Result<(), SignInError> {
        let known = [
            self.tenant_id.as_str(),
            self.domain.as_str(),
            "common",
            "organizations",
        ];
        if known.contains(&tenant) {
            Ok(())
        } else if uuid::Uuid::try_parse(tenant).is_ok() || tenant.contains('.') {
            Err(SignInError::unknown_tenant(tenant, error))
        } else {
            Err(SignInError::malformed_tenant(tenant))
        }
    }
}
