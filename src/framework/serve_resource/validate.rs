//! `ValidateResourceConfig` and `UpgradeResourceState`: what Terraform asks before it configures
//! the provider.

use serde_json::Value as Json;

use super::{ServedResource, undecodable};
use crate::{
    framework::{
        Block as _, Diagnostic, Diagnostics, Origin, Resource, judge,
        service::{UpgradeRequest, ValidateRequest, ValueResponse},
    },
    value::{Encoded, Value, from_json},
};

impl<R: Resource> ServedResource<R> {
    pub(super) fn validate_config(&self, request: &ValidateRequest) -> Diagnostics {
        let (block, ty) = self.declared();
        let mut diagnostics = Diagnostics::default();
        match request.config.decode(ty) {
            Ok(config) => {
                judge::judge(block, &config, request.client, &mut diagnostics);
                let spec = R::Spec::from_value(
                    &self.filled(block, &config, &Value::Null),
                    Origin::Configuration,
                    &mut diagnostics,
                );
                self.resource.check(&spec, &mut diagnostics);
            }
            Err(error) => diagnostics.push(undecodable("configuration", &error)),
        }
        diagnostics
    }

    pub(super) fn upgrade_state(&self, request: &UpgradeRequest) -> ValueResponse {
        let (block, ty) = self.declared();
        let upgraded = if request.version == R::VERSION {
            from_json(&request.json, ty).map_err(|error| undecodable("state", &error))
        } else {
            let old: Result<Json, _> = serde_json::from_slice(&request.json);
            old.map_err(|_| Diagnostic::error("State cannot be read", "The state is no JSON."))
                .and_then(|old| self.resource.upgrade(request.version, old))
                .and_then(|new| {
                    from_json(new.to_string().as_bytes(), ty)
                        .map_err(|error| undecodable("state", &error))
                })
        };
        match upgraded {
            Ok(value) => ValueResponse {
                value: Some(Encoded::of(&block.whole(&value), ty)),
                diagnostics: Vec::new(),
            },
            Err(error) => ValueResponse {
                value: None,
                diagnostics: vec![error],
            },
        }
    }
}
