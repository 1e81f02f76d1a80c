//! What a gateway answers in place of a service it does not reach.

use secureaks_simulator::Action;

/// Each kind with its name.
pub(crate) fn outages() -> [(&'static str, Action); 3] {
    [
        ("502", Action::bad_gateway()),
        ("503", Action::html_503()),
        ("504", Action::gateway_timeout()),
    ]
}
