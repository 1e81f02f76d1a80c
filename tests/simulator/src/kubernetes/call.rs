//! One authorized request for a resource: which verb serves it, and what every verb needs.

use rand::rngs::StdRng;
use serde_json::Value;

use super::admission::{Write, admit, admit_well_formed};
use super::attributes::ResourceAttributes;
use super::authorization::Memory;
use super::exchange::{Answer, json};
use super::kind::{Handling, Kind};
use super::request::Request;
use super::status::Status;
use super::store::Store;
use super::user::User;
use super::view::Surroundings;
use super::{body, reviews};
use crate::message::{Message, Reply};

/// A request under way.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) message: &'a Message,
    pub(crate) user: &'a User,
    pub(crate) around: Surroundings<'a>,
    pub(crate) store: &'a mut Store,
    pub(crate) memory: &'a mut Memory,
    pub(crate) random: &'a mut StdRng,
    /// Texts for the client to show (`Warning` headers).
    pub(crate) warnings: Vec<String>,
}

/// Where the object of a request is or will be.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) kind: &'static Kind,
    /// Empty for kinds without one, and for all of them.
    pub(crate) namespace: &'a str,
    /// Empty for lists and creates.
    pub(crate) name: &'a str,
    /// Empty for the object itself.
    pub(crate) subresource: &'a str,
}

impl Call<'_> {
    pub(crate) fn answer(&mut self) -> Result<Answer, Status> {
        let kind = self.request.kind.ok_or_else(Status::no_such_path)?;
        let mut resource = self.request.resource();
        if matches!(
            self.request.attributes.verb.as_str(),
            "list" | "watch" | "deletecollection"
        ) {
            // A name there stands for what a selector names.
            resource.name.clear();
        }
        let place = place(kind, &resource)?;
        if kind.handling == Handling::Review {
            return self.review(place);
        }
        let verb = self.request.attributes.verb.as_str();
        if !place.subresource.is_empty() {
            if !kind.subresources.contains(&place.subresource) {
                return Err(Status::no_such_path());
            }
            if !matches!(verb, "get" | "update" | "patch") {
                return Err(Status::method_not_allowed());
            }
        }
        if !kind.verbs().contains(&verb) || (verb == "create" && !place.name.is_empty()) {
            return Err(Status::method_not_allowed());
        }
        match verb {
            "get" => self.get(place),
            "list" => self.list(place),
            "watch" => self.watch(place),
            "create" => self.create(place),
            "update" => self.update(place),
            "patch" => self.patch(place),
            "delete" => self.delete(place),
            _ => self.delete_collection(place),
        }
    }

    fn review(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        if self.request.attributes.verb != "create" {
            return Err(Status::method_not_allowed());
        }
        let review = body::decode(self.message, place.kind)?;
        let review = reviews::answer(
            &self.around.view(self.store),
            self.memory,
            self.user,
            place.kind,
            place.namespace,
            review,
        )?;
        Ok(self.reply(201, &review).into())
    }

    /// Asks whether a write may be.
    pub(crate) fn admit(
        &mut self,
        place: Place<'_>,
        new: Option<&Value>,
        old: Option<&Value>,
    ) -> Result<(), Status> {
        let write = Write {
            kind: place.kind,
            namespace: place.namespace,
            name: place.name,
            new,
            old,
        };
        admit(
            &self.around.view(self.store),
            self.memory,
            self.user,
            &write,
        )
    }

    /// Asks the same of an object that is well formed. Subresources are of no concern to who is asked.
    pub(crate) fn admit_well_formed(
        &mut self,
        place: Place<'_>,
        new: &Value,
        old: Option<&Value>,
    ) -> Result<(), Status> {
        if !self.request.resource().subresource.is_empty() {
            return Ok(());
        }
        let write = Write {
            kind: place.kind,
            namespace: place.namespace,
            name: place.name,
            new: Some(new),
            old,
        };
        let view = self.around.view(self.store);
        admit_well_formed(&view, &write, &mut self.warnings)
    }

    /// The object of a request as it is kept.
    pub(crate) fn stored(&self, place: Place<'_>) -> Result<Value, Status> {
        self.store
            .object(place.kind, place.namespace, place.name)
            .cloned()
            .ok_or_else(|| Status::not_found(place.kind, place.name))
    }

    /// An answer with the warnings so far.
    pub(crate) fn reply(&self, status: u16, body: &Value) -> Reply {
        let mut reply = json(status, body);
        for warning in &self.warnings {
            let text = Value::from(warning.as_str());
            reply = reply.with("warning", format!("299 - {text}"));
        }
        reply
    }
}

fn place<'a>(kind: &'static Kind, resource: &'a ResourceAttributes) -> Result<Place<'a>, Status> {
    // The path of a namespace counts as being in it, for rules; the object is in none.
    let namespace = if kind.namespaced {
        resource.namespace.as_str()
    } else {
        ""
    };
    if !kind.namespaced && !resource.namespace.is_empty() && kind.resource != "namespaces" {
        return Err(Status::no_such_path());
    }
    if kind.namespaced && namespace.is_empty() && !resource.name.is_empty() {
        return Err(Status::no_such_path());
    }
    Ok(Place {
        kind,
        namespace,
        name: &resource.name,
        subresource: &resource.subresource,
    })
}
