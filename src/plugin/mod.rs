//! The plugin layer: everything between the host's sockets and [`crate::framework::service::Service`].
//! It speaks go-plugin's contract and Terraform's plugin protocol 6.

mod control;
mod ending;
mod handshake;
mod listener;
mod logging;
mod orphan;
mod panic;
#[cfg(unix)]
mod place;
mod rpc;
mod serve;
mod tls;
mod wire;

pub use handshake::HandshakeError;
pub use listener::ListenError;
pub use serve::{Options, ServeError, run, serve};
pub use tls::TlsError;
