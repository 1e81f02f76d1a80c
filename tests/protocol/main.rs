//! The executable as a host meets it: started, greeted, called over gRPC, and ended.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![cfg_attr(
    feature = "real",
    expect(
        clippy::expect_used,
        reason = "figures that cannot be left fail the test"
    )
)]

#[cfg(feature = "real")]
mod another_host;
mod calls;
mod certificate;
#[cfg(feature = "real")]
#[path = "../conformance/figures.rs"]
mod figures;
mod handshake;
mod host;
mod lifecycle;
mod tls;

/// Clients of the services, generated from `proto/`.
#[allow(
    dead_code,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "generated from proto/"
)]
mod wire {
    pub(crate) mod tfplugin6 {
        include!(concat!(env!("OUT_DIR"), "/client/tfplugin6.rs"));
    }

    pub(crate) mod go_plugin {
        include!(concat!(env!("OUT_DIR"), "/client/plugin.rs"));
    }

    pub(crate) mod health {
        include!(concat!(env!("OUT_DIR"), "/client/grpc.health.v1.rs"));
    }
}
