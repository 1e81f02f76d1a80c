//! Where the simulated services listen.

use serde::{Deserialize, Serialize};

/// The origins of the services, such as `https://127.0.0.1:4433`, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origins {
    pub(crate) arm: String,
    pub(crate) login: String,
    pub(crate) graph: String,
    /// The control API; plain HTTP.
    pub(crate) control: String,
}
