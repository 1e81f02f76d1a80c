//! A request to a cluster on its way to the real API server, and the answer on its way back.

use std::sync::Arc;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::credentials::Credentials;
use super::running::{Running, StartingError};
use super::settings::{Launch, SERVER_APP, Shape};
use super::wanted::Wanted;
use super::{Fate, RealServers};
use crate::cloud::Setting;
use crate::journal::Entry;
use crate::kubernetes::authentication::authenticate;
use crate::kubernetes::store::text;
use crate::message::Message;
use crate::server::{Body, Lost};
use crate::shared::{Inner, Shared};
use crate::state::Keys;

/// What concerns one connection and not what is said on it (RFC 9110, 7.6.1).
const OF_CONNECTIONS: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
];

/// What a request is sent on with.
struct Passage {
    credentials: Credentials,
    wanted: Wanted,
    shape: Shape,
}

impl RealServers {
    /// Sends a request on, and hands the answer back as soon as it begins.
    pub(crate) async fn answer(
        &self,
        message: &Message,
        headers: &HeaderMap,
        instance: &str,
        with_admin_certificate: bool,
        entry: Entry,
        shared: &Shared,
    ) -> Result<Response<Body>, Lost> {
        let passage = shared
            .pass(instance, message, with_admin_certificate, entry)
            .ok_or(Lost::Silent)?;
        let running = self
            .of(instance, &passage.shape, shared)
            .await
            .ok_or(Lost::Silent)?;
        let brought = running.bring_about(passage.wanted).await;
        let request = forwarded(message, headers, passage.credentials.token.as_deref());
        let request = request.ok_or(Lost::Dropped)?;
        if brought.is_err() {
            return Err(Lost::Silent);
        }
        let answer = running
            .backend
            .send(request, passage.credentials.administrator)
            .await;
        let mut answer = answer.map_err(|_| Lost::Silent)?;
        for name in OF_CONNECTIONS {
            answer.headers_mut().remove(name);
        }
        Ok(answer)
    }

    /// The server of a cluster, started when it does not run; `None` when it does not come up, which
    /// is then among what the simulator did not know.
    pub(super) async fn of(
        &self,
        instance: &str,
        shape: &Shape,
        shared: &Shared,
    ) -> Option<Arc<Running>> {
        if let Some(running) = self.running(instance, shape).await {
            return Some(running);
        }
        let launch = shared.with(|inner, setting| inner.launch(instance, setting, &shared.keys))?;
        match self.start(launch).await {
            Ok(running) => Some(running),
            Err(StartingError::Stopping) => None,
            Err(error) => {
                shared.lock().cloud.unknown.push(error.to_string());
                None
            }
        }
    }
}

impl Shared {
    /// What a request is sent on with; `None` when the API server does not answer.
    fn pass(
        &self,
        instance: &str,
        message: &Message,
        with_admin_certificate: bool,
        entry: Entry,
    ) -> Option<Passage> {
        self.with(|inner, setting| {
            let passed = inner.silence(instance, setting).and_then(|()| {
                inner.within(instance, setting, |around, store, _, _| {
                    let view = around.view(store);
                    let user = authenticate(&view, message, with_admin_certificate).ok();
                    let real_time = Timestamp::now();
                    let passage = Passage {
                        credentials: Credentials::of(
                            &view,
                            message,
                            with_admin_certificate,
                            real_time,
                        ),
                        wanted: Wanted::of(view.cluster, real_time),
                        shape: Shape::of(view.cluster),
                    };
                    (passage, user.map(|user| user.name))
                })
            });
            let exchange = inner.journal.exchange(entry);
            match passed {
                Ok((passage, user)) => {
                    if let Some(exchange) = exchange {
                        exchange.caller = user;
                    }
                    Some(passage)
                }
                Err(silence) => {
                    if let Some(exchange) = exchange {
                        exchange.fault.get_or_insert_with(|| silence.to_owned());
                    }
                    None
                }
            }
        })
    }
}

impl Inner {
    /// What it takes to start the real API server of a cluster; `None` when the cluster is gone.
    fn launch(&mut self, instance: &str, setting: &Setting, keys: &Keys) -> Option<Launch> {
        let (cluster, administrator_token) = self.cluster(instance, setting)?;
        let server = self.cloud.api_servers.of_instance(instance)?;
        let (authority, host_name, administrator) = server.identity();
        let tenant_id = self.cloud.directory.tenant_id.clone();
        let now = Timestamp::now().as_second();
        let probe = setting.key.sign(&json!({
            "aud": SERVER_APP,
            "iss": format!("https://sts.windows.net/{tenant_id}/"),
            "nbf": now,
            "exp": now + 3600,
            "oid": Uuid::nil().to_string(),
            "sub": Uuid::nil().to_string(),
            "tid": tenant_id,
        }));
        Some(Launch {
            instance: instance.to_owned(),
            shape: Shape::of(&cluster),
            authority,
            host_name,
            administrator,
            administrator_token,
            tenant_id,
            login: setting.origins.login.clone(),
            entra_authority: keys.authority.certificate.clone(),
            control: setting.origins.control.clone(),
            probe,
        })
    }

    /// What is to become of the real API server of a cluster.
    pub(crate) fn fate(&mut self, instance: &str, setting: &Setting) -> Fate {
        match self.cluster(instance, setting) {
            None => Fate::Ends,
            Some((cluster, _)) if text(&cluster, "/properties/powerState/code") == "Stopped" => {
                Fate::Stops
            }
            Some(_) => Fate::GoesOn,
        }
    }
}

/// The request as it goes on: everything the caller said, but for the credentials.
fn forwarded(
    message: &Message,
    headers: &HeaderMap,
    token: Option<&str>,
) -> Option<Request<Full<Bytes>>> {
    let target = if message.query.is_empty() {
        message.path.clone()
    } else {
        format!("{}?{}", message.path, message.query)
    };
    let mut request = Request::builder()
        .method(message.method.as_str())
        .uri(target)
        .body(Full::new(Bytes::from(message.body.clone())))
        .ok()?;
    let passed = headers
        .iter()
        .filter(|(name, _)| !OF_CONNECTIONS.contains(&name.as_str()))
        .filter(|(name, _)| **name != AUTHORIZATION && name.as_str() != "content-length");
    for (name, value) in passed {
        request.headers_mut().append(name.clone(), value.clone());
    }
    request.headers_mut().insert(
        HeaderName::from_static("host"),
        HeaderValue::from_static("127.0.0.1"),
    );
    if let Some(token) = token {
        let value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    Some(request)
}
