//! `ReadResource`: the live object, in the spelling of the state so far.

use super::{Scope, ServedResource, WHOLE, guarded, undecodable};
use crate::{
    framework::{
        Block as _, Diagnostic, Event, Failure, Resource, State, plan,
        private::{read_private, write_private},
        resource::Verb,
        service::{ReadRequest, ReadResponse},
        way_out,
    },
    value::{Encoded, Value},
};

impl<R: Resource> ServedResource<R> {
    pub(super) async fn read_resource(
        &self,
        scope: Scope<R::Client>,
        request: ReadRequest,
    ) -> ReadResponse {
        let (block, ty) = self.declared();
        let mut response = ReadResponse {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            new_identity: request.current_identity.clone(),
            diagnostics: Vec::new(),
        };
        let prior = match request.current_state.decode(ty) {
            Ok(prior) => prior,
            Err(error) => {
                response.diagnostics.push(undecodable("state", &error));
                return response;
            }
        };
        let before = Self::state(&prior);
        let mut call = scope.call(read_private(&request.private));
        call.timeout = self.timeout(&before.spec, Verb::Read);
        match guarded(self.resource.read(&call, &before)).await {
            Ok(Some(live)) if self.is_another(&before, &live) => {
                response.new_state = Encoded::of(&Value::Null, ty);
                call.warn(made_anew(R::NAME));
            }
            Ok(Some(live)) => {
                self.resource.note(&call.client, &before, Event::InState);
                let live = plan::overlay(&live.spec.encode(), &live.outputs.encode());
                let state = plan::reconcile(block, &live, &prior);
                response.new_identity = self.identity(&state).or(request.current_identity);
                response.new_state = Encoded::of(&state, ty);
                call.keep_private(WHOLE, true.into());
            }
            Ok(None) => {
                response.new_state = Encoded::of(&Value::Null, ty);
                call.drop_private(WHOLE);
            }
            Err(failure @ Failure::Interrupted(_)) => response.diagnostics.extend(failure.told()),
            Err(failure) if way_out::is_import(block, &prior) => {
                response.diagnostics.extend(failure.told());
            }
            Err(failure) => {
                let told = way_out::of_read(R::NAME, failure.told());
                response.diagnostics.extend(told);
            }
        }
        let record = call.record();
        response.diagnostics.extend(record.warnings);
        response.private = write_private(&record.private);
        response
    }

    /// Whether what was read is not the object of the state, but another that has its name.
    fn is_another(&self, before: &State<R>, live: &State<R>) -> bool {
        let instance = |state: &State<R>| {
            let instance = self.resource.instance(&state.outputs);
            instance.map(str::to_owned)
        };
        matches!((instance(before), instance(live)), (Some(before), Some(live)) if before != live)
    }
}

/// The warning about an object that is not the one of the state.
pub fn made_anew(name: &str) -> Diagnostic {
    let detail = format!(
        "The {name} of the state was deleted by another hand, and another one has been made under its name. It is not taken for the one of the state: nothing changes or deletes it. To manage it, import it."
    );
    Diagnostic::warning(format!("Another {name} has the name"), detail)
}
