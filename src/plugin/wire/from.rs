//! What the host asks, from protobuf into the provider's own types.

use super::tfplugin6 as wire;
use crate::framework::Diagnostic;
use crate::framework::service::{
    ApplyRequest, ClientCapabilities, ConfigureRequest, ImportRequest, MoveRequest, PlanRequest,
    ReadRequest, UpgradeRequest, ValidateRequest,
};
use crate::value::Encoded;

/// An error when `state` is in the form Terraform 0.11 and older wrote, which names no types.
pub(in crate::plugin) fn legacy_state(
    type_name: &str,
    state: Option<&wire::RawState>,
) -> Option<Diagnostic> {
    let legacy = state.is_some_and(|state| state.json.is_empty() && !state.flatmap.is_empty());
    legacy.then(|| {
        Diagnostic::error(
            "State from before Terraform 0.12",
            format!(
                "The state of this {type_name} is in the flat form of Terraform 0.11, which this provider never wrote. \
                 Remove the object from the state and import it."
            ),
        )
    })
}

impl From<wire::DynamicValue> for Encoded {
    fn from(value: wire::DynamicValue) -> Self {
        Self {
            msgpack: value.msgpack,
            json: value.json,
        }
    }
}

impl From<wire::ClientCapabilities> for ClientCapabilities {
    fn from(client: wire::ClientCapabilities) -> Self {
        Self {
            deferral_allowed: client.deferral_allowed,
            write_only_attributes_allowed: client.write_only_attributes_allowed,
        }
    }
}

impl From<wire::validate_provider_config::Request> for ValidateRequest {
    fn from(request: wire::validate_provider_config::Request) -> Self {
        Self {
            config: encoded(request.config),
            ..Self::default()
        }
    }
}

impl From<wire::validate_resource_config::Request> for ValidateRequest {
    fn from(request: wire::validate_resource_config::Request) -> Self {
        Self {
            type_name: request.type_name,
            config: encoded(request.config),
            client: request.client_capabilities.unwrap_or_default().into(),
        }
    }
}

impl From<wire::validate_data_resource_config::Request> for ValidateRequest {
    fn from(request: wire::validate_data_resource_config::Request) -> Self {
        Self {
            type_name: request.type_name,
            config: encoded(request.config),
            ..Self::default()
        }
    }
}

impl From<wire::read_data_source::Request> for ValidateRequest {
    fn from(request: wire::read_data_source::Request) -> Self {
        Self {
            type_name: request.type_name,
            config: encoded(request.config),
            client: request.client_capabilities.unwrap_or_default().into(),
        }
    }
}

impl From<wire::validate_ephemeral_resource_config::Request> for ValidateRequest {
    fn from(request: wire::validate_ephemeral_resource_config::Request) -> Self {
        Self {
            type_name: request.type_name,
            config: encoded(request.config),
            ..Self::default()
        }
    }
}

impl From<wire::open_ephemeral_resource::Request> for ValidateRequest {
    fn from(request: wire::open_ephemeral_resource::Request) -> Self {
        Self {
            type_name: request.type_name,
            config: encoded(request.config),
            client: request.client_capabilities.unwrap_or_default().into(),
        }
    }
}

impl From<wire::configure_provider::Request> for ConfigureRequest {
    fn from(request: wire::configure_provider::Request) -> Self {
        Self {
            client_version: request.terraform_version,
            config: encoded(request.config),
        }
    }
}

impl From<wire::upgrade_resource_state::Request> for UpgradeRequest {
    fn from(request: wire::upgrade_resource_state::Request) -> Self {
        Self {
            type_name: request.type_name,
            version: request.version,
            json: request.raw_state.unwrap_or_default().json,
        }
    }
}

impl From<wire::upgrade_resource_identity::Request> for UpgradeRequest {
    fn from(request: wire::upgrade_resource_identity::Request) -> Self {
        Self {
            type_name: request.type_name,
            version: request.version,
            json: request.raw_identity.unwrap_or_default().json,
        }
    }
}

