//! One request to an API server, from who asks to what is answered.

use serde_json::Value;

use super::attributes::{Attributes, Target};
use super::authentication::{authenticate, impersonate};
use super::authorization::{Decision, Memory, authorize};
use super::call::Call;
use super::request::Request;
use super::status::Status;
use super::store::Store;
use super::user::User;
use super::view::Surroundings;
use super::watch::Watch;
use super::{discovery, kind, namespace, nodes};
use crate::message::{Message, Reply};
use rand::rngs::StdRng;

/// What a request gets.
pub(crate) enum Answer {
    Reply(Reply),
    /// An answer that goes on: changes as they happen.
    Watch(Box<Watch>),
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// Answers a request, and tells who sent it when that could be established.
pub(crate) fn answer(
    message: &Message,
    with_admin_certificate: bool,
    around: Surroundings<'_>,
    store: &mut Store,
    memory: &mut Memory,
    random: &mut StdRng,
) -> (Answer, Option<User>) {
    namespace::settle(store, around.now);
    nodes::settle(store, around.cluster, around.now);
    let signed_in = authenticate(&around.view(store), message, with_admin_certificate)
        .and_then(|user| impersonate(&around.view(store), memory, user, message));
    let user = match signed_in {
        Ok(user) => user,
        Err(status) => return (refusal(&status), None),
    };
    let request = Request::parse(message);
    let decision = authorize(&around.view(store), memory, &user, &request.attributes);
    if !decision.allowed {
        let status = forbidden(&user, &request.attributes, &decision);
        return (refusal(&status), Some(user));
    }
    let answer = match &request.attributes.target {
        Target::Path(path) => discovery::answer(path, message, around.cluster),
        Target::Resource(_) => {
            let mut call = Call {
                request: &request,
                message,
                user: &user,
                around,
                store,
                memory,
                random,
                warnings: Vec::new(),
            };
            call.answer()
        }
    };
    (answer.unwrap_or_else(|status| refusal(&status)), Some(user))
}

/// An answer in JSON, as the server writes it.
pub(crate) fn json(status: u16, body: &Value) -> Reply {
    let mut text = body.to_string();
    text.push('\n');
    Reply {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: text.into_bytes(),
    }
}

fn refusal(status: &Status) -> Answer {
    let mut reply = json(status.code, &status.body());
    if status.code == 401 {
        reply = reply.with("www-authenticate", "Bearer realm=\"kubernetes\"");
    }
    reply.into()
}

/// The text of `apiserver/pkg/endpoints/handlers/responsewriters/errors.go`.
pub(crate) fn forbidden(user: &User, attributes: &Attributes, decision: &Decision) -> Status {
    let verb = &attributes.verb;
    let who = super::status::quoted(&user.name);
    let because = if decision.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", decision.reason)
    };
    let resource = match &attributes.target {
        Target::Path(path) => {
            return Status::forbidden_path(format!(
                "forbidden: User {who} cannot {verb} path \"{path}\"{because}"
            ));
        }
        Target::Resource(resource) => resource,
    };
    let what = resource.with_subresource();
    let place = if resource.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace \"{}\"", resource.namespace)
    };
    let why = format!(
        "User {who} cannot {verb} resource \"{what}\" in API group \"{}\" {place}{because}",
        resource.group
    );
    match kind::of_resource(&resource.group, &resource.resource) {
        Some(kind) => Status::forbidden(kind, &resource.name, &why),
        None => Status::forbidden_path(format!("{} is forbidden: {why}", resource.resource)),
    }
}
