//! Signing in as a person at another device (RFC 8628): a code is shown, entered in a browser somewhere, and
//! becomes that person's token.

use std::time::Duration;

use azure_core::http::headers::{ACCEPT, CONTENT_TYPE};
use azure_core::http::{Method, Request, Url};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::form_urlencoded;

use super::entra::{EntraRefusal, check_tenant};
use super::{Audience, AuthError, Token};
use crate::azure::clock::later;
use crate::azure::cloud::CloudSource;
use crate::azure::error::Error;
use crate::azure::response::Response;
use crate::azure::retry::Repeat;
use crate::azure::secret::Secret;
use crate::azure::wire::Wire;

/// The public client through which people sign in to AKS clusters, the same in all clouds (Azure/kubelogin,
/// `pkg/internal/token`).
pub const AKS_CLIENT_APPLICATION: &str = "80faf920-1908-4b52-b5ef-a8e7bedfc67a";

/// Any tenant that the person is a member of.
const ANY_TENANT: &str = "organizations";

/// How long to wait between two questions where Entra does not say, and how much longer each time it asks to
/// slow down (RFC 8628 3.2 and 3.5).
const STEP: Duration = Duration::from_secs(5);

/// Where people sign in with a code.
#[derive(Debug)]
pub struct DeviceCode {
    tenant: String,
    cloud: CloudSource,
    wire: Wire,
}

/// What the person is to do.
#[derive(Debug)]
pub struct Invitation {
    /// The page to open.
    pub address: String,
    /// The code to enter there.
    pub user_code: String,
    /// When it is too late.
    pub expires: Timestamp,
    device_code: Secret,
    interval: Duration,
    endpoint: Url,
}

impl DeviceCode {
    /// Signing in to `tenant`, or to the person's own.
    pub fn new(tenant: Option<String>, cloud: CloudSource, wire: Wire) -> Result<Self, AuthError> {
        let tenant = tenant.unwrap_or_else(|| ANY_TENANT.to_owned());
        check_tenant(&tenant)?;
        Ok(Self {
            tenant,
            cloud,
            wire,
        })
    }

    /// Asks for a code that stands for a token for `audience`.
    pub async fn begin(&self, audience: Audience) -> Result<Invitation, AuthError> {
        let cloud = self
            .cloud
            .resolve()
            .await
            .map_err(|error| AuthError::Cloud(Box::new(error)))?;
        let begun = self.wire.clock.now();
        let scope = cloud.scope(audience);
        let form = [
            ("client_id", AKS_CLIENT_APPLICATION),
            ("scope", scope.as_str()),
        ];
        let response = self
            .post(self.endpoint(&cloud.authority, "devicecode")?, &form)
            .await?;
        if !response.is_success() {
            return Err(refused(&response));
        }
        let answer: Begun = read(&response)?;
        Ok(Invitation {
            address: answer.verification_uri,
            user_code: answer.user_code,
            expires: later(begun, seconds(&answer.expires_in).unwrap_or_default()),
            device_code: Secret::new(answer.device_code),
            interval: answer.interval.as_ref().and_then(seconds).unwrap_or(STEP),
            endpoint: self.endpoint(&cloud.authority, "token")?,
        })
    }

    /// Waits until the person has entered the code.
    pub async fn redeem(&self, invitation: &Invitation) -> Result<Token, AuthError> {
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("client_id", AKS_CLIENT_APPLICATION),
            ("device_code", invitation.device_code.expose()),
        ];
        let mut interval = invitation.interval;
        loop {
            self.wire.clock.sleep(interval).await;
            let begun = self.wire.clock.now();
            if invitation.expires <= begun {
                return Err(AuthError::CodeExpired);
            }
            let response = self.post(invitation.endpoint.clone(), &form).await?;
            if response.is_success() {
                let answer: Granted = read(&response)?;
                return Ok(Token {
                    secret: Secret::new(answer.access_token),
                    expires: later(begun, seconds(&answer.expires_in).unwrap_or_default()),
                });
            }
            let refusal: Option<EntraRefusal> = serde_json::from_slice(response.body()).ok();
            match refusal.as_ref().map(|refusal| refusal.error.as_str()) {
                Some("authorization_pending") => {}
                Some("slow_down") => interval += STEP,
                // The first word is Entra's, the second the standard's.
                Some("authorization_declined" | "access_denied") => {
                    return Err(AuthError::Declined);
                }
                Some("expired_token") => return Err(AuthError::CodeExpired),
                _ => return Err(refused(&response)),
            }
        }
    }

    fn endpoint(&self, authority: &str, name: &str) -> Result<Url, AuthError> {
        let address = format!("{authority}/{}/oauth2/v2.0/{name}", self.tenant);
        Url::parse(&address).map_err(|error| unavailable(&error.to_string()))
    }

    async fn post(&self, url: Url, form: &[(&str, &str)]) -> Result<Response, AuthError> {
        let mut request = Request::new(url, Method::Post);
        request.insert_header(ACCEPT, "application/json");
        request.insert_header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        request.set_body(body.into_bytes());
        self.wire
            .send(&self.wire.pipeline(Vec::new()), request, Repeat::default())
            .await
            .map_err(|error| unavailable(&reason(&error)))
    }
}

