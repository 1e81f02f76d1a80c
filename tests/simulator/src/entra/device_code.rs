//! The device code flow: a client shows a code, a person approves it elsewhere, the client gets
//! that person's token.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::SignIn;
use super::audience::requested;
use super::directory::Directory;
use super::error::SignInError;
use super::grant::field;
use crate::message::Reply;
use crate::random::letters;

/// Seconds a code can be approved.
const LIFETIME: i64 = 900;

/// A code that was handed out.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DeviceCode {
    user_code: String,
    client: String,
    audience: String,
    openid: bool,
    expiry: Timestamp,
    /// Object id of the user who approved it.
    approved_by: Option<String>,
}

impl Directory {
    pub(super) fn start_device_code(
        &mut self,
        form: &BTreeMap<String, String>,
        sign_in: &mut SignIn<'_>,
    ) -> Result<Reply, SignInError> {
        let client = field(form, "client_id")?.to_owned();
        let audience = requested(form, false, &self.tenant_id, sign_in.origins)?;
        let user_code = letters(sign_in.random, 9).to_uppercase();
        let device_code = letters(sign_in.random, 60);
        let address = format!("{}/device", sign_in.origins.login);
        let message = format!(
            "To sign in, use a web browser to open the page {address} and enter the code \
             {user_code} to authenticate."
        );
        let scope = form.get("scope").map(String::as_str).unwrap_or_default();
        self.device_codes.insert(
            device_code.clone(),
            DeviceCode {
                user_code: user_code.clone(),
                client,
                audience,
                openid: scope.split_whitespace().any(|scope| scope == "openid"),
                expiry: sign_in
                    .token_time
                    .saturating_add(SignedDuration::from_secs(LIFETIME))
                    .unwrap_or(Timestamp::MAX),
                approved_by: None,
            },
        );
        Ok(Reply::json(
            200,
            &json!({
                "user_code": user_code,
                "device_code": device_code,
                "verification_uri": address,
                "expires_in": LIFETIME,
                "interval": 5,
                "message": message,
            }),
        ))
    }

    /// What the person at the other device does. False when code or user is unknown.
    pub(crate) fn approve_device_code(&mut self, user_code: &str, user: &str) -> bool {
        let Some(user) = self.user(user).map(|user| user.object_id.clone()) else {
            return false;
        };
        let code = self
            .device_codes
            .values_mut()
            .find(|code| code.user_code.eq_ignore_ascii_case(user_code));
        code.map(|code| code.approved_by = Some(user)).is_some()
    }

    pub(super) fn redeem_device_code(
        &mut self,
        form: &BTreeMap<String, String>,
        sign_in: &mut SignIn<'_>,
    ) -> Result<Reply, SignInError> {
        let presented = field(form, "device_code").or_else(|_| field(form, "code"))?;
        let code = self
            .device_codes
            .get(presented)
            .filter(|code| code.expiry > sign_in.token_time)
            .cloned()
            .ok_or_else(SignInError::expired_device_code)?;
        let user = code
            .approved_by
            .as_ref()
            .and_then(|object_id| self.principal(object_id))
            .cloned()
            .ok_or_else(SignInError::authorization_pending)?;
        self.device_codes.remove(presented);
        let mut body = self.token_body(&user, &code.client, &code.audience, sign_in);
        if let Some(body) = body.as_object_mut() {
            body.insert(
                "scope".into(),
                json!(format!("{}/user_impersonation", code.audience)),
            );
            if code.openid {
                let id_token = self.id_token(&user, &code.client, sign_in);
                body.insert("id_token".into(), json!(id_token));
            }
        }
        Ok(Reply::json(200, &body))
    }
}
