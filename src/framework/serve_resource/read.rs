//! `ReadResource`: the live object, in the spelling of the state so far.

use super::{Scope, ServedResource, guarded, undecodable};
use crate::{
    framework::{
        Block as _, Diagnostic, Failure, Resource, Severity, plan,
        private::{read_private, write_private},
        resource::Verb,
        service::{ReadRequest, ReadResponse},
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
            Ok(Some(live)) => {
                let live = plan::overlay(&live.spec.encode(), &live.outputs.encode());
                let state = plan::reconcile(block, &live, &prior);
                response.new_identity = self.identity(&state).or(request.current_identity);
                response.new_state = Encoded::of(&state, ty);
            }
            Ok(None) => response.new_state = Encoded::of(&Value::Null, ty),
            Err(Failure::Failed(errors)) => response.diagnostics.extend(errors),
            Err(Failure::Interrupted(word)) => response.diagnostics.push(Diagnostic {
                severity: Severity::Error,
                ..word
            }),
        }
        let record = call.record();
        response.diagnostics.extend(record.warnings);
        response.private = write_private(&record.private);
        response
    }
}
