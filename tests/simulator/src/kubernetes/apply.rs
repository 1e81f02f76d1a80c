//! Server-side apply: an object as one manager wants it, laid over what others want
//! (`merge.Updater.Apply` of structured-merge-diff).

use serde_json::{Map, Value};

use super::call::{Call, Place};
use super::exchange::Answer;
use super::field_set::{FieldSet, key};
use super::kind::Kind;
use super::managed_fields::{Comparison, Entry, Operation, entries, keep, ownable};
use super::metadata::time;
use super::request::FieldValidation;
use super::shape::{Form, Shape};
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
            place.namespace, place.name, place.kind.group, place.kind.version, place.kind.kind
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
    if let Some(last) = last
        && last.fields == own.fields
        && changed.is_empty()
        && removed.is_empty()
    {
        own.time = last.time;
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

/// Lays what a manager wants over an object: lists and maps are joined where several may own parts.
fn merge(object: &mut Value, config: &Value, shape: Shape) {
    match (shape.form(), &mut *object, config) {
        (Form::Object(_) | Form::Map(_), Value::Object(own), Value::Object(config)) => {
            for (name, wanted) in config {
                match (own.get_mut(name), shape.member(name)) {
                    (Some(own), Some(shape)) if !own.is_null() => merge(own, wanted, shape),
                    _ if wanted.is_null() => {
                        own.shift_remove(name);
                    }
                    _ => {
                        own.insert(name.clone(), wanted.clone());
                    }
                }
            }
        }
        (Form::Set, Value::Array(own), Value::Array(config)) => {
            for item in config {
                if !own.contains(item) {
                    own.push(item.clone());
                }
            }
        }
        (Form::Keyed(keys, items), Value::Array(own), Value::Array(config)) => {
            for item in config {
                let element = key(item, keys);
                match own.iter_mut().find(|other| key(other, keys) == element) {
                    Some(own) => merge(own, item, items),
                    None => own.push(item.clone()),
                }
            }
        }
        _ => *object = config.clone(),
    }
}

/// Removes what is in a set from an object, except for what is kept by somebody.
fn remove(value: &mut Value, set: &FieldSet, kept: &FieldSet, shape: Shape) {
    match (shape.form(), value) {
        (Form::Object(_) | Form::Map(_), Value::Object(members)) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                let element = format!("f:{name}");
                let (Some(set), Some(shape)) = (set.at(&element), shape.member(&name)) else {
                    continue;
                };
                let kept = kept.at(&element);
                let Some(member) = members.get_mut(&name) else {
                    continue;
                };
                if goes(set, kept) {
                    members.shift_remove(&name);
                    continue;
                }
                remove(member, set, kept.unwrap_or(&FieldSet::default()), shape);
                // What has lost all it had goes as well.
                if member.as_object().is_some_and(Map::is_empty)
                    || member.as_array().is_some_and(Vec::is_empty)
                {
                    members.shift_remove(&name);
                }
            }
        }
        (Form::Set, Value::Array(items)) => items.retain(|item| {
            let element = format!("v:{item}");
            !set.at(&element)
                .is_some_and(|set| goes(set, kept.at(&element)))
        }),
        (Form::Keyed(keys, shape), Value::Array(list)) => {
            list.retain_mut(|item| {
                let element = key(item, keys);
                let Some(set) = set.at(&element) else {
                    return true;
                };
                let kept = kept.at(&element);
                if goes(set, kept) {
                    return false;
                }
                remove(item, set, kept.unwrap_or(&FieldSet::default()), shape);
                true
            });
        }
        _ => {}
    }
}

fn goes(set: &FieldSet, kept: Option<&FieldSet>) -> bool {
    set.has_own() && kept.is_none_or(FieldSet::is_empty)
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
