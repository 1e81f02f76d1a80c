//! `terraform-provider-secureaks credential`: signs in to clusters for kubectl, Helm and their kin, which
//! run it as the credential plugin that a kubeconfig names.

mod arguments;
mod cache;
mod exec;

use std::{io, sync::Arc};

use azure_core::http::HttpClient;

use self::{
    arguments::{Arguments, Login},
    cache::Cache,
    exec::ExecRequest,
};
use super::{config::Config, environment::Environment};
use crate::{
    azure::{
        Clock, CloudSource, Wire,
        auth::{self, Audience, AuthError, DeviceCode, Token},
    },
    framework::Diagnostics,
    value::printable,
};

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The options are not right.
    #[error("{0}. All options: {help}", help = arguments::HELP)]
    Usage(String),
    /// kubectl asks for what we do not have.
    #[error("{0}")]
    Request(String),
    /// The settings to sign in with are not right.
    #[error("{}", sentences(.0))]
    Settings(Diagnostics),
    /// Nobody could be signed in.
    #[error("{}{}", .0, way_out(.0))]
    SignIn(#[from] AuthError),
    /// Nobody can be told the code to sign in with.
    #[error("the code to sign in with cannot be shown: {0}")]
    Prompt(io::Error),
}

/// What the command takes from the world around it.
pub struct Surroundings<'a> {
    /// The variables, among them azurerm's and `KUBERNETES_EXEC_INFO`.
    pub environment: &'a Environment,
    /// Sends requests.
    pub network: Arc<dyn HttpClient>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where a person is told what to do: standard error, for kubectl reads standard output.
    pub prompt: &'a mut (dyn io::Write + Send),
}

/// Signs in and answers what to print: an `ExecCredential` (Kubernetes documentation,
/// "client-go credential plugins"), or the help that was asked for.
pub async fn credential(
    arguments: &[String],
    surroundings: Surroundings<'_>,
) -> Result<String, CredentialError> {
    let Some(arguments) = Arguments::parse(arguments)? else {
        return Ok(arguments::USAGE.to_owned());
    };
    let environment = surroundings.environment;
    let request = ExecRequest::read(environment.text("KUBERNETES_EXEC_INFO").as_deref())
        .map_err(CredentialError::Request)?;
    let wire = Config::wire(
        environment,
        surroundings.network,
        surroundings.clock,
        "kubectl",
    );
    let cloud = arguments.environment.as_deref();
    let config = Config::for_sign_in(arguments.tenant_id, cloud).map_err(|problem| {
        CredentialError::Usage(format!(
            "--environment is {:?}: {problem}",
            cloud.unwrap_or_default()
        ))
    })?;
    let (cloud, settings) = config
        .sign_in(environment, &wire)
        .map_err(CredentialError::Settings)?;
    let audience = arguments
        .server_id
        .map_or(Audience::AksServer, Audience::Application);
    let token = match arguments.login {
        Login::Settings => settings.credential(&cloud, &wire)?.token(audience).await?,
        Login::DeviceCode => {
            let person = Person {
                cache: Cache::of(environment),
                settings,
                cloud,
                wire,
            };
            person.token(audience, surroundings.prompt).await?
        }
    };
    Ok(request.answer(&token))
}

/// Somebody who signs in with a code, and need not do it again while the token is good.
struct Person {
    cache: Option<Cache>,
    settings: auth::Settings,
    cloud: CloudSource,
    wire: Wire,
}

impl Person {
    async fn token(
        self,
        audience: Audience,
        prompt: &mut (dyn io::Write + Send),
    ) -> Result<Token, CredentialError> {
        let tenant = self.settings.tenant_id;
        let name = format!("{}|{tenant:?}|{audience:?}", self.cloud.address());
        let cached = self
            .cache
            .as_ref()
            .map(|cache| cache.find(&name, self.wire.clock.now()));
        match cached {
            Some(Ok(Some(token))) => return Ok(token),
            None | Some(Ok(None)) => {}
            // Signing in is possible all the same, as it is below.
            Some(Err(refused)) => {
                let told = format!("What was kept of an earlier sign-in is not used: {refused}.\n");
                drop(say(prompt, &told));
            }
        }
        let device = DeviceCode::new(tenant, self.cloud, self.wire)?;
        let invitation = device.begin(audience).await?;
        let invited = format!(
            "To sign in to the cluster, open {} in a browser and enter the code {}.\n",
            invitation.address, invitation.user_code
        );
        say(prompt, &invited).map_err(CredentialError::Prompt)?;
        let token = device.redeem(&invitation).await?;
        if let Some(cache) = &self.cache
            && let Err(error) = cache.keep(&name, &token)
        {
            // The token is good all the same, and losing this line would only hide why the next
            // command asks again.
            let told =
                format!("The token could not be kept: {error}. The next command asks again.\n");
            drop(say(prompt, &told));
        }
        Ok(token)
    }
}

fn say(prompt: &mut (dyn io::Write + Send), text: &str) -> io::Result<()> {
    prompt.write_all(printable(text).as_bytes())
}

/// Everything that is wrong, as sentences one after another.
fn sentences(diagnostics: &Diagnostics) -> String {
    let texts = diagnostics
        .iter()
        .map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail));
    texts.collect::<Vec<_>>().join(" ")
}

/// What else a person at a terminal can do when nothing says how to sign in.
fn way_out(error: &AuthError) -> &'static str {
    match error {
        AuthError::Nothing { .. } | AuthError::Cli { .. } => {
            "; or sign in with a browser: --login devicecode"
        }
        _ => "",
    }
}
