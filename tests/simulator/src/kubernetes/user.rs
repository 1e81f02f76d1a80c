//! Who asks, as the API server sees it (`user.Info`).

use std::collections::{BTreeMap, BTreeSet};

/// The group of everybody who signed in.
pub(crate) const AUTHENTICATED: &str = "system:authenticated";

/// The group that may do everything, whatever the rules say.
pub(crate) const MASTERS: &str = "system:masters";

/// An authenticated caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) name: String,
    /// Empty where the authenticator gives none.
    pub(crate) uid: String,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// Whose certificate and token the static credentials of a cluster are.
    pub(crate) fn masterclient() -> Self {
        Self {
            name: "masterclient".into(),
            groups: [MASTERS, AUTHENTICATED].map(str::to_owned).into(),
            ..Self::default()
        }
    }

    pub(crate) fn is_master(&self) -> bool {
        self.groups.contains(MASTERS)
    }
}
