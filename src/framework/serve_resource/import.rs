//! `ImportResourceState` and `MoveResourceState`: states from which a read can start.

use super::{ServedResource, undecodable};
use crate::{
    framework::{
        Block as _, Diagnostic, Diagnostics, Origin, Resource, plan,
        resource::{ImportTarget, Source},
        service::{ImportRequest, Imported, MoveRequest},
    },
    value::{Encoded, Value},
};

impl<R: Resource> ServedResource<R> {
    pub(super) fn import_state(&self, request: ImportRequest) -> Imported {
        let identity_ty = self.identity_type();
        let given = request
            .identity
            .as_ref()
            .map(|identity| identity.decode(identity_ty));
        let target = match given {
            Some(Ok(value)) if request.id.is_empty() => {
                let mut diagnostics = Diagnostics::default();
                let identity =
                    R::Identity::from_value(&value, Origin::Configuration, &mut diagnostics);
                if diagnostics.has_errors() {
                    return Imported {
                        diagnostics: diagnostics.into_vec(),
                        ..Imported::default()
                    };
                }
                ImportTarget::Identity(identity)
            }
            Some(Err(error)) => {
                return Imported {
                    diagnostics: vec![undecodable("identity", &error)],
                    ..Imported::default()
                };
            }
            _ => ImportTarget::Id(request.id),
        };
        self.seed(self.resource.import(target))
    }

    pub(super) fn move_state(&self, request: MoveRequest) -> Imported {
        let Ok(state) = serde_json::from_slice(&request.source_json) else {
            return Imported {
                diagnostics: vec![Diagnostic::error(
                    "State cannot be read",
                    "The state to be moved is no JSON.",
                )],
                ..Imported::default()
            };
        };
        let source = Source {
            provider: request.source_provider_address,
            type_name: request.source_type_name,
            state,
        };
        if let Some(outputs) = self.resource.adopt(&source) {
            return self.seed(outputs);
        }
        let detail = format!(
            "A `{}` of `{}` cannot become a `{}`. Remove it from the state with a `removed` block and import the object instead.",
            source.type_name,
            source.provider,
            R::NAME
        );
        Imported {
            diagnostics: vec![Diagnostic::error("State cannot be moved", detail)],
            ..Imported::default()
        }
    }

    /// A state from which a read can start: outputs that name the object, and local defaults.
    fn seed(&self, outputs: Result<R::Outputs, Diagnostic>) -> Imported {
        let (block, ty) = self.declared();
        let outputs = match outputs {
            Ok(outputs) => outputs,
            Err(error) => {
                return Imported {
                    diagnostics: vec![error],
                    ..Imported::default()
                };
            }
        };
        let mut state = plan::overlay(&block.empty(), &outputs.encode());
        plan::with_local_defaults(block, &mut state);
        self.resource
            .defaults(&mut state, &block.empty(), &Value::Null);
        let identity = self.identity(&state);
        Imported {
            state: Some(Encoded::of(&state, ty)),
            private: Vec::new(),
            identity,
            diagnostics: Vec::new(),
        }
    }
}
