//! Tokens from the Azure CLI, for people at a terminal.

use std::ffi::{OsStr, OsString};
use std::io;
use std::process::Output;
use std::sync::Arc;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};

use super::entra::{check_tenant, convert};
use super::{Audience, AuthError, Source, Token};
use crate::azure::cloud::CloudSource;
use crate::azure::wire::root_cause;

/// The identity that is signed in to the Azure CLI.
#[derive(Debug)]
pub(super) struct Cli {
    credential: Arc<AzureCliCredential>,
    cloud: CloudSource,
}

impl Cli {
    pub(super) fn new(
        tenant: Option<String>,
        search_path: Option<OsString>,
        cloud: CloudSource,
    ) -> Result<Self, AuthError> {
        if let Some(tenant) = &tenant {
            check_tenant(tenant)?;
        }
        // Told at once, and with whatever else is missing, instead of at the first request.
        if search_path.as_deref().is_some_and(|path| !finds_cli(path)) {
            return Err(AuthError::Nothing {
                cli: Some("`az` is not found on PATH".to_owned()),
            });
        }
        let options = AzureCliCredentialOptions {
            subscription: None,
            tenant_id: tenant,
            executor: Some(Arc::new(Runner { search_path })),
        };
        let credential =
            AzureCliCredential::new(Some(options)).map_err(|error| AuthError::Cli {
                reason: root_cause(&error),
            })?;
        Ok(Self { credential, cloud })
    }
}

#[async_trait]
impl Source for Cli {
    async fn fetch(&self, audience: Audience) -> Result<Token, AuthError> {
        let cloud = self
            .cloud
            .resolve()
            .await
            .map_err(|error| AuthError::Cloud(Box::new(error)))?;
        let scope = cloud.scope(audience);
        match self.credential.get_token(&[&scope], None).await {
            Ok(token) => Ok(convert(&token)),
            Err(error) => Err(explain(&root_cause(&error))),
        }
    }
}

/// Whether one of the folders of a `PATH` has the Azure CLI, by its name here or on Windows.
fn finds_cli(search_path: &OsStr) -> bool {
    std::env::split_paths(search_path).any(|folder| {
        ["az", "az.cmd", "az.exe"]
            .iter()
            .any(|name| folder.join(name).is_file())
    })
}

/// A machine without the Azure CLI has not chosen it: then nothing is set at all.
fn explain(reason: &str) -> AuthError {
    let reason = reason
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let reason = reason
        .trim()
        .trim_start_matches("ERROR: ")
        .trim_end_matches('.')
        .to_owned();
    if reason.ends_with("not found on PATH") {
        AuthError::Nothing { cli: Some(reason) }
    } else {
        AuthError::Cli { reason }
    }
}

/// Starts the CLI and ends it when nobody waits for it any more.
#[derive(Debug)]
struct Runner {
    search_path: Option<OsString>,
}

#[async_trait]
impl Executor for Runner {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let mut command = tokio::process::Command::new(program);
        command
            .args(arguments)
            .kill_on_drop(true)
            .stdin(std::process::Stdio::null());
        if let Some(path) = &self.search_path {
            command.env("PATH", path);
        }
        command.output().await
    }
}
