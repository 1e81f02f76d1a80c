//! What travels beside a state, as bytes: a JSON object, empty when there is nothing.

use super::call::PrivateState;

/// Reads it. Bytes of another writer are as good as none: nothing in them is the user's.
pub(super) fn read_private(bytes: &[u8]) -> PrivateState {
    serde_json::from_slice(bytes).unwrap_or_default()
}

/// Writes it.
pub(super) fn write_private(private: &PrivateState) -> Vec<u8> {
    if private.is_empty() {
        Vec::new()
    } else {
        serde_json::to_vec(private).unwrap_or_default()
    }
}
