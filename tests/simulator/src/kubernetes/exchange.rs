//! One request to an API server, from who asks to what is answered.

use serde_json::Value;

use super::attributes::Target;
use super::authentication::authenticate;
use super::authorization::{Memory, authorize, forbidden};
use super::call::Call;
use super::impersonation::impersonate;
use super::request::Request;
use super::status::Status;
use super::store::Store;
use super::user::User;
use super::view::Surroundings;
use super::watch::Watch;
use super::{controllers, discovery, namespace, nodes, not_simulated};
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
    controllers::settle(store, around.cluster, around.now, random);
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
        Target::Resource(_) if not_simulated::is_missing(&request) => {
            Err(Status::not_simulated(&message.method, &message.path))
        }
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
