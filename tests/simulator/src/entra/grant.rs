//! The token endpoint: client credentials and device codes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::audience::requested;
use super::directory::{Directory, Principal};
use super::error::SignInError;
use super::{SignIn, assertion};
use crate::message::Reply;

impl Directory {
    pub(super) fn token(
        &mut self,
        form: &BTreeMap<String, String>,
        sign_in: &mut SignIn<'_>,
    ) -> Result<Reply, SignInError> {
        match field(form, "grant_type")? {
            "client_credentials" => self.client_credentials(form, sign_in),
            "urn:ietf:params:oauth:grant-type:device_code" | "device_code" => {
                self.redeem_device_code(form, sign_in)
            }
            other => Err(SignInError::unsupported_grant(other)),
        }
    }

    fn client_credentials(
        &self,
        form: &BTreeMap<String, String>,
        sign_in: &mut SignIn<'_>,
    ) -> Result<Reply, SignInError> {
        let client = field(form, "client_id")?;
        let application = self
            .application(client)
            .ok_or_else(|| SignInError::unknown_application(client, &self.tenant_id))?;
        match (form.get("client_assertion"), form.get("client_secret")) {
            (Some(presented), _) => assertion::check(presented, application, sign_in.real_time)?,
            (None, Some(secret)) if application.secrets.contains(secret) => {}
            (None, Some(_)) => return Err(SignInError::wrong_secret(client)),
            (None, None) => return Err(SignInError::no_credential()),
        }
        let audience = requested(form, true, &self.tenant_id, sign_in.origins)?;
        let body = self.token_body(application, client, &audience, sign_in);
        Ok(Reply::json(200, &body))
    }

    /// The answer that carries an access token.
    pub(super) fn token_body(
        &self,
        principal: &Principal,
        client: &str,
        audience: &str,
        sign_in: &mut SignIn<'_>,
    ) -> Value {
        json!({
            "token_type": "Bearer",
            "expires_in": sign_in.lifetime,
            "ext_expires_in": sign_in.lifetime,
            "access_token": self.access_token(principal, client, audience, sign_in),
        })
    }
}

/// A field the request must have.
pub(super) fn field<'a>(
    form: &'a BTreeMap<String, String>,
    name: &str,
) -> Result<&'a str, SignInError> {
    form.get(name)
        .map(String::as_str)
        .ok_or_else(|| SignInError::missing_parameter(name))
}
