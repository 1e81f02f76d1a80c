//! PUT of an object or a subresource, and what every change of an object has in common.

use serde_json::{Value, json};

use super::call::{Call, Place};
use super::exchange::Answer;
use super::managed_fields;
use super::metadata;
use super::status::Status;
use super::store::{name, text};
use super::validation::validate;
use super::{body, defaults, kind, namespace, strict};

impl Call<'_> {
    pub(super) fn update(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        if place.subresource == "scale" {
            return self.put_scale(place);
        }
        let object = body::decode(self.message, place.kind)?;
        let object = strict::check(
            object,
            place.kind,
            self.request.field_validation(),
            &mut self.warnings,
        )?;
        let given = name(&object);
        if given != place.name {
            return Err(Status::bad_request(format!(
                "the name of the object ({given}) does not match the name on the URL ({})",
                place.name
            )));
        }
        let old = self.stored(place)?;
        let manager = self.request.field_manager(false)?;
        let new = self.change(place, &old, object, |old, new, now| {
            managed_fields::track(place.kind, Some(old), new, &manager, place.subresource, now);
        })?;
        Ok(self.reply(200, &new).into())
    }

    /// Stores an object that follows another, by whichever verb it came. Nothing is stored when
    /// nothing changes.
    pub(super) fn change(
        &mut self,
        place: Place<'_>,
        old: &Value,
        mut new: Value,
        book: impl FnOnce(&Value, &mut Value, jiff::Timestamp),
    ) -> Result<Value, Status> {
        preconditions(place, old, &new)?;
        limit_to_subresource(place, old, &mut new);
        let metadata = metadata::of(&mut new);
        if place.kind.namespaced {
            metadata.insert("namespace".into(), place.namespace.into());
        }
        let version = text(old, "/metadata/resourceVersion").to_owned();
        metadata.insert("resourceVersion".into(), version.into());
        defaults::fill(place.kind, &mut new);
        metadata::carry(place.kind, old, &mut new);
        self.admit(place, Some(&new), Some(old))?;
        let causes = validate(place.kind, &new, Some(old));
        if !causes.is_empty() {
            return Err(Status::invalid(place.kind, place.name, causes));
        }
        self.admit_well_formed(place, &new, Some(old))?;
        book(old, &mut new, self.around.now);
        let new = in_order_of(old, new);
        if managed_fields::same_but_for_times(old, &new) {
            return Ok(old.clone());
        }
        if self.request.is_dry_run()? {
            return Ok(new);
        }
        if metadata::is_being_deleted(&new) && namespace::may_go(place.kind, &new) {
            let gone = self.store.remove(place.kind, place.namespace, place.name);
            return Ok(gone.unwrap_or(new));
        }
        Ok(self.store.put(place.kind, new))
    }

    /// `scale` is `autoscaling/v1` over `spec.replicas`.
    pub(super) fn put_scale(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        let scale = body::from_json(&self.message.body)?;
        let replicas = scale.pointer("/spec/replicas").and_then(Value::as_u64);
        let new = self.scale_to(place, replicas.unwrap_or(0))?;
        Ok(self.reply(200, &scale_of(&new)).into())
    }

    /// Changes the wanted number of replicas.
    pub(super) fn scale_to(&mut self, place: Place<'_>, replicas: u64) -> Result<Value, Status> {
        let old = self.stored(place)?;
        let mut new = old.clone();
        let spec = metadata::members(&mut new)
            .entry("spec")
            .or_insert(json!({}));
        metadata::members(spec).insert("replicas".into(), replicas.into());
        let manager = self.request.field_manager(false)?;
        let whole = Place {
            subresource: "",
            ..place
        };
        self.change(whole, &old, new, |old, new, now| {
            managed_fields::track(place.kind, Some(old), new, &manager, "scale", now);
        })
    }
}

/// The scale of a workload.
pub(super) fn scale_of(object: &Value) -> Value {
    let selector = object.pointer("/spec/selector/matchLabels");
    let selector: Vec<String> = selector
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    let at = |pointer: &str| object.pointer(pointer).cloned().unwrap_or(0.into());
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": text(object, "/metadata/name"),
            "namespace": text(object, "/metadata/namespace"),
            "uid": text(object, "/metadata/uid"),
            "resourceVersion": text(object, "/metadata/resourceVersion"),
            "creationTimestamp": text(object, "/metadata/creationTimestamp"),
        },
        "spec": { "replicas": at("/spec/replicas") },
        "status": { "replicas": at("/status/replicas"), "selector": selector.join(",") },
    })
}

/// Version and uid that a writer sends must be those of the object.
fn preconditions(place: Place<'_>, old: &Value, new: &Value) -> Result<(), Status> {
    let sent = text(new, "/metadata/resourceVersion");
    if !sent.is_empty() && sent != text(old, "/metadata/resourceVersion") {
        return Err(Status::conflict(
            place.kind,
            place.name,
            "the object has been modified; please apply your changes to the latest version and \
             try again",
        ));
    }
    let (sent, own) = (text(new, "/metadata/uid"), text(old, "/metadata/uid"));
    if !sent.is_empty() && sent != own {
        return Err(Status::conflict(
            place.kind,
            place.name,
            &format!("Precondition failed: UID in precondition: {sent}, UID in object meta: {own}"),
        ));
    }
    Ok(())
}

/// The status changes through its subresource and all else beside it.
fn limit_to_subresource(place: Place<'_>, old: &Value, new: &mut Value) {
    match place.subresource {
        "status" => {
            let status = new.get("status").cloned();
            let fields = new.pointer("/metadata/managedFields").cloned();
            *new = old.clone();
            set(new, "status", status);
            if let Some(fields) = fields {
                metadata::of(new).insert("managedFields".into(), fields);
            }
        }
        "finalize" => {
            let finalizers = new.pointer("/spec/finalizers").cloned();
            *new = old.clone();
            let spec = metadata::members(new).entry("spec").or_insert(json!({}));
            set(spec, "finalizers", finalizers);
        }
        _ => {
            if metadata::has_status(place.kind) {
                set(new, "status", old.get("status").cloned());
            }
            if place.kind.resource == kind::NAMESPACES {
                // Only `finalize` changes them.
                let finalizers = old.pointer("/spec/finalizers").cloned();
                let spec = metadata::members(new).entry("spec").or_insert(json!({}));
                set(spec, "finalizers", finalizers);
            }
        }
    }
}

fn set(object: &mut Value, name: &str, value: Option<Value>) {
    let members = metadata::members(object);
    match value {
        Some(value) => {
            members.insert(name.into(), value);
        }
        None => {
            members.shift_remove(name);
        }
    }
}

/// Equality does not depend on order, but a reader's eye does: members stay where they were.
fn in_order_of(old: &Value, new: Value) -> Value {
    match (old, new) {
        (Value::Object(old), Value::Object(mut new)) => {
            let mut ordered = serde_json::Map::new();
            for (name, before) in old {
                if let Some(value) = new.shift_remove(name) {
                    ordered.insert(name.clone(), in_order_of(before, value));
                }
            }
            ordered.append(&mut new);
            Value::Object(ordered)
        }
        (_, new) => new,
    }
}
