//! Microsoft Graph v1.0, as far as it is about users, groups, service principals and memberships.
//!
//! Graph answers from replicas of the directory: what was made or deleted a moment ago shows only
//! after a while. Memberships show at once.

mod batch;
mod deleted;
mod error;
mod filter;
mod group;
mod membership;
mod object;
mod page;
mod permission;

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

use crate::arm::exchange::Caller;
use crate::entra::{Audience, Claims, Directory, Principal, Refusal, SigningKey, verify};
use crate::message::{Message, Reply};
use crate::origins::Origins;
use crate::random::guid;
use error::GraphError;
use object::{Kind, directory_object, document, select};
use permission::Rights;

/// What Graph may know of the moment in which it answers.
pub(crate) struct Graph<'a> {
    pub(crate) directory: &'a mut Directory,
    pub(crate) now: Timestamp,
    /// The time tokens live by.
    pub(crate) token_time: Timestamp,
    pub(crate) random: &'a mut StdRng,
    pub(crate) origins: &'a Origins,
    pub(crate) key: &'a SigningKey,
}

/// The status and body of an answer: no body for null, a plain text for a number, and JSON
/// otherwise. `None` when nothing here knows the path.
type Answer = Result<Option<(u16, Value)>, GraphError>;

impl Graph<'_> {
    /// Answers a request, and tells who sent it. No answer: nothing here knows the path.
    pub(crate) fn answer(&mut self, message: &Message) -> (Option<Reply>, Option<Caller>) {
        let claims = match self.authenticate(message) {
            Ok(claims) => claims,
            Err(error) => return (Some(self.refusal(&error, message)), None),
        };
        let caller = Caller {
            object_id: claims.text("oid").to_owned(),
            app_id: claims.text("appid").to_owned(),
            tenant_id: claims.text("tid").to_owned(),
        };
        let rights = Rights::of(&caller.object_id, self.directory);
        let whole = (message.method.as_str(), message.path.as_str());
        let reply = if whole == ("POST", "/v1.0/$batch") {
            self.batch(message, &rights)
        } else {
            self.single(message, &rights)
        };
        (reply, Some(caller))
    }

    fn authenticate(&self, message: &Message) -> Result<Claims, GraphError> {
        let token = message
            .header("authorization")
            .and_then(|header| header.split_once(' '))
            .map_or("", |(_, token)| token);
        if token.is_empty() {
            return Err(GraphError::token("Access token is empty."));
        }
        let Self { key, origins, .. } = self;
        verify(token, Audience::Graph, key, origins, self.token_time).map_err(|refusal| {
            GraphError::token(match refusal {
                Refusal::Invalid => "IDX14100: JWT is not well formed.",
                Refusal::Audience(_) => "Access token validation failure. Invalid audience.",
                Refusal::Expired { .. } => "Lifetime validation failed, the token is expired.",
            })
        })
    }

    fn batch(&mut self, message: &Message, rights: &Rights) -> Option<Reply> {
        let requests = match batch::requests(message) {
            Ok(requests) => requests,
            Err(error) => return Some(self.refusal(&error, message)),
        };
        let mut answers = Vec::new();
        for (id, request) in requests {
            answers.push((id, self.single(&request, rights)?));
        }
        Some(batch::reply(answers))
    }

    fn single(&mut self, message: &Message, rights: &Rights) -> Option<Reply> {
        let reply = match self.route(message, rights) {
            Ok(None) => return None,
            Ok(Some((status, Value::Null))) => Reply {
                status,
                headers: Vec::new(),
                body: Vec::new(),
            },
            Ok(Some((status, Value::Number(count)))) => Reply {
                status,
                headers: vec![("content-type".into(), "text/plain".into())],
                body: count.to_string().into_bytes(),
            },
            Ok(Some((status, body))) => Reply::json(status, &body),
            Err(error) => self.refusal(&error, message),
        };
        Some(reply)
    }

    fn refusal(&mut self, error: &GraphError, message: &Message) -> Reply {
        let request_id = guid(self.random);
        let client_request_id = message
            .header("client-request-id")
            .map_or_else(|| request_id.clone(), str::to_owned);
        let body = error.body(self.now, &request_id, &client_request_id);
        Reply::json(error.status, &body)
            .with("request-id", request_id)
            .with("client-request-id", client_request_id)
    }

    fn route(&mut self, message: &Message, rights: &Rights) -> Answer {
        let segments = message.segments();
        let mut path: Vec<&str> = segments.iter().map(String::as_str).collect();
        if path.first() != Some(&"v1.0") {
            return Ok(None);
        }
        path.remove(0);
        let query = message.parameters();
        if query
            .keys()
            .any(|name| !PARAMETERS.contains(&name.as_str()))
        {
            return Ok(None);
        }
        if path.first() == Some(&"me") {
            if !rights.delegated {
                return Err(GraphError::bad_request(
                    "/me request is only valid with delegated authentication flow.",
                ));
            }
            path.splice(0..1, ["users", rights.object_id.as_str()]);
        }
        let body = if message.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&message.body)
                .map_err(|_| GraphError::bad_request("Unable to read JSON request payload."))?
        };
        if let Some(answer) = self.write(message, &path, &body, rights)? {
            return Ok(Some(answer));
        }
        let call = Call {
            directory: self.directory,
            now: self.now,
            origin: &self.origins.graph,
            path: &message.path,
            query: &query,
            body: &body,
            rights,
            eventual: message
                .header("consistencylevel")
                .is_some_and(|level| level.eq_ignore_ascii_case("eventual")),
        };
        call.answer(&message.method, &path)
    }

    /// The requests that change something.
    fn write(&mut self, message: &Message, path: &[&str], body: &Value, rights: &Rights) -> Answer {
        let shown = |directory: &Directory, id: &str| {
            let found = directory
                .replicated(self.now)
                .any(|one| one.object_id.eq_ignore_ascii_case(id));
            if found {
                Ok(())
            } else {
                Err(GraphError::not_found(id))
            }
        };
        match (message.method.as_str(), path) {
            ("POST", ["groups"]) => {
                let id = guid(self.random);
                let group = group::create(self.directory, rights, body, id, self.now)?;
                let context = format!("{}/v1.0/$metadata#groups/$entity", self.origins.graph);
                Ok(Some((201, in_context(&context, group))))
            }
            ("POST", ["groups", group, "members", "$ref"]) => {
                shown(self.directory, group)?;
                group::add_member(self.directory, rights, group, body)?;
                Ok(Some((204, Value::Null)))
            }
            ("DELETE", ["groups", group, "members", member, "$ref"]) => {
                shown(self.directory, group)?;
                group::remove_member(self.directory, rights, group, member)?;
                Ok(Some((204, Value::Null)))
            }
            ("DELETE", ["groups", group]) => {
                shown(self.directory, group)?;
                group::delete(self.directory, rights, group, self.now)?;
                Ok(Some((204, Value::Null)))
            }
            _ => Ok(None),
        }
    }
}

