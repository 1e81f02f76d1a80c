//! `ApplyResourceChange`: creates, changes or deletes the object, and keeps in the state what is
//! known of it whatever happens.

use std::sync::Arc;

use super::{GONE, PENDING, REPLACES, Scope, ServedResource, WHOLE, guarded, undecodable};
use crate::{
    framework::{
        Block as _, Diagnostic, Event, Failure, Resource, Severity,
        call::{Call, Record},
        plan,
        private::{read_private, write_private},
        resource::Verb,
        service::{ApplyRequest, ApplyResponse},
        way_out,
    },
    value::{Encoded, Type, Value},
};

impl<R: Resource> ServedResource<R> {
    pub(super) async fn apply_change(
        &self,
        scope: Scope<R::Client>,
        request: ApplyRequest,
    ) -> ApplyResponse {
        let (block, ty) = self.declared();
        let mut response = ApplyResponse {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            ..Default::default()
        };
        let decoded = request.prior_state.decode(ty).and_then(|prior| {
            Ok((
                prior,
                request.planned_state.decode(ty)?,
                request.config.decode(ty)?,
            ))
        });
        let (prior, planned, config) = match decoded {
            Ok(values) => values,
            Err(error) => {
                response.diagnostics.push(undecodable("plan", &error));
                return response;
            }
        };
        let working = plan::with_write_only(block, &planned, &config);
        let client = Arc::clone(&scope.client);
        let mut call = scope.call(read_private(&request.planned_private));
        let (verb, spec) = match (prior.is_null(), planned.is_null()) {
            (_, true) => (Verb::Delete, Self::state(&prior).spec),
            (true, false) => (Verb::Create, Self::state(&planned).spec),
            (false, false) => (Verb::Update, Self::state(&planned).spec),
        };
        call.timeout = self.timeout(&spec, verb);
        call.planned = planned.clone();
        match verb {
            Verb::Delete => self.delete(&call, &prior, &mut response, ty).await,
            Verb::Create => {
                self.create(&call, &working, &planned, &mut response, ty)
                    .await;
            }
            // Timeouts and flags are nobody's business but ours.
            Verb::Update
                if call.private(PENDING).is_none() && plan::only_local(block, &prior, &planned) =>
            {
                response.new_state = Encoded::of(&plan::without_unknowns(&planned), ty);
            }
            Verb::Update | Verb::Read => {
                self.update(&call, &prior, &working, &planned, &mut response, ty)
                    .await;
            }
        }
        call.drop_private(REPLACES);
        call.drop_private(GONE);
        if let Ok(state) = response.new_state.decode(ty) {
            response.new_identity = self.identity(&state);
            if state.is_null() {
                call.drop_private(WHOLE);
            } else {
                call.keep_private(WHOLE, true.into());
                self.resource
                    .note(&client, &Self::state(&state), Event::Answered);
            }
        }
        let record = call.record();
        response.diagnostics.extend(record.warnings);
        response.private = write_private(&record.private);
        response
    }

    async fn create(
        &self,
        call: &Call<R::Client>,
        working: &Value,
        planned: &Value,
        response: &mut ApplyResponse,
        ty: &Type,
    ) {
        let spec = Self::state(working).spec;
        let outcome = guarded(self.resource.create(call, &spec)).await;
        let Record { outputs, .. } = call.record();
        let so_far = outputs.map(|outputs| plan::settle(planned, &outputs));
        let state = match outcome {
            Ok(outputs) => plan::settle(planned, &outputs.encode()),
            Err(Failure::Failed(errors)) => {
                response.diagnostics.extend(errors);
                so_far.unwrap_or(Value::Null)
            }
            Err(failure @ (Failure::Accepted(_) | Failure::Interrupted(_))) => {
                // With a state and no error Terraform does not taint the object, and the next
                // apply finds the work that is left.
                let severity = if so_far.is_some() {
                    Severity::Warning
                } else {
                    Severity::Error
                };
                let told = failure.told().into_iter();
                response
                    .diagnostics
                    .extend(told.map(|word| Diagnostic { severity, ..word }));
                so_far.unwrap_or(Value::Null)
            }
        };
        response.new_state = Encoded::of(&state, ty);
    }

    async fn update(
        &self,
        call: &Call<R::Client>,
        prior: &Value,
        working: &Value,
        planned: &Value,
        response: &mut ApplyResponse,
        ty: &Type,
    ) {
        let before = Self::state(prior);
        let spec = Self::state(working).spec;
        let state = match guarded(self.resource.update(call, &before, &spec)).await {
            Ok(outputs) => plan::settle(planned, &outputs.encode()),
            Err(failure @ (Failure::Failed(_) | Failure::Accepted(_))) => {
                response.diagnostics.extend(failure.told());
                prior.clone()
            }
            // What the resource has kept says that the service has accepted the change; without it
            // nothing has changed.
            Err(Failure::Interrupted(word)) => {
                let outputs = call.record().outputs;
                let severity = if outputs.is_some() {
                    Severity::Warning
                } else {
                    Severity::Error
                };
                response.diagnostics.push(Diagnostic { severity, ..word });
                outputs.map_or_else(|| prior.clone(), |outputs| plan::settle(planned, &outputs))
            }
        };
        response.new_state = Encoded::of(&state, ty);
    }

    async fn delete(
        &self,
        call: &Call<R::Client>,
        prior: &Value,
        response: &mut ApplyResponse,
        ty: &Type,
    ) {
        let before = Self::state(prior);
        let state = match guarded(self.resource.delete(call, &before)).await {
            Ok(()) => Value::Null,
            // A deletion that is not seen to its end has no state to leave but the prior one, and
            // Terraform takes that only with an error.
            Err(failure @ Failure::Interrupted(_)) => {
                response.diagnostics.extend(failure.told());
                prior.clone()
            }
            Err(failure) => {
                let told = way_out::of_deletion(R::NAME, failure.told());
                response.diagnostics.extend(told);
                prior.clone()
            }
        };
        response.new_state = Encoded::of(&state, ty);
    }
}
