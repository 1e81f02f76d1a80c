//! Server-side apply: an object as one manager wants it, laid over what others want
//! (`merge.Updater.Apply` of structured-merge-diff).

use serde_json::Value;

use super::call::{Call, Place};
use super::exchange::Answer;
use super::field_set::FieldSet;
use super::kind::Kind;
use super::managed_fields::{Comparison, Entry, Operation, entries, keep, ownable};
use super::merge::{duplicate, merge, remove};
use super::metadata::time;
use super::request::FieldValidation;
use super::shape::Shape;
use super::status::{Cause, Status, quoted};
use super::store::{name, namespace, text};
use super::{body, strict};

impl Call<'_> {
    pub(super) fn apply(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        if place.subresource == "scale" {
            return Err(Status::method_not_allowed());
        }
        let manager = self.request.field_manager(true)?;
        let config = self.config(place)?;
        let shape = Shape::of(place.kind).ok_or_else(Status::no_such_path)?;
        let fields = ownable(&FieldSet::of(&config, shape), place.kind, place.subresource);
        let own = Entry {
            manager,
            operation: Operation::Apply,
            subresource: place.subresource.to_owned(),
            api_version: place.kind.api_version(),
            time: time(self.around.now),
            fields,
        };
        let Ok(old) = self.stored(place) else {
            if !place.subresource.is_empty() || !text(&config, "/metadata/uid").is_empty() {
                return Err(Status::not_found(place.kind, place.name));
            }
            let made = self.make(place, config, |object, _| keep(object, vec![own]))?;
            return Ok(self.reply(201, &made).into());
        };
        let (new, entries) = laid(&old, &config, own, shape, self.request.flag("force"), place)?;
        let new = self.change(place, &old, new, |_, new, _| keep(new, entries))?;
        Ok(self.reply(200, &new).into())
    }

    /// What the manager wants, as sent.
    fn config(&mut self, place: Place<'_>) -> Result<Value, Status> {
        let config = body::from_yaml(&self.message.body)?;
        for required in ["apiVersion", "kind"] {
            if text(&config, &format!("/{required}")).is_empty() {
                return Err(Status::bad_request(format!(
                    "invalid object type: {required} must be set in an apply patch"
                )));
            }
        }
        let mut config = body::of_kind(config, place.kind)?;
        if config.pointer("/metadata/managedFields").is_some() {
            return Err(Status::bad_request("metadata.managedFields must be nil"));
        }
        let given = name(&config);
        if given != place.name {
            return Err(Status::bad_request(format!(
                "the name of the object ({given}) does not match the name on the URL ({})",
                place.name
            )));
        }
        let about = format!(
            "failed to create typed patch object ({}/{}; {}/{}, Kind={})",
            namespace(&config),
            place.name,
            place.kind.group,
            place.kind.version,
            place.kind.kind
        );
        let mut unknown = Vec::new();
        config = strict::check(config, place.kind, FieldValidation::Warn, &mut unknown)?;
        if let Some(first) = unknown.first() {
            let path = first
                .trim_start_matches("unknown field \"")
                .trim_end_matches('"');
            return Err(Status::untold(format!(
                "{about}: .{path}: field not declared in schema"
            )));
        }
        let duplicate = Shape::of(place.kind).and_then(|shape| duplicate(&config, shape, ""));
        if let Some(text) = duplicate {
            return Err(Status::untold(format!("{about}: {text}")));
        }
        let own = namespace(&config);
        if place.kind.namespaced && !own.is_empty() && own != place.namespace {
            return Err(Status::bad_request(
                "the namespace of the provided object does not match the namespace sent on the \
                 request",
            ));
        }
        Ok(config)
    }
}

/// The object with a configuration laid over it, and who owns what then.
fn laid(
    old: &Value,
    config: &Value,
    mut own: Entry,
    shape: Shape,
    force: bool,
    place: Place<'_>,
) -> Result<(Value, Vec<Entry>), Status> {
    let is_own = |entry: &Entry| entry.is(&own.manager, Operation::Apply, &own.subresource);
    let mut others = entries(old);
    if others.is_empty() {
        others.push(before_first_apply(old, shape, place.kind));
    }
    let last = others
        .iter()
        .position(is_own)
        .map(|position| others.remove(position));
    let mut new = old.clone();
    merge(&mut new, config, shape);
    if let Some(last) = &last {
        let kept = others
            .iter()
            .fold(own.fields.clone(), |all, entry| all.union(&entry.fields));
        remove(&mut new, &last.fields.difference(&own.fields), &kept, shape);
    }
    let Comparison { changed, removed } = Comparison::of(Some(old), &new, shape);
    let changed = ownable(&changed, place.kind, place.subresource);
    let conflicts: Vec<(&Entry, FieldSet)> = others
        .iter()
        .map(|entry| (entry, entry.fields.intersection(&changed)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();
    if !force && !conflicts.is_empty() {
        return Err(conflict(&conflicts));
    }
    for entry in &mut others {
        entry.fields = entry.fields.difference(&changed).difference(&removed);
    }
    if changed.is_empty() && removed.is_empty() {
        // Times are those of changes of the object: whoever only comes to own has none.
        own.time = last.map(|last| last.time).unwrap_or_default();
    }
    others.push(own);
    Ok((new, others))
}

/// An object nobody has booked yet is everything's of a manager of this name.
fn before_first_apply(old: &Value, shape: Shape, kind: &Kind) -> Entry {
    Entry {
        manager: "before-first-apply".into(),
        operation: Operation::Update,
        subresource: String::new(),
        api_version: kind.api_version(),
        time: text(old, "/metadata/creationTimestamp").to_owned(),
        fields: ownable(&FieldSet::of_update(old, shape), kind, ""),
    }
}

/// Texts of `managedfields/internal/conflict.go`.
fn conflict(conflicts: &[(&Entry, FieldSet)]) -> Status {
    let mut found: Vec<(String, String)> = conflicts
        .iter()
        .flat_map(|(entry, fields)| {
            let manager = printed(entry);
            fields
                .paths()
                .into_iter()
                .map(move |path| (manager.clone(), path))
        })
        .collect();
    found.sort();
    let causes: Vec<Cause> = found
        .iter()
        .map(|(manager, path)| {
            Cause::new(
                "FieldManagerConflict",
                path,
                format!("conflict with {manager}"),
            )
        })
        .collect();
    let message = if let [(manager, path)] = found.as_slice() {
        format!("Apply failed with 1 conflict: conflict with {manager}: {path}")
    } else {
        let mut lines: Vec<String> = Vec::new();
        let mut before = "";
        for (manager, path) in &found {
            if manager != before {
                lines.push(format!("conflicts with {manager}:"));
                before = manager;
            }
            lines.push(format!("- {path}"));
        }
        format!(
            "Apply failed with {} conflicts: {}",
            found.len(),
            lines.join("\n")
        )
    };
    Status::apply_conflict(message, causes)
}

fn printed(entry: &Entry) -> String {
    let mut text = quoted(&entry.manager);
    if !entry.subresource.is_empty() {
        text = format!("{text} with subresource {}", quoted(&entry.subresource));
    }
    match entry.operation {
        Operation::Apply => text,
        Operation::Update => format!("{text} using {}", entry.api_version),
    }
}