#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: Value,
    interval: Option<Value>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Value,
}

fn read<T: DeserializeOwned>(response: &Response) -> Result<T, AuthError> {
    response
        .json()
        .map_err(|error| unavailable(&error.to_string()))
}

/// A span, a number of seconds that some versions send as text.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    Some(Duration::from_secs(seconds))
}

fn refused(response: &Response) -> AuthError {
    match serde_json::from_slice::<EntraRefusal>(response.body()) {
        Ok(refusal) => AuthError::refused(
            refusal.error_codes.first().copied(),
            &refusal.error_description,
            "ARM_TENANT_ID",
        ),
        Err(_) => unavailable(&format!("it answered with status {}", response.status)),
    }
}

fn reason(error: &Error) -> String {
    match error {
        Error::Connection { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}

fn unavailable(reason: &str) -> AuthError {
    AuthError::Unavailable {
        issuer: "Microsoft Entra".to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::cloud::Cloud;
    use crate::azure::scripted::{Answer, Scripted};

    fn code() -> Answer {
        Answer::json(
            200,
            &json!({
                "device_code": "dev-1ce", "user_code": "ABCD", "expires_in": "900", "interval": 5,
                "verification_uri": "https://microsoft.com/devicelogin", "message": "m"
            }),
        )
    }

    fn refusal(word: &str) -> Answer {
        let description = format!("AADSTS50000: {word}. Trace ID: t Correlation ID: c");
        Answer::json(
            400,
            &json!({"error": word, "error_description": description, "error_codes": [50000]}),
        )
    }

    fn granted() -> Answer {
        Answer::json(
            200,
            &json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "t0ken"}),
        )
    }

    /// Signs in over a network that gives a code and then these answers.
    async fn sign_in(scripted: &Scripted, tenant: Option<&str>) -> Result<Token, AuthError> {
        let cloud = CloudSource::known(Cloud::public());
        let device = DeviceCode::new(tenant.map(str::to_owned), cloud, scripted.wire())?;
        let work = async {
            let invitation = device.begin(Audience::AksServer).await?;
            device.redeem(&invitation).await
        };
        scripted.clock.drive(work).await
    }

    #[tokio::test]
    async fn a_code_becomes_a_token_once_it_was_entered() {
        let scripted = Scripted::new([
            code(),
            refusal("authorization_pending"),
            refusal("slow_down"),
            granted(),
        ]);

        let token = sign_in(&scripted, None).await.unwrap();

        let expires = "2026-11-21T13:00:20Z".parse().unwrap();
        let seconds = [5, 5, 10].map(Duration::from_secs);
        assert_eq!((token.secret.expose(), token.expires), ("t0ken", expires));
        assert_eq!(scripted.clock.slept(), seconds);
        let forms: Vec<(String, String)> = scripted
            .requests()
            .into_iter()
            .map(|sent| (sent.line, sent.body))
            .collect();
        let redeemed = (
            "POST https://login.microsoftonline.com/organizations/oauth2/v2.0/token".to_owned(),
            "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&client_id=80faf920-1908-4b52-b5ef-a8e7bedfc67a&device_code=dev-1ce".to_owned(),
        );
        assert_eq!(
            forms,
            [
                (
                    "POST https://login.microsoftonline.com/organizations/oauth2/v2.0/devicecode"
                        .to_owned(),
                    "client_id=80faf920-1908-4b52-b5ef-a8e7bedfc67a&scope=6dae42f8-4368-4678-94ff-3960e28e3630%2F.default".to_owned()
                ),
                redeemed.clone(),
                redeemed.clone(),
                redeemed
            ]
        );
    }

    #[tokio::test]
    async fn a_person_who_declines_or_is_late_is_told_so() {
        let mut told = Vec::new();
        for word in ["authorization_declined", "access_denied", "expired_token"] {
            let scripted = Scripted::new([code(), refusal(word)]);
            told.push(sign_in(&scripted, None).await.unwrap_err());
        }
        // Nobody does anything until the code's 900 seconds are over.
        let pending = (0..179).map(|_| refusal("authorization_pending"));
        let scripted = Scripted::new([code()].into_iter().chain(pending));
        told.push(sign_in(&scripted, None).await.unwrap_err());

        assert_eq!(
            told,
            [
                AuthError::Declined,
                AuthError::Declined,
                AuthError::CodeExpired,
                AuthError::CodeExpired
            ]
        );
    }

    #[tokio::test]
    async fn what_entra_refuses_is_told_in_its_words() {
        let scripted = Scripted::new([code(), refusal("invalid_grant")]);

        let refused = sign_in(&scripted, Some("contoso.example"))
            .await
            .unwrap_err();

        assert_eq!(
            refused.to_string(),
            "Microsoft Entra refused to sign in: AADSTS50000: invalid_grant. (AADSTS50000, trace id t)"
        );
    }

    #[tokio::test]
    async fn a_tenant_that_is_none_is_refused_before_anything_is_sent() {
        let scripted = Scripted::new([]);

        let refused = sign_in(&scripted, Some("../common")).await.unwrap_err();

        assert_eq!(refused.setting(), Some("ARM_TENANT_ID"));
    }
}
