//! GET of an object or a list, as itself or as the form a client asks for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::call::{Call, Place};
use super::exchange::Answer;
use super::form::Form;
use super::selector::Selector;
use super::status::Status;
use super::store::{name, namespace};
use super::update::scale_of;

impl Call<'_> {
    pub(super) fn get(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        let object = self.stored(place)?;
        if place.subresource == "scale" {
            return Ok(self.reply(200, &scale_of(&object)).into());
        }
        let body = Form::of(self.message).object(place.kind, &object, self.around.now);
        Ok(self.reply(200, &body).into())
    }

    pub(super) fn list(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        let selector = Selector::of(self.request)?;
        let after = match self.request.parameter("continue") {
            "" => None,
            token => Some(Continuation::read(token)?),
        };
        let mut left = self
            .store
            .objects(place.kind, place.namespace)
            .filter(|object| selector.matches(object))
            .filter(|object| {
                after
                    .as_ref()
                    .is_none_or(|after| (namespace(object), name(object)) > after.position())
            });
        let limit = self.request.number("limit").filter(|limit| *limit > 0);
        let limit = limit.and_then(|limit| usize::try_from(limit).ok());
        let items: Vec<&Value> = left.by_ref().take(limit.unwrap_or(usize::MAX)).collect();
        let mut metadata = json!({ "resourceVersion": self.store.revision().to_string() });
        let rest = left.count();
        if rest > 0
            && let (Some(last), Some(members)) = (items.last(), metadata.as_object_mut())
        {
            members.insert("continue".into(), Continuation::after(last).write().into());
            members.insert("remainingItemCount".into(), rest.into());
        }
        let body = Form::of(self.message).list(place.kind, &items, &metadata, self.around.now);
        Ok(self.reply(200, &body).into())
    }
}

/// Where a list goes on.
struct Continuation {
    namespace: String,
    name: String,
}

impl Continuation {
    fn after(last: &Value) -> Self {
        Self {
            namespace: namespace(last).to_owned(),
            name: name(last).to_owned(),
        }
    }

    fn position(&self) -> (&str, &str) {
        (&self.namespace, &self.name)
    }

    fn write(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!([self.namespace, self.name]).to_string())
    }

    fn read(token: &str) -> Result<Self, Status> {
        let parts = URL_SAFE_NO_PAD
            .decode(token)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<(String, String)>(&bytes).ok());
        let (namespace, name) =
            parts.ok_or_else(|| Status::bad_request("continue key is not valid"))?;
        Ok(Self { namespace, name })
    }
}
