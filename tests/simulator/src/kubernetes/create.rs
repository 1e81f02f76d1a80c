//! POST of a new object.

use serde_json::Value;

use super::call::{Call, Place};
use super::exchange::Answer;
use super::kind;
use super::managed_fields;
use super::metadata;
use super::status::Status;
use super::store::{name, namespace, text};
use super::validation::validate;
use super::{body, bootstrap, defaults, limits, strict};

impl Call<'_> {
    pub(super) fn create(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        if place.kind.namespaced && place.namespace.is_empty() {
            return Err(Status::method_not_allowed());
        }
        let object = body::decode(self.message, place.kind)?;
        let object = strict::check(
            object,
            place.kind,
            self.request.field_validation(),
            &mut self.warnings,
        )?;
        if !text(&object, "/metadata/resourceVersion").is_empty() {
            return Err(Status::internal(
                "resourceVersion should not be set on objects to be created",
            ));
        }
        let manager = self.request.field_manager(false)?;
        let made = self.make(place, object, |object, now| {
            managed_fields::track(place.kind, None, object, &manager, "", now);
        })?;
        Ok(self.reply(201, &made).into())
    }

    /// Stores a new object, by whichever verb it came.
    pub(super) fn make(
        &mut self,
        place: Place<'_>,
        mut object: Value,
        book: impl FnOnce(&mut Value, jiff::Timestamp),
    ) -> Result<Value, Status> {
        self.locate(place, &mut object)?;
        let given = name(&object).to_owned();
        let place = Place {
            name: &given,
            ..place
        };
        defaults::fill(place.kind, &mut object);
        if place.kind.resource == "pods" {
            limits::complete(self.store, place.namespace, &mut object);
        }
        metadata::begin(place.kind, &mut object, self.around.now, self.random);
        self.admit(place, Some(&object), None)?;
        let causes = validate(place.kind, &object, None);
        if !causes.is_empty() {
            return Err(Status::invalid(place.kind, &given, causes));
        }
        self.admit_well_formed(place, &object, None)?;
        if self
            .store
            .object(place.kind, place.namespace, &given)
            .is_some()
        {
            return Err(Status::already_exists(place.kind, &given));
        }
        book(&mut object, self.around.now);
        if self.request.is_dry_run()? {
            return Ok(object);
        }
        let object = self.store.put(place.kind, object);
        if place.kind.resource == "namespaces" {
            self.furnish(&given);
        }
        Ok(object)
    }

    /// Writes namespace and name into an object, and compares them with the path.
    fn locate(&mut self, place: Place<'_>, object: &mut Value) -> Result<(), Status> {
        let own = namespace(object).to_owned();
        if place.kind.namespaced {
            if !own.is_empty() && own != place.namespace {
                return Err(Status::bad_request(
                    "the namespace of the provided object does not match the namespace sent on \
                     the request",
                ));
            }
            metadata::of(object).insert("namespace".into(), place.namespace.into());
        } else {
            metadata::of(object).shift_remove("namespace");
        }
        let given = name(object).to_owned();
        if !place.name.is_empty() && given != place.name {
            if !given.is_empty() {
                return Err(Status::bad_request(format!(
                    "the name of the object ({given}) does not match the name on the URL ({})",
                    place.name
                )));
            }
            metadata::of(object).insert("name".into(), place.name.into());
        } else if given.is_empty() {
            let prefix = text(object, "/metadata/generateName").to_owned();
            if !prefix.is_empty() {
                let suffix = crate::random::letters(self.random, 5).to_lowercase();
                metadata::of(object).insert("name".into(), format!("{prefix}{suffix}").into());
            }
        }
        Ok(())
    }

    /// What controllers put into every namespace: what `kube-system` got at the start.
    fn furnish(&mut self, namespace: &str) {
        for (resource, name) in [
            ("serviceaccounts", "default"),
            ("configmaps", bootstrap::ROOT_AUTHORITY),
        ] {
            let Some(kind) = kind::of_resource("", resource) else {
                continue;
            };
            let Some(mut object) = self.store.object(kind, "kube-system", name).cloned() else {
                continue;
            };
            metadata::of(&mut object).insert("namespace".into(), namespace.into());
            metadata::begin(kind, &mut object, self.around.now, self.random);
            self.store.put(kind, object);
        }
    }
}
