//! The control API's part about the directory: principals and who is in which group.

use serde::Deserialize;
use serde_json::Value;

use super::{Wrong, body, done, encoded};
use crate::entra::{Directory, Principal};
use crate::message::Message;
use crate::shared::Shared;

#[derive(Deserialize)]
struct Membership {
    group: String,
    member: String,
}

pub(super) fn answer(shared: &Shared, message: &Message, path: &[&str]) -> Result<Value, Wrong> {
    let parameters = message.parameters();
    let name = parameters.get("id").map(String::as_str);
    match (message.method.as_str(), path, name) {
        ("GET", ["principals"], None) => principals(shared),
        ("POST", ["principals"], None) => put(shared, body(message)?),
        ("DELETE", ["principals"], Some(name)) => delete(shared, name),
        ("POST", ["members"], None) => membership(shared, &body(message)?, Directory::add_member),
        ("DELETE", ["members"], None) => {
            membership(shared, &body(message)?, Directory::remove_member)
        }
        _ => Err(Wrong::unknown(message)),
    }
}

/// Everybody, without what they sign in with.
fn principals(shared: &Shared) -> Result<Value, Wrong> {
    let inner = shared.lock();
    let shown: Vec<Principal> = inner
        .cloud
        .directory
        .principals()
        .map(|principal| Principal {
            secrets: Vec::new(),
            certificates: Vec::new(),
            federations: Vec::new(),
            ..principal.clone()
        })
        .collect();
    encoded(&shown)
}

/// Adds or replaces a principal. It came into being now, unless the body says when.
fn put(shared: &Shared, principal: Value) -> Result<Value, Wrong> {
    let new = principal.get("created").is_none();
    let mut principal: Principal =
        serde_json::from_value(principal).map_err(|error| Wrong::malformed(&error))?;
    principal.identify();
    shared.with(|inner, _| {
        if new {
            principal.created = inner.clock.now();
        }
        inner.cloud.directory.put_all(&[principal]);
    });
    done()
}

fn delete(shared: &Shared, name: &str) -> Result<Value, Wrong> {
    let deleted = shared.with(|inner, _| {
        let now = inner.clock.now();
        let directory = &mut inner.cloud.directory;
        let id = directory.called(name);
        id.is_some_and(|id| directory.delete(&id, now))
    });
    if deleted {
        done()
    } else {
        Err(Wrong::not_found("principal", name))
    }
}

/// Begins or ends a membership; group and member are named as people name them.
fn membership(
    shared: &Shared,
    asked: &Membership,
    act: impl FnOnce(&mut Directory, &str, &str) -> bool,
) -> Result<Value, Wrong> {
    let Membership { group, member } = asked;
    shared.with(|inner, _| {
        let directory = &mut inner.cloud.directory;
        let group_id = directory
            .called(group)
            .ok_or_else(|| Wrong::not_found("group", group))?;
        let member_id = directory
            .called(member)
            .ok_or_else(|| Wrong::not_found("principal", member))?;
        if act(directory, &group_id, &member_id) {
            done()
        } else {
            let text = format!("the membership of {member} in {group} stays as it was");
            Err(Wrong { status: 409, text })
        }
    })
}
