//! DELETE of an object or of all that a selector finds.

use serde_json::{Value, json};

use super::call::{Call, Place};
use super::exchange::Answer;
use super::kind::{self, KINDS, Kind};
use super::metadata::{self, time};
use super::openapi::DELETE_OPTIONS;
use super::selector::Selector;
use super::status::Status;
use super::store::{name, namespace as namespace_of, text};
use super::{body, namespace, protobuf};

/// What the body or the query of a deletion says.
struct Options {
    uid: Option<String>,
    version: Option<String>,
    /// Dependents stay (`Orphan`), or go as well.
    orphans: bool,
    dry_run: bool,
}

impl Call<'_> {
    pub(super) fn delete(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        let options = self.delete_options()?;
        let old = self.stored(place)?;
        let conflict = |what: &str, wanted: &str, own: &str, perhaps: &str| {
            let why = format!(
                "the {what} in the precondition ({wanted}) does not match the {what} in record \
                 ({own}). The object might have been {perhaps}"
            );
            Err(Status::deletion_conflict(place.kind, place.name, &why))
        };
        let (uid, version) = (
            text(&old, "/metadata/uid"),
            text(&old, "/metadata/resourceVersion"),
        );
        if let Some(wanted) = options.uid.as_deref().filter(|wanted| *wanted != uid) {
            return conflict("UID", wanted, uid, "deleted and then recreated");
        }
        if let Some(wanted) = options.version.as_deref().filter(|own| *own != version) {
            return conflict("ResourceVersion", wanted, version, "modified");
        }
        self.admit(place, None, Some(&old))?;
        let left = self.take_away(place, &old, &options);
        let answer = left.unwrap_or_else(|| {
            if matches!(place.kind.resource, "pods" | "services" | "serviceaccounts") {
                // These answer what was deleted, as strategies with `ReturnDeletedObject` do.
                return old.clone();
            }
            json!({
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Success",
                "details": deleted(place.kind, place.name, uid),
            })
        });
        Ok(self.reply(200, &answer).into())
    }

    pub(super) fn delete_collection(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        if place.kind.resource == kind::NAMESPACES
            || (place.kind.namespaced && place.namespace.is_empty())
        {
            return Err(Status::method_not_allowed());
        }
        let options = self.delete_options()?;
        let selector = Selector::of(self.request)?;
        let found: Vec<Value> = self
            .store
            .objects(place.kind, place.namespace)
            .filter(|object| selector.matches(object))
            .cloned()
            .collect();
        for object in &found {
            let place = Place {
                name: name(object),
                ..place
            };
            self.admit(place, None, Some(object))?;
            self.take_away(place, object, &options);
        }
        let list = json!({
            "kind": format!("{}List", place.kind.kind),
            "apiVersion": place.kind.api_version(),
            "metadata": { "resourceVersion": self.store.revision().to_string() },
            "items": found,
        });
        Ok(self.reply(200, &list).into())
    }

    /// Deletes an object, or marks it when something has to happen first; then what is left.
    fn take_away(&mut self, place: Place<'_>, old: &Value, options: &Options) -> Option<Value> {
        let mut marked = old.clone();
        if !metadata::is_being_deleted(old) {
            let metadata = metadata::of(&mut marked);
            metadata.insert("deletionTimestamp".into(), time(self.around.now).into());
            metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
            if place.kind.resource == kind::NAMESPACES {
                let status = metadata::members(&mut marked)
                    .entry("status")
                    .or_insert(json!({}));
                metadata::members(status).insert("phase".into(), "Terminating".into());
            }
        }
        if !namespace::may_go(place.kind, &marked) {
            if marked != *old && !options.dry_run {
                marked = self.store.put(place.kind, marked);
            }
            return Some(marked);
        }
        if !options.dry_run {
            self.store.remove(place.kind, place.namespace, place.name);
            self.dependents(text(old, "/metadata/uid"), options);
        }
        None
    }

    /// What garbage collection does to the objects that name a deleted one as their owner.
    fn dependents(&mut self, owner: &str, options: &Options) {
        let mut found: Vec<(&'static Kind, Value)> = Vec::new();
        for kind in KINDS.iter().filter(|kind| kind.is_stored()) {
            for object in self.store.objects(kind, "") {
                if owners(object).iter().any(|own| text(own, "/uid") == owner) {
                    found.push((kind, object.clone()));
                }
            }
        }
        for (kind, mut object) in found {
            let left: Vec<Value> = owners(&object)
                .iter()
                .filter(|own| text(own, "/uid") != owner)
                .cloned()
                .collect();
            if left.is_empty() && !options.orphans {
                let (namespace, name) =
                    (namespace_of(&object).to_owned(), name(&object).to_owned());
                let place = Place {
                    kind,
                    namespace: &namespace,
                    name: &name,
                    subresource: "",
                };
                self.take_away(place, &object, options);
                continue;
            }
            let metadata = metadata::of(&mut object);
            if left.is_empty() {
                metadata.shift_remove("ownerReferences");
            } else {
                metadata.insert("ownerReferences".into(), left.into());
            }
            self.store.put(kind, object);
        }
    }

    fn delete_options(&self) -> Result<Options, Status> {
        let sent = if self.message.body.is_empty() {
            json!({})
        } else {
            match body::media_type(self.message) {
                "" | "application/json" => body::from_json(&self.message.body)?,
                "application/yaml" => body::from_yaml(&self.message.body)?,
                // client-go sends it so where it sends objects so.
                protobuf::MEDIA_TYPE => {
                    protobuf::of_definition(&self.message.body, DELETE_OPTIONS)?
                }
                _ => return Err(body::unknown_media_type()),
            }
        };
        let own = |pointer: &str| {
            let text = text(&sent, pointer);
            (!text.is_empty()).then(|| text.to_owned())
        };
        let policy = own("/propagationPolicy");
        let policy = policy
            .as_deref()
            .unwrap_or(self.request.parameter("propagationpolicy"));
        let all = sent
            .get("dryRun")
            .and_then(Value::as_array)
            .is_some_and(|stages| stages.iter().any(|stage| stage == "All"));
        Ok(Options {
            uid: own("/preconditions/uid"),
            version: own("/preconditions/resourceVersion"),
            orphans: policy == "Orphan",
            dry_run: all || self.request.is_dry_run()?,
        })
    }
}

fn owners(object: &Value) -> &[Value] {
    object
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn deleted(kind: &Kind, name: &str, uid: &str) -> Value {
    if kind.group.is_empty() {
        json!({ "name": name, "kind": kind.resource, "uid": uid })
    } else {
        json!({ "name": name, "group": kind.group, "kind": kind.resource, "uid": uid })
    }
}
