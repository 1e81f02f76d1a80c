//! The Kubernetes API of a cluster, over the wire.

mod apply;
mod connections;
mod faults;
mod namespaces;
mod objects;
mod patches;
mod pod_security;
mod watches;

use std::thread::park_timeout;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secureaks_simulator::Simulator;
use serde_json::{Value, json};

use crate::api_server::PATIENCE;
use crate::client::{self, Client, start};

/// What `metadata` says that no test can know.
const DRAWN: [&str; 4] = [
    "uid",
    "creationTimestamp",
    "managedFields",
    "resourceVersion",
];

pub(crate) const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// A client of one API server, by the kubeconfig of the static credentials.
pub(crate) struct Api {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    pub(crate) server: String,
    pub(crate) authority: String,
    token: String,
    /// Certificate and key, PEM.
    identity: Vec<u8>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) version: reqwest::Version,
    pub(crate) warnings: Vec<String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// A text in the body; empty when there is none.
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        let body = self.json();
        let text = body.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    }

    /// Status, reason and message of a refusal.
    pub(crate) fn refusal(&self) -> (u16, String, String) {
        (
            self.status,
            self.text_at("/reason"),
            self.text_at("/message"),
        )
    }

    /// The object without what no test can know.
    pub(crate) fn object(&self) -> Value {
        let mut object = self.json();
        for name in DRAWN {
            object["metadata"]
                .as_object_mut()
                .and_then(|metadata| metadata.shift_remove(name));
        }
        object
    }

    pub(crate) fn version_of_object(&self) -> String {
        self.text_at("/metadata/resourceVersion")
    }
}

/// A cluster that is ready, and a client of its API server.
/// Waits for what is bound to happen: a real server follows its own objects a moment later.
pub(crate) fn wait_until(what: &str, happened: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "it never came to pass: {what}");
        park_timeout(Duration::from_millis(5));
    }
}

pub(crate) fn cluster() -> (Simulator, Client, Api) {
    let (simulator, client) = start();
    let api = create(&simulator, &client);
    (simulator, client, api)
}

pub(crate) fn create(simulator: &Simulator, client: &Client) -> Api {
    let path = client::cluster(client);
    let created = client.put(&path, client::body());
    assert_eq!(created.status, 201, "{}", created.text);
    simulator.advance(Duration::from_mins(30));
    Api::of(client)
}

impl Api {
    /// By the credentials Resource Manager hands out.
    pub(crate) fn of(client: &Client) -> Self {
        let path = format!("{}/listClusterAdminCredential", client::cluster(client));
        let listed = client.call("POST", &path, None).json();
        let kubeconfig = decoded(&listed["kubeconfigs"][0]["value"]);
        let kubeconfig: Value = serde_saphyr::from_str(&kubeconfig).unwrap();
        let cluster = &kubeconfig["clusters"][0]["cluster"];
        let user = &kubeconfig["users"][0]["user"];
        let identity = [
            decoded(&user["client-certificate-data"]),
            decoded(&user["client-key-data"]),
        ];
        let authority = decoded(&cluster["certificate-authority-data"]);
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            http: http(&authority, None),
            server: cluster["server"].as_str().unwrap().to_owned(),
            authority,
            token: user["token"].as_str().unwrap().to_owned(),
            identity: identity.concat().into_bytes(),
        }
    }

    /// The same with other means to sign in: no token, and the certificate if wanted.
    pub(crate) fn without_token(&self, with_certificate: bool) -> Self {
        let identity = with_certificate.then_some(self.identity.as_slice());
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            http: http(&self.authority, identity),
            server: self.server.clone(),
            authority: self.authority.clone(),
            token: String::new(),
            identity: self.identity.clone(),
        }
    }

    /// A request with a body of a media type; empty for none.
    pub(crate) fn try_send(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: &str,
    ) -> Result<Answer, reqwest::Error> {
        self.runtime.block_on(async {
            let response = self.request(method, path, media_type, body).send().await?;
            let warnings = response.headers().get_all("warning").iter();
            Ok(Answer {
                status: response.status().as_u16(),
                version: response.version(),
                warnings: warnings
                    .map(|value| value.to_str().unwrap().to_owned())
                    .collect(),
                text: response.text().await?,
            })
        })
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: &str,
    ) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.server))
            .header("user-agent", "tester/1.0");
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if !media_type.is_empty() {
            request = request
                .header("content-type", media_type)
                .body(body.to_owned());
        }
        request
    }

    pub(crate) fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let text = body.to_string();
        self.try_send(method, path, "application/json", &text)
            .unwrap()
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.try_send("GET", path, "", "").unwrap()
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.try_send("DELETE", path, "", "").unwrap()
    }

    pub(crate) fn apply(&self, path: &str, query: &str, body: &Value) -> Answer {
        let path = format!("{path}?{query}");
        let media_type = "application/apply-patch+yaml";
        self.try_send("PATCH", &path, media_type, &body.to_string())
            .unwrap()
    }
}

/// A config map with data.
pub(crate) fn config_map(name: &str, data: &Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": name },
        "data": data,
    })
}

fn decoded(value: &Value) -> String {
    let bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a client of the simulator's tests, which share no code with the provider"
)]
fn http(authority: &str, identity: Option<&[u8]>) -> reqwest::Client {
    let mut builder = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .tls_certs_only([reqwest::Certificate::from_pem(authority.as_bytes()).unwrap()]);
    if let Some(identity) = identity {
        builder = builder.identity(reqwest::Identity::from_pem(identity).unwrap());
    }
    builder.build().unwrap()
}
