//! The protocol's messages, generated from `proto/`, and their translation into the provider's
//! own types and back.

mod from;
mod schema;
mod to;

pub(super) use from::legacy_state;

/// Terraform's plugin protocol.
#[expect(clippy::pedantic, unreachable_pub, reason = "generated from proto/")]
#[allow(dead_code, reason = "generated from proto/, with messages that only name others")]
pub(super) mod tfplugin6 {
    tonic::include_proto!("tfplugin6");
}

/// go-plugin's own services.
#[expect(clippy::pedantic, unreachable_pub, reason = "generated from proto/")]
#[allow(dead_code, reason = "generated from proto/, with messages that only name others")]
pub(super) mod go_plugin {
    tonic::include_proto!("plugin");
}

/// gRPC's health checks.
#[expect(clippy::pedantic, unreachable_pub, reason = "generated from proto/")]
#[allow(dead_code, reason = "generated from proto/, with messages that only name others")]
pub(super) mod health {
    tonic::include_proto!("grpc.health.v1");
}
