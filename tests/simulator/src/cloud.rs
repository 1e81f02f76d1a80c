//! The whole simulated cloud: from a request to an answer, at a moment.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::arm::exchange::{Caller, Moment};
use crate::arm::{ResourceManager, Subscription, authenticate, endpoints, open, wire};
use crate::clock::Clock;
use crate::entra::{Directory, Principal, SignIn, SigningKey, github_token, pipelines_token};
use crate::graph::Graph;
use crate::kubernetes::ApiServers;
use crate::message::{Host, Message, Reply};
use crate::origins::Origins;
use crate::seed::Secrets;

/// Everything that is kept between requests, and between runs with a state file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Cloud {
    pub(crate) directory: Directory,
    pub(crate) manager: ResourceManager,
    pub(crate) api_servers: ApiServers,
    pub(crate) secrets: Secrets,
    /// The address clients call from since somebody has moved them.
    #[serde(default)]
    pub(crate) moved_to: Option<IpAddr>,
    /// The requests nothing here knew how to answer.
    pub(crate) unknown: Vec<String>,
}

/// What stays the same while a simulator runs.
pub(crate) struct Setting {
    pub(crate) origins: Origins,
    pub(crate) key: SigningKey,
    /// Seconds an access token is valid.
    pub(crate) token_lifetime: u64,
    /// The folder with the files clients are pointed to.
    pub(crate) directory: PathBuf,
    /// The principals of the directory file.
    pub(crate) written_down: Vec<Principal>,
    /// The address that clients call from, as the internet sees it.
    pub(crate) public_address: IpAddr,
    /// How often clients that know of the simulator should poll.
    pub(crate) poll_interval: Duration,
}

impl Cloud {
    pub(crate) fn new(directory: Directory, subscription: Subscription, secrets: Secrets) -> Self {
        Self {
            directory,
            manager: ResourceManager::new(subscription),
            api_servers: ApiServers::default(),
            secrets,
            moved_to: None,
            unknown: Vec::new(),
        }
    }

    /// The address clients call from, as the internet sees it.
    pub(crate) fn public_address(&self, setting: &Setting) -> IpAddr {
        self.moved_to.unwrap_or(setting.public_address)
    }

    /// Answers a request, and tells who sent it when that could be established.
    pub(crate) fn answer(
        &mut self,
        host: Host,
        message: &Message,
        setting: &Setting,
        clock: &Clock,
        random: &mut StdRng,
    ) -> (Reply, Option<Caller>) {
        match host {
            Host::Arm => self.resource_manager(message, setting, clock, random),
            Host::Login => {
                let address = self.public_address(setting);
                let mut sign_in = sign_in(setting, clock, random, address);
                let reply = self
                    .pipeline(message, &sign_in)
                    .or_else(|| self.directory.answer(message, &mut sign_in));
                (reply.unwrap_or_else(|| self.not_simulated(message)), None)
            }
            Host::Graph => {
                let mut graph = Graph {
                    directory: &mut self.directory,
                    now: clock.now(),
                    token_time: clock.token_time(),
                    random,
                    origins: &setting.origins,
                    key: &setting.key,
                };
                let (reply, caller) = graph.answer(message);
                let reply = reply.unwrap_or_else(|| self.not_simulated(message));
                (reply, caller)
            }
            // Clusters have listeners of their own, which do not come here.
            Host::Kubernetes => (self.not_simulated(message), None),
        }
    }

    fn resource_manager(
        &mut self,
        message: &Message,
        setting: &Setting,
        clock: &Clock,
        random: &mut StdRng,
    ) -> (Reply, Option<Caller>) {
        if message.method == "GET" && message.path.eq_ignore_ascii_case("/metadata/endpoints") {
            return (endpoints(message, &setting.origins), None);
        }
        let tenant_id = self.directory.tenant_id.clone();
        let mut moment = Moment {
            now: clock.now(),
            random,
            resource_manager: &setting.origins.arm,
            tenant_id: &tenant_id,
        };
        let Setting { origins, key, .. } = setting;
        let caller = match authenticate(message, key, origins, &tenant_id, clock.token_time()) {
            Ok(caller) => caller,
            Err(refusal) => return (wire(refusal, message, &mut moment), None),
        };
        let reply = match open(message, caller.clone()) {
            Err(refusal) => wire(refusal, message, &mut moment),
            Ok(request) => {
                match self
                    .manager
                    .handle(&request, &mut self.directory, &mut moment)
                {
                    Some(response) => {
                        // A service that does not know the request answers itself.
                        if response.status == 501 {
                            self.unknown.push(line(message));
                        }
                        wire(response, message, &mut moment)
                    }
                    None => self.not_simulated(message),
                }
            }
        };
        (reply, Some(caller))
    }

    /// The tokens of GitHub's and Azure Pipelines' own issuers, which are on the web too and so
    /// share the one certificate and port with Entra.
    fn pipeline(&self, message: &Message, sign_in: &SignIn<'_>) -> Option<Reply> {
        let segments = message.segments();
        let path: Vec<&str> = segments.iter().map(String::as_str).collect();
        let github = match (message.method.as_str(), path.as_slice()) {
            ("GET", ["oidc", "github"]) => true,
            ("POST", ["oidc", "azure-pipelines"]) => false,
            _ => return None,
        };
        let wanted = format!("Bearer {}", self.secrets.request_token);
        if message.header("authorization") != Some(wanted.as_str()) {
            let text = "The request token is missing or wrong.";
            return Some(Reply::json(401, &json!({ "message": text })));
        }
        Some(if github {
            github_token(message, sign_in)
        } else {
            pipelines_token(sign_in)
        })
    }

    /// Honest about what is missing: the request is named, and remembered for the test to fail.
    fn not_simulated(&mut self, message: &Message) -> Reply {
        let request = line(message);
        let text = format!("the simulator does not know {request}");
        self.unknown.push(request);
        Reply::json(
            501,
            &json!({ "error": { "code": "NotSimulated", "message": text } }),
        )
    }
}

/// A request, as the list of unknown ones names it.
fn line(message: &Message) -> String {
    format!("{} {}", message.method, message.path)
}

/// The moment as sign-in sees it.
pub(crate) fn sign_in<'a>(
    setting: &'a Setting,
    clock: &Clock,
    random: &'a mut StdRng,
    address: IpAddr,
) -> SignIn<'a> {
    SignIn {
        token_time: clock.token_time(),
        real_time: Timestamp::now(),
        random,
        origins: &setting.origins,
        key: &setting.key,
        lifetime: setting.token_lifetime,
        address,
    }
}
