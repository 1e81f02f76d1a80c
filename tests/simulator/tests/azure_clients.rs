//! Clients of Azure that nobody here wrote, unmodified, against the simulator: az and the SDK for Python. They
//! verify TLS, with the simulator's CA.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may fail by panicking"
)]

#[path = "azure_clients/az.rs"]
mod az;
#[path = "../../conformance/figures.rs"]
mod figures;
#[path = "azure_clients/place.rs"]
mod place;
#[path = "azure_clients/python.rs"]
mod python;
#[path = "azure_clients/sdk.rs"]
mod sdk;
