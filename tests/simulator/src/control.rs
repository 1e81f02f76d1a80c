//! The control API: what tests do to the simulator, as JSON over plain HTTP. `README.md`
//! describes it.

mod directory;
mod kubernetes;

use std::net::IpAddr;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::aks::{Failure, Quirks};
use crate::arm::PolicyDenial;
use crate::cloud::sign_in;
use crate::environment::Credential;
use crate::fault::{Action, Fault, Matches, seconds};
use crate::message::{Message, Reply};
use crate::shared::Shared;

/// Answers a request to the control port.
pub(crate) async fn answer(shared: &Shared, message: &Message) -> Reply {
    let segments = message.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let Some(result) = kubernetes::answer(shared, message, &path).await {
        return reply(result);
    }
    let parameters = message.parameters();
    let result = match (message.method.as_str(), path.as_slice()) {
        ("GET", ["msi", "token"]) => return managed_identity(shared, message),
        ("GET", ["environment"]) => environment(shared, parameters.get("credential")),
        ("GET", ["journal"]) => encoded(&shared.lock().journal.exchanges()),
        ("DELETE", ["journal"]) => {
            shared.lock().journal.clear();
            done()
        }
        ("GET", ["faults"]) => encoded(&shared.lock().faults.list()),
        ("POST", ["faults"]) => body::<FaultRequest>(message).and_then(|request| {
            shared.lock().faults.add(request.fault()?);
            done()
        }),
        ("DELETE", ["faults"]) => {
            shared.lock().faults.clear();
            done()
        }
        ("GET", ["held"]) => encoded(&shared.held()),
        ("POST", ["release"]) => {
            shared.release_held();
            done()
        }
        ("GET", ["clock"]) => Ok(json!({ "now": shared.lock().clock.now() })),
        ("POST", ["clock"]) => body::<Advance>(message).map(|advance| {
            shared.with(|inner, _| inner.clock.advance(seconds(advance.advance_seconds)));
            json!({ "now": shared.lock().clock.now() })
        }),
        ("POST", ["reset"]) => {
            shared.reset();
            done()
        }
        ("GET", ["unknown"]) => encoded(&shared.lock().cloud.unknown),
        (_, ["principals" | "members"]) => directory::answer(shared, message, &path),
        _ => return cloud(shared, message, &path),
    };
    reply(result)
}

/// The part that changes what the cloud holds.
fn cloud(shared: &Shared, message: &Message, path: &[&str]) -> Reply {
    let parameters = message.parameters();
    let id = parameters.get("id").map(String::as_str);
    let result = match (message.method.as_str(), path, id) {
        ("GET", ["resources"], None) => encoded(&shared.lock().cloud.manager.resource_ids()),
        ("GET", ["resources"], Some(id)) => shared
            .with(|inner, setting| {
                inner.manage(setting, |manager, moment| manager.resource(id, moment))
            })
            .ok_or_else(|| Wrong::not_found("resource", id)),
        ("PATCH", ["resources"], Some(id)) => body::<Value>(message).and_then(|patch| {
            let changed = shared.with(|inner, _| {
                inner
                    .cloud
                    .manager
                    .change(id, &mut |document| json_patch::merge(document, &patch))
            });
            if changed {
                done()
            } else {
                Err(Wrong::not_found("resource", id))
            }
        }),
        ("POST", ["grants"], _) => body::<Grant>(message).and_then(|grant| {
            let Grant {
                principal,
                role,
                scope,
            } = grant;
            let granted = shared.with(|inner, _| inner.grant(&principal, &role, &scope));
            if granted {
                done()
            } else {
                Err(Wrong::not_found("role", &role))
            }
        }),
        ("DELETE", ["providers", namespace], _) => {
            let known =
                shared.with(|inner, _| inner.cloud.manager.registrations.unregister(namespace));
            if known {
                done()
            } else {
                Err(Wrong::not_found("provider", namespace))
            }
        }
        ("PUT", ["policy"], _) => body::<PolicyDenial>(message).and_then(|policy| {
            shared.with(|inner, _| inner.cloud.manager.policy = Some(policy));
            done()
        }),
        ("DELETE", ["policy"], _) => {
            shared.with(|inner, _| inner.cloud.manager.policy = None);
            done()
        }
        ("POST", ["operations", "fail"], _) => body::<Failure>(message).and_then(|failure| {
            shared.with(|inner, _| inner.cloud.manager.aks.fail_next_operation(failure));
            done()
        }),
        ("PUT", ["public-address"], _) => body::<PublicAddress>(message).and_then(|moved| {
            shared.with(|inner, _| inner.cloud.moved_to = Some(moved.address));
            done()
        }),
        ("PUT", ["quirks"], _) => body::<Quirks>(message).and_then(|quirks| {
            shared.with(|inner, _| inner.cloud.manager.aks.quirks = quirks);
            done()
        }),
        ("POST", ["device-codes", code, "approve"], _) => {
            body::<Approval>(message).and_then(|approval| {
                let approved = shared.with(|inner, _| {
                    inner
                        .cloud
                        .directory
                        .approve_device_code(code, &approval.user)
                });
                if approved {
                    done()
                } else {
                    Err(Wrong::not_found("device code or user", code))
                }
            })
        }
        _ => Err(Wrong::unknown(message)),
    };
    reply(result)
}

