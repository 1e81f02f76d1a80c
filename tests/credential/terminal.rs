//! What Entra says is shown to a person without orders to the terminal.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode, headers::Headers};
use jiff::Timestamp;
use secureaks::{
    azure::{Clock, ManualClock},
    provider::{Environment, Surroundings, credential},
};
use serde_json::json;

/// An Entra that gives orders to terminals.
#[derive(Debug, Default)]
struct Commanding {
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl HttpClient for Commanding {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let path = request.url().path().to_owned();
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.push(path.rsplit('/').next().unwrap_or_default().to_owned());
        let (status, body) = if path.ends_with("/devicecode") {
            (
                StatusCode::Ok,
                json!({
                    "device_code": "d", "user_code": "AB\u{1b}[2JCD", "expires_in": 900,
                    "verification_uri": "https://\u{202e}evil.example\r/",
                }),
            )
        } else {
            (
                StatusCode::BadRequest,
                json!({ "error": "expired_token", "error_description": "", "error_codes": [] }),
            )
        };
        let body = body.to_string();
        Ok(AsyncRawResponse::from_bytes(status, Headers::new(), body))
    }
}

#[test]
fn a_code_is_shown_without_orders_to_the_terminal() {
    let entra = Arc::new(Commanding::default());
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let environment = Environment::of([], 7);
    let mut prompt = Vec::new();
    let surroundings = Surroundings {
        environment: &environment,
        network: Arc::clone(&entra) as Arc<dyn HttpClient>,
        clock: Arc::new(clock.clone()) as Arc<dyn Clock>,
        prompt: &mut prompt,
    };
    let arguments = ["--login".to_owned(), "devicecode".to_owned()];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");

    let refused = runtime.block_on(clock.drive(credential(&arguments, surroundings)));

    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(
        String::from_utf8(prompt).expect("text"),
        "To sign in to the cluster, open https://evil.example/ in a browser and enter the code AB[2JCD.\n"
    );
    let asked = entra.asked.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*asked, ["devicecode", "token"]);
}
