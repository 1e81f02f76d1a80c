//! What of a caller's credentials a real API server gets to see. It decides about them itself; only
//! what it cannot know is settled here: which of them the managed cluster takes at all, the simulated
//! time, and groups a token has no room for.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::entra::{Claims, reissued};
use crate::kubernetes::authentication::{bearer, groups, on};
use crate::kubernetes::view::View;
use crate::message::Message;

/// The credentials a request is sent on with.
pub(super) struct Credentials {
    /// The certificate of the static credentials.
    pub(super) administrator: bool,
    pub(super) token: Option<String>,
}

/// The claims that are times.
const TIMES: [&str; 3] = ["iat", "nbf", "exp"];

impl Credentials {
    /// `real_time` is the time the server lives by.
    pub(super) fn of(
        view: &View<'_>,
        message: &Message,
        with_admin_certificate: bool,
        real_time: Timestamp,
    ) -> Self {
        let local = !on(view.cluster, "/properties/disableLocalAccounts");
        let token = bearer(message).and_then(|token| {
            if token == view.admin_token {
                local.then(|| token.to_owned())
            } else {
                entra(view, token, real_time)
            }
        });
        Self {
            administrator: with_admin_certificate && local,
            token,
        }
    }
}

/// A token as the server is to see it; nothing when the cluster takes none of Entra's.
fn entra(view: &View<'_>, token: &str, real_time: Timestamp) -> Option<String> {
    let profile = view.cluster.pointer("/properties/aadProfile")?;
    let tenant = profile.get("tenantID").and_then(Value::as_str);
    let own = &view.directory.tenant_id;
    if !on(profile, "/managed") || tenant.is_some_and(|tenant| !tenant.eq_ignore_ascii_case(own)) {
        return None;
    }
    let ahead = view.token_time.duration_since(real_time).as_millis();
    // Both clocks are read at about the same time; rounded, a token stays the same one.
    let ahead = i64::try_from((ahead + 500).div_euclid(1000)).unwrap_or_default();
    let mut known = true;
    let reissued = reissued(token, &view.setting.key, |claims| {
        for name in TIMES {
            if let Some(second) = claims.value(name).and_then(Value::as_i64) {
                claims.set(name, json!(second.saturating_sub(ahead)));
            }
        }
        known = name_groups(view, claims);
    });
    // What Entra has not signed is for the server to refuse.
    known.then(|| reissued.unwrap_or_else(|| token.to_owned()))
}

/// Names the groups in a token that says where to ask for them. False when nobody would.
fn name_groups(view: &View<'_>, claims: &mut Claims) -> bool {
    if claims.value("_claim_names").is_none() {
        return true;
    }
    let Some(groups) = groups(view, claims) else {
        return false;
    };
    claims.set("groups", json!(groups));
    claims.remove("_claim_names");
    claims.remove("_claim_sources");
    true
}