#[derive(Deserialize)]
struct FaultRequest {
    name: Option<String>,
    #[serde(default)]
    matches: Matches,
    action: Value,
}

impl FaultRequest {
    /// The action is spelled out, or the name of a preset.
    fn fault(self) -> Result<Fault, Wrong> {
        let preset = self.action.as_str().map(str::to_owned);
        let action = match &preset {
            Some(name) => Action::preset(name).ok_or_else(|| Wrong::not_found("preset", name))?,
            None => {
                serde_json::from_value(self.action).map_err(|error| Wrong::malformed(&error))?
            }
        };
        let name = self.name.or(preset).unwrap_or_else(|| "fault".into());
        Ok(Fault {
            name,
            matches: self.matches,
            action,
        })
    }
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: f64,
}

#[derive(Deserialize)]
struct PublicAddress {
    address: IpAddr,
}

#[derive(Deserialize)]
struct Grant {
    principal: String,
    role: String,
    scope: String,
}

#[derive(Deserialize)]
struct Approval {
    user: String,
}

/// A request to the control API that cannot be carried out.
struct Wrong {
    status: u16,
    text: String,
}

impl Wrong {
    fn not_found(what: &str, name: &str) -> Self {
        Self {
            status: 404,
            text: format!("there is no {what} {name}"),
        }
    }

    fn unknown(message: &Message) -> Self {
        let Message { method, path, .. } = message;
        Self {
            status: 404,
            text: format!("the control API does not know {method} {path}"),
        }
    }

    fn malformed(error: &serde_json::Error) -> Self {
        Self {
            status: 400,
            text: format!("the body cannot be understood: {error}"),
        }
    }
}

fn body<T: DeserializeOwned>(message: &Message) -> Result<T, Wrong> {
    serde_json::from_slice(&message.body).map_err(|error| Wrong::malformed(&error))
}

fn encoded(value: &impl serde::Serialize) -> Result<Value, Wrong> {
    serde_json::to_value(value).map_err(|error| Wrong {
        status: 500,
        text: error.to_string(),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "an answer among fallible ones")]
fn done() -> Result<Value, Wrong> {
    Ok(json!({}))
}

fn reply(result: Result<Value, Wrong>) -> Reply {
    match result {
        Ok(body) => Reply::json(200, &body),
        Err(wrong) => Reply::json(wrong.status, &json!({ "error": wrong.text })),
    }
}

fn environment(shared: &Shared, credential: Option<&String>) -> Result<Value, Wrong> {
    let credential = match credential {
        None => Credential::Secret,
        Some(name) => {
            serde_json::from_value(json!(name)).map_err(|error| Wrong::malformed(&error))?
        }
    };
    encoded(&shared.environment(credential))
}

fn managed_identity(shared: &Shared, message: &Message) -> Reply {
    let mut guard = shared.lock();
    let inner = &mut *guard;
    let address = inner.cloud.public_address(&shared.setting);
    let mut sign_in = sign_in(&shared.setting, &inner.clock, &mut inner.random, address);
    let header = &inner.cloud.secrets.identity_header;
    inner
        .cloud
        .directory
        .managed_identity_token(message, header, &mut sign_in)
}
