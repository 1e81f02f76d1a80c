//! Addresses of operations, signed as Azure signs them since 2023-09: over 3 KB long, and followed
//! to the letter or refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::answer::Problem;
use super::path::Polled;
use super::random;
use crate::arm::exchange::{Moment, Request};

/// The api-version in operation addresses since 2025-06, whatever version the request had.
const API_VERSION: &str = "2025-03-01";

/// Which of an operation's two addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// `Azure-AsyncOperation`: answers the operation.
    Status,
    /// `Location`: answers what the operation leads to.
    Result,
}

impl Address {
    fn segment(self) -> &'static str {
        match self {
            Self::Status => "operations",
            Self::Result => "operationresults",
        }
    }
}

/// Signs addresses and knows its own signatures again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Signer {
    secret: String,
}

impl Signer {
    /// A signer whose addresses no other run's signer accepts.
    pub(crate) fn ready(&mut self, random: &mut StdRng) {
        if self.secret.is_empty() {
            self.secret = random::guid(random);
        }
    }

    /// The address of an operation, signed now.
    pub(crate) fn url(&self, address: Address, polled: &Polled, moment: &Moment<'_>) -> String {
        // Recorded tickets are .NET ticks: 100 ns since the year 1.
        let ticks = 621_355_968_000_000_000 + moment.now.as_nanosecond() / 100;
        let ticket = ticks.to_string();
        let [certificate, signature, hash] = self.sign(address, &polled.id, &ticket);
        format!(
            "{}/subscriptions/{}/providers/Microsoft.ContainerService/locations/{}/{}/{}\
             ?api-version={API_VERSION}&t={ticket}&c={certificate}&s={signature}&h={hash}",
            moment.resource_manager,
            polled.subscription,
            polled.location,
            address.segment(),
            polled.id,
        )
    }

    /// Refuses an address that was changed on the way.
    pub(crate) fn check(
        &self,
        address: Address,
        polled: &Polled,
        request: &Request,
    ) -> Result<(), Problem> {
        let sent = |name: &str| request.query.get(name).map_or("", String::as_str);
        let [certificate, signature, hash] = self.sign(address, &polled.id, sent("t"));
        let genuine = sent("c") == certificate && sent("s") == signature && sent("h") == hash;
        if genuine && sent("api-version") == API_VERSION {
            return Ok(());
        }
        // No recording shows the refusal; its code and text are the simulator's own.
        Err(Problem::gateway(
            403,
            "InvalidOperationSignature",
            "The signature of the operation's address does not match; follow the address as given.",
        ))
    }

    fn sign(&self, address: Address, id: &str, ticket: &str) -> [String; 3] {
        let what = format!("{}/{id}/{ticket}", address.segment());
        [
            format!("MIIHhz{}", self.bytes("certificate", 2019)),
            self.bytes(&format!("s/{what}"), 256),
            self.bytes(&format!("h/{what}"), 32),
        ]
    }

    fn bytes(&self, purpose: &str, length: usize) -> String {
        let mut bytes: Vec<u8> = Vec::with_capacity(length + 16);
        let mut count = 0_usize;
        while bytes.len() < length {
            let name = format!("{}/{purpose}/{count}", self.secret);
            bytes.extend(Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).as_bytes());
            count += 1;
        }
        bytes.truncate(length);
        URL_SAFE_NO_PAD.encode(bytes)
    }
}
