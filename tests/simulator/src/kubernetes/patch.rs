//! PATCH in its four forms: JSON patch, merge patch, strategic merge patch and apply.

use serde_json::Value;

use super::call::{Call, Place};
use super::exchange::Answer;
use super::metadata;
use super::status::Status;
use super::{body, managed_fields, strategic, strict};

/// The form of a patch by its media type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl Form {
    fn of(media_type: &str) -> Option<Self> {
        Some(match media_type {
            "application/json-patch+json" => Self::Json,
            "application/merge-patch+json" => Self::Merge,
            "application/strategic-merge-patch+json" => Self::Strategic,
            "application/apply-patch+yaml" => Self::Apply,
            _ => return None,
        })
    }
}

impl Call<'_> {
    pub(super) fn patch(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        let form = Form::of(body::media_type(self.message)).ok_or_else(|| {
            Status::unsupported_media_type(
                "application/json-patch+json, application/merge-patch+json, \
                 application/apply-patch+yaml, application/strategic-merge-patch+json",
            )
        })?;
        if form == Form::Apply {
            return self.apply(place);
        }
        if place.subresource == "scale" {
            let mut scale = super::update::scale_of(&self.stored(place)?);
            self.patched(form, place, &mut scale)?;
            let replicas = scale.pointer("/spec/replicas").and_then(Value::as_u64);
            let new = self.scale_to(place, replicas.unwrap_or(0))?;
            return Ok(self.reply(200, &super::update::scale_of(&new)).into());
        }
        let old = self.stored(place)?;
        let mut new = old.clone();
        self.patched(form, place, &mut new)?;
        let new = body::of_kind(new, place.kind)?;
        let mut new = strict::check(
            new,
            place.kind,
            self.request.field_validation(),
            &mut self.warnings,
        )?;
        if super::store::name(&new) != place.name {
            metadata::of(&mut new).insert("name".into(), place.name.into());
        }
        let manager = self.request.field_manager(false)?;
        let new = self.change(place, &old, new, |old, new, now| {
            managed_fields::track(place.kind, Some(old), new, &manager, place.subresource, now);
        })?;
        Ok(self.reply(200, &new).into())
    }

    fn patched(&self, form: Form, place: Place<'_>, object: &mut Value) -> Result<(), Status> {
        let patch = body::from_json(&self.message.body)?;
        match form {
            Form::Json => {
                let patch: json_patch::Patch = serde_json::from_value(patch)
                    .map_err(|error| Status::bad_request(error.to_string()))?;
                json_patch::patch(object, &patch).map_err(|error| {
                    Status::unprocessable(format!(
                        "the server rejected our request due to an error in our request: {error}"
                    ))
                })
            }
            Form::Merge => {
                json_patch::merge(object, &patch);
                Ok(())
            }
            Form::Strategic | Form::Apply => strategic::merge(object, &patch, place.kind),
        }
    }
}