/// The query parameters that are understood; a request with another one is not simulated.
const PARAMETERS: [&str; 5] = ["$filter", "$select", "$top", "$count", "$skiptoken"];

/// One request that reads.
struct Call<'a> {
    directory: &'a Directory,
    now: Timestamp,
    origin: &'a str,
    path: &'a str,
    query: &'a BTreeMap<String, String>,
    body: &'a Value,
    rights: &'a Rights,
    /// Whether the caller accepts answers that lag behind.
    eventual: bool,
}

impl<'a> Call<'a> {
    fn answer(&self, method: &str, path: &[&str]) -> Answer {
        match (method, path) {
            ("GET", ["directoryObjects", id]) => {
                self.rights.must_read_something()?;
                let found = self.find(id).ok_or_else(|| GraphError::not_found(id))?;
                let readable = self.rights.reads_object(found);
                let object = directory_object(found, readable, self.parameter("$select"));
                Ok(Some((200, self.entity("directoryObjects", object))))
            }
            ("GET", ["directory", "deletedItems", rest @ ..]) => deleted::answer(self, rest),
            ("POST", ["directoryObjects", "getByIds" | "microsoft.graph.getByIds"]) => {
                Ok(Some((200, self.by_ids()?)))
            }
            (method, [collection, rest @ ..]) => {
                let (collection, app_id) = keyed(collection);
                let Some(kind) = Kind::of_collection(collection) else {
                    return Ok(None);
                };
                match (app_id, rest) {
                    (None, []) if method == "GET" => {
                        self.rights.must_read(kind)?;
                        Ok(Some((200, page::list(self, kind)?)))
                    }
                    (None, ["$count"]) if method == "GET" => {
                        self.rights.must_read(kind)?;
                        Ok(Some((200, json!(page::count(self, kind)?))))
                    }
                    (None, [id, rest @ ..]) => self.object(method, kind, id, rest),
                    (Some(app_id), rest) if kind == Kind::ServicePrincipal => {
                        let found = self.replicated().find(|one| {
                            let own = one.app_id.as_deref();
                            own.is_some_and(|own| own.eq_ignore_ascii_case(app_id))
                        });
                        let id = found.map_or(app_id, |one| one.object_id.as_str());
                        self.object(method, kind, id, rest)
                    }
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    /// One object of a kind, or what there is below it.
    fn object(&self, method: &str, kind: Kind, id: &str, rest: &[&str]) -> Answer {
        let found = self.find(id).filter(|one| Kind::of(one) == kind);
        // Whether an object exists is no business of those who may not read its kind.
        let own = found.is_some_and(|one| self.rights.reads_object(one));
        if !own && !self.rights.reads(kind) && !self.rights.reads(Kind::Group) {
            return Err(GraphError::denied());
        }
        let found = found.ok_or_else(|| GraphError::not_found(id))?;
        let (rest, only) = cast(rest);
        let body = match (method, rest) {
            ("GET", []) => {
                if !own {
                    return Err(GraphError::denied());
                }
                let object = select(kind, &document(found), self.parameter("$select"))?;
                let context = format!("{}/$entity", kind.collection());
                in_context(&format!("{}/v1.0/$metadata#{context}", self.origin), object)
            }
            ("GET", ["memberOf"]) => membership::groups_of(self, found, false, only)?,
            ("GET", ["transitiveMemberOf"]) => membership::groups_of(self, found, true, only)?,
            ("GET", ["members"]) if kind == Kind::Group => {
                membership::members(self, found, false, only)?
            }
            ("GET", ["transitiveMembers"]) if kind == Kind::Group => {
                membership::members(self, found, true, only)?
            }
            ("POST", ["checkMemberGroups" | "microsoft.graph.checkMemberGroups"]) => {
                membership::check_member_groups(self, found)?
            }
            ("POST", ["getMemberGroups" | "microsoft.graph.getMemberGroups"]) => {
                membership::get_member_groups(self, found)?
            }
            _ => return Ok(None),
        };
        Ok(Some((200, body)))
    }

    /// `getByIds`: unknown ids are left out.
    fn by_ids(&self) -> Result<Value, GraphError> {
        self.rights.must_read_something()?;
        let ids = self.texts("ids")?;
        if ids.len() > 1000 {
            return Err(GraphError::request(
                "Too many identifiers were specified. At most 1000 identifiers may be specified.",
            ));
        }
        let types = match self.body.get("types") {
            None | Some(Value::Null) => Vec::new(),
            Some(_) => self.texts("types")?,
        };
        let wanted = |one: &&Principal| {
            let name = Kind::of(one).short_name();
            types.is_empty()
                || types
                    .iter()
                    .any(|own| own == name || own == "directoryObject")
        };
        let value: Vec<Value> = ids
            .iter()
            .filter_map(|id| self.find(id))
            .filter(wanted)
            .map(|one| directory_object(one, self.rights.reads_object(one), None))
            .collect();
        let origin = self.origin;
        Ok(json!({
            "@odata.context": format!("{origin}/v1.0/$metadata#directoryObjects"),
            "value": value,
        }))
    }

    fn entity(&self, collection: &str, object: Value) -> Value {
        let context = format!("{}/v1.0/$metadata#{collection}/$entity", self.origin);
        match object {
            Value::Object(members) => in_context(&context, members),
            other => other,
        }
    }

    fn replicated(&self) -> impl Iterator<Item = &'a Principal> {
        self.directory.replicated(self.now)
    }

    /// The object with an id, or the user with a sign-in name.
    fn find(&self, id: &str) -> Option<&'a Principal> {
        self.replicated().find(|one| {
            let name = one.user_principal_name.as_deref();
            one.object_id.eq_ignore_ascii_case(id)
                || name.is_some_and(|name| name.eq_ignore_ascii_case(id))
        })
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.query.get(name).map(String::as_str)
    }

    fn eventual(&self) -> bool {
        self.eventual
    }

    /// Whether the slow way was asked for that some queries need.
    fn advanced(&self) -> bool {
        self.eventual && self.parameter("$count") == Some("true")
    }

    /// A list of texts in the body.
    fn texts(&self, name: &str) -> Result<Vec<String>, GraphError> {
        let list = self.body.get(name).and_then(Value::as_array);
        let list = list.ok_or_else(|| {
            GraphError::request(format!("The parameter '{name}' is required and a list."))
        })?;
        Ok(list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect())
    }
}

fn in_context(context: &str, object: Map<String, Value>) -> Value {
    let mut body = Map::new();
    body.insert("@odata.context".into(), json!(context));
    body.extend(object);
    Value::Object(body)
}

/// A collection and, in the form `servicePrincipals(appId='ID')`, the application id.
fn keyed(segment: &str) -> (&str, Option<&str>) {
    let parts = segment
        .strip_suffix("')")
        .and_then(|segment| segment.split_once("(appId='"));
    parts.map_or((segment, None), |(collection, id)| (collection, Some(id)))
}

/// What a path asks for without its last part, when that says of which kind objects must be.
fn cast<'a>(path: &'a [&'a str]) -> (&'a [&'a str], Option<Kind>) {
    let Some((last, rest)) = path.split_last() else {
        return (path, None);
    };
    let kind = Kind::ALL
        .into_iter()
        .find(|kind| kind.type_name().eq_ignore_ascii_case(last));
    if kind.is_some() {
        (rest, kind)
    } else {
        (path, None)
    }
}
