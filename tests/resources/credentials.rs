//! The ephemeral resource `secureaks_credentials`: a token that is good for the API server, and its end.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secureaks::{
    framework::{
        Diagnostic,
        service::{Opened, Service as _, ValidateRequest},
    },
    value::{Encoded, from_json, to_json},
};
use serde_json::{Value as Json, json};

use crate::{
    existing::foreign_cluster,
    support::{CLUSTER, Provider, assert_understood, fast_azure, told},
};

const NAME: &str = "secureaks_credentials";

impl Provider {
    /// `OpenEphemeralResource`: the result as JSON, null when there is none.
    fn open(&self, query: &Json) -> (Json, Opened) {
        let ty = self.server().schemas().ephemeral_resources[NAME].ty();
        let config = from_json(query.to_string().as_bytes(), &ty).expect("a query");
        let request = ValidateRequest {
            type_name: NAME.to_owned(),
            config: Encoded::of(&config, &ty),
            ..ValidateRequest::default()
        };
        let opened = self.wait_for(self.server().open_ephemeral(request));
        let result = opened
            .result
            .as_ref()
            .map(|value| to_json(&value.decode(&ty).expect("a result")));
        (result.unwrap_or(Json::Null), opened)
    }
}

#[test]
fn the_way_into_a_cluster_is_opened_with_a_token_and_its_end() {
    let azure = fast_azure();
    foreign_cluster(&azure);
    let provider = Provider::of(&azure);

    let before = Timestamp::now();
    let (way, opened) = provider.open(&json!({ "cluster_id": CLUSTER.to_lowercase() }));
    let after = Timestamp::now();

    let claims = claims(&way["token"]);
    let expires: Timestamp = way["expires_at"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("RFC 3339");
    let server = way["server"].as_str().expect("an address");
    assert_eq!(opened.diagnostics, []);
    assert!(server.starts_with("https://127.0.0.1:"), "{server}");
    assert_eq!(claims["aud"], "6dae42f8-4368-4678-94ff-3960e28e3630");
    // What Entra says about it: this many seconds from when it is handed over, in whole ones.
    let lasts = |from: Timestamp, seconds| from + Duration::from_secs(seconds);
    let span = lasts(before, 86_398)..=lasts(after, 86_399);
    assert!(span.contains(&expires), "{expires}");
    assert_eq!((opened.renew_at, opened.private), (None, Vec::new()));
    assert_understood(&azure);
}

fn claims(token: &Json) -> Json {
    let token = token.as_str().expect("a token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    serde_json::from_slice(&claims).expect("JSON")
}

#[test]
fn a_cluster_that_is_gone_or_without_entra_is_told_and_gives_no_administrators_key() {
    let azure = fast_azure();
    let query = json!({ "cluster_id": CLUSTER });
    let gone = Provider::of(&azure).open(&query);
    foreign_cluster(&azure);
    azure.change(CLUSTER, |cluster| {
        cluster["properties"]["aadProfile"] = json!(null);
        cluster["properties"]["disableLocalAccounts"] = json!(false);
    });
    let local = Provider::of(&azure).open(&query);

    let texts: Vec<String> = [gone, local]
        .into_iter()
        .map(|(way, opened)| {
            assert_eq!(way, Json::Null);
            let told_of: &[Diagnostic] = &opened.diagnostics;
            told(told_of)
        })
        .collect();

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_understood(&azure);
}
