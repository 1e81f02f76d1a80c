//! Lists that Azure sends in pages, each naming the next.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::call::Call;
use super::client::Client;
use super::error::Error;
use super::request::Request;

/// How many pages are read at most: an address that leads in circles must not be followed for ever.
const MOST_PAGES: usize = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(default = "Vec::new")]
    value: Vec<T>,
    next_link: Option<String>,
}

impl Client {
    /// Reads a list to its end.
    pub async fn read_pages<T: DeserializeOwned>(
        &self,
        request: &Request,
        call: &Call,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut next = request.clone();
        for _ in 0..MOST_PAGES {
            let page: Page<T> = self.read(&next, call).await?.json()?;
            items.extend(page.value);
            let Some(link) = page.next_link.filter(|link| !link.is_empty()) else {
                return Ok(items);
            };
            let url = Url::parse(&link).map_err(|error| undecodable(request, error.to_string()))?;
            next = Request::get_url(url);
        }
        Err(undecodable(request, "it has no end".to_owned()))
    }
}

fn undecodable(request: &Request, reason: String) -> Error {
    Error::Decode {
        what: request.subject().to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::azure::auth::fake::Numbered;
    use crate::azure::client::Options;
    use crate::azure::cloud::{Cloud, CloudSource};
    use crate::azure::request::Method;
    use crate::azure::scripted::{Answer, Scripted};

    async fn read(scripted: &Scripted) -> Result<Vec<u32>, Error> {
        let client = Client::new(Options {
            wire: scripted.wire(),
            cloud: CloudSource::known(Cloud::public()),
            credential: Numbered::new(&scripted.clock, Duration::from_hours(1)).credential(),
            subscription_id: "s".into(),
            poll_interval: Duration::from_secs(10),
            cluster_api_version: None,
        });
        let request = Request::path(Method::Get, "/subscriptions/s/things", "1");
        let call = Call::default();
        let work = Box::pin(client.read_pages(&request, &call));
        scripted.clock.drive(work).await
    }

    #[tokio::test]
    async fn every_page_is_read() {
        let next = "https://management.azure.com/subscriptions/s/things?api-version=1&$skiptoken=x";
        let scripted = Scripted::new([
            Answer::json(200, &json!({"value": [1, 2], "nextLink": next})),
            Answer::json(200, &json!({"value": [3]})),
        ]);

        let read = read(&scripted).await;

        assert_eq!(read, Ok(vec![1, 2, 3]));
        assert_eq!(scripted.lines()[1], format!("GET {next}"));
    }

    #[tokio::test]
    async fn a_page_elsewhere_is_not_asked_for_with_our_token() {
        let elsewhere = json!({"value": [1], "nextLink": "https://example.com/things"});
        let scripted = Scripted::new([Answer::json(200, &elsewhere)]);

        let read = read(&scripted).await;

        assert!(matches!(read, Err(Error::Address { .. })), "{read:?}");
        assert_eq!(scripted.lines().len(), 1);
    }
}
