//! How much of an answer is read: a few kilobytes of compressed bytes may stand for gigabytes.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::{
    error::ErrorKind,
    http::{AsyncRawResponse, HttpClient, Request},
};
use futures::StreamExt as _;

/// The size of an answer at most, decompressed. A list of a thousand large objects stays far below.
pub const MOST_BYTES: usize = 128 * 1024 * 1024;

/// An answer that is larger than any of a service's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has more than {MOST_BYTES} bytes")]
pub struct TooLarge;

/// A network of which no answer is read beyond [`MOST_BYTES`].
#[derive(Debug)]
pub(crate) struct Bounded(pub(crate) Arc<dyn HttpClient>);

#[async_trait]
impl HttpClient for Bounded {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let (status, headers, body) = self.0.execute_request(request).await?.deconstruct();
        let mut left = MOST_BYTES;
        let bounded = body.map(move |chunk| {
            let chunk = chunk?;
            left = left
                .checked_sub(chunk.len())
                // Of this kind, it is not asked for again.
                .ok_or_else(|| azure_core::Error::new(ErrorKind::DataConversion, TooLarge))?;
            Ok(chunk)
        });
        Ok(AsyncRawResponse::new(status, headers, Box::pin(bounded)))
    }
}

#[cfg(test)]
mod tests {
    use azure_core::{
        Bytes,
        http::{Method, StatusCode, headers::Headers},
    };
    use futures::stream;

    use super::*;

    /// Answers without an end, a mebibyte at a time, as a decompressor does.
    #[derive(Debug)]
    struct Endless;

    #[async_trait]
    impl HttpClient for Endless {
        async fn execute_request(&self, _: &Request) -> azure_core::Result<AsyncRawResponse> {
            let mebibyte = Bytes::from(vec![b' '; 1024 * 1024]);
            let body = stream::repeat_with(move || Ok(mebibyte.clone()));
            Ok(AsyncRawResponse::new(
                StatusCode::Ok,
                Headers::new(),
                Box::pin(body),
            ))
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_not_read_to_it() {
        let url = "https://management.azure.com/subscriptions"
            .parse()
            .unwrap();
        let request = Request::new(url, Method::Get);

        let answer = Bounded(Arc::new(Endless)).execute_request(&request).await;
        let mut body = answer.unwrap().into_body();
        let mut read = 0;
        let refused = loop {
            match body.next().await.unwrap() {
                Ok(chunk) => read += chunk.len(),
                Err(error) => break error,
            }
        };

        assert_eq!(read, MOST_BYTES);
        assert_eq!(refused.downcast_ref::<TooLarge>(), Some(&TooLarge));
    }
}