impl From<wire::read_resource::Request> for ReadRequest {
    fn from(request: wire::read_resource::Request) -> Self {
        Self {
            type_name: request.type_name,
            current_state: encoded(request.current_state),
            private: request.private,
            current_identity: identity(request.current_identity),
        }
    }
}

impl From<wire::plan_resource_change::Request> for PlanRequest {
    fn from(request: wire::plan_resource_change::Request) -> Self {
        Self {
            type_name: request.type_name,
            prior_state: encoded(request.prior_state),
            proposed_new_state: encoded(request.proposed_new_state),
            config: encoded(request.config),
            prior_private: request.prior_private,
            prior_identity: identity(request.prior_identity),
            client: request.client_capabilities.unwrap_or_default().into(),
        }
    }
}

impl From<wire::apply_resource_change::Request> for ApplyRequest {
    fn from(request: wire::apply_resource_change::Request) -> Self {
        Self {
            type_name: request.type_name,
            prior_state: encoded(request.prior_state),
            planned_state: encoded(request.planned_state),
            config: encoded(request.config),
            planned_private: request.planned_private,
            planned_identity: identity(request.planned_identity),
        }
    }
}

impl From<wire::import_resource_state::Request> for ImportRequest {
    fn from(request: wire::import_resource_state::Request) -> Self {
        Self {
            type_name: request.type_name,
            id: request.id,
            identity: identity(request.identity),
        }
    }
}

impl From<wire::move_resource_state::Request> for MoveRequest {
    fn from(request: wire::move_resource_state::Request) -> Self {
        Self {
            source_provider_address: request.source_provider_address,
            source_type_name: request.source_type_name,
            source_schema_version: request.source_schema_version,
            source_json: request.source_state.unwrap_or_default().json,
            source_private: request.source_private,
            target_type_name: request.target_type_name,
        }
    }
}

/// A value the host left out is null, as it is where the host reads ours
/// (Terraform `internal/plugin6/grpc_provider.go`, `decodeDynamicValue`).
fn encoded(value: Option<wire::DynamicValue>) -> Encoded {
    value.unwrap_or_default().into()
}

fn identity(identity: Option<wire::ResourceIdentityData>) -> Option<Encoded> {
    identity
        .and_then(|identity| identity.identity_data)
        .map(Encoded::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_request_keeps_every_part() {
        let value = |text: &str| {
            Some(wire::DynamicValue {
                msgpack: text.into(),
                json: Vec::new(),
            })
        };
        let encoded = |text: &str| Encoded {
            msgpack: text.into(),
            json: Vec::new(),
        };
        let request = wire::plan_resource_change::Request {
            type_name: "secureaks_cluster".into(),
            prior_state: value("prior"),
            proposed_new_state: value("proposed"),
            config: value("config"),
            prior_private: b"private".to_vec(),
            client_capabilities: Some(wire::ClientCapabilities {
                write_only_attributes_allowed: true,
                ..Default::default()
            }),
            prior_identity: Some(wire::ResourceIdentityData {
                identity_data: value("identity"),
            }),
            ..Default::default()
        };

        let plan = PlanRequest::from(request);

        assert_eq!(
            format!("{plan:?}"),
            format!(
                "{:?}",
                PlanRequest {
                    type_name: "secureaks_cluster".into(),
                    prior_state: encoded("prior"),
                    proposed_new_state: encoded("proposed"),
                    config: encoded("config"),
                    prior_private: b"private".to_vec(),
                    prior_identity: Some(encoded("identity")),
                    client: ClientCapabilities {
                        deferral_allowed: false,
                        write_only_attributes_allowed: true
                    },
                }
            )
        );
    }

    #[test]
    fn a_flat_state_is_refused_and_json_is_not() {
        let flat = wire::RawState {
            flatmap: [("id".to_owned(), "1".to_owned())].into(),
            ..Default::default()
        };
        let json = wire::RawState {
            json: b"{}".to_vec(),
            ..Default::default()
        };

        let refused = [Some(&flat), Some(&json), None]
            .map(|state| legacy_state("secureaks_cluster", state).is_some());

        assert_eq!(refused, [true, false, false]);
    }
}
