//! The protocol's messages, generated from `proto/`, and their translation into the provider's
//! own types and back.

mod from;
mod schema;
mod to;

pub(super) use from::legacy_state;

/// Terraform's plugin protocol.
#[allow(
    dead_code,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated from proto/"
)]
pub(super) mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// go-plugin's own services.
#[allow(
    dead_code,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated from proto/"
)]
pub(super) mod go_plugin {
    tonic::include_proto!("plugin");
}

/// gRPC's health checks.
#[allow(
    dead_code,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated from proto/"
)]
pub(super) mod health {
    tonic::include_proto!("grpc.health.v1");
}
