//! A small client: it trusts the simulator's CA, signs in, and hands back what came.

use std::collections::BTreeMap;
use std::time::Duration;

use secureaks_simulator::{Options, Simulator};
use serde_json::{Value, json};

pub(crate) const GROUP: &str = "/resourceGroups/rg-demo";

/// A client of one simulator.
pub(crate) struct Client {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    environment: BTreeMap<String, String>,
    pub(crate) token: String,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The error code, in either shape.
    pub(crate) fn code(&self) -> String {
        let body = self.json();
        let code = body.pointer("/error/code").or_else(|| body.get("code"));
        code.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// A simulator and its owner, in which time stands nearly still: tests move the clock.
pub(crate) fn start() -> (Simulator, Client) {
    start_with(Options {
        speed: 0.001,
        ..Options::default()
    })
}

pub(crate) fn start_with(options: Options) -> (Simulator, Client) {
    let simulator = Simulator::start(Options {
        kube_apiserver: crate::kube_apiserver(),
        ..options
    })
    .unwrap();
    let client = Client::new(simulator.environment());
    (simulator, client)
}

/// The id of the one cluster of most tests.
pub(crate) fn cluster(client: &Client) -> String {
    client.id(&format!(
        "{GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-demo"
    ))
}

/// What it is made of.
pub(crate) fn body() -> Value {
    json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "properties": {
            "dnsPrefix": "aks-demo",
            "agentPoolProfiles": [{
                "name": "system",
                "mode": "System",
                "count": 3,
                "vmSize": "Standard_D4ds_v5",
            }],
        },
    })
}

impl Client {
    /// A client that has signed in for Resource Manager, if its environment has a secret.
    #[expect(
        clippy::disallowed_methods,
        reason = "a client of the simulator's tests, which share no code with the provider"
    )]
    pub(crate) fn new(environment: BTreeMap<String, String>) -> Self {
        // Only the first one in the process can be installed, and all are the same.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = std::fs::read(&environment["SSL_CERT_FILE"]).unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(20))
            .tls_certs_only([reqwest::Certificate::from_pem(&authority).unwrap()])
            .build()
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let mut client = Self {
            runtime,
            http,
            environment,
            token: String::new(),
        };
        if client.environment.contains_key("ARM_CLIENT_SECRET") {
            client.token = client.token_for("https://management.azure.com/.default");
        }
        client
    }

    pub(crate) fn variable(&self, name: &str) -> &str {
        &self.environment[name]
    }

    pub(crate) fn arm(&self) -> String {
        format!("https://{}", self.variable("ARM_METADATA_HOSTNAME"))
    }

    pub(crate) fn metadata(&self) -> Value {
        let address = format!("{}/metadata/endpoints?api-version=2022-09-01", self.arm());
        self.send("GET", &address, &[], None).unwrap().json()
    }

    pub(crate) fn login(&self) -> String {
        self.metadata()["authentication"]["loginEndpoint"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) fn subscription(&self) -> String {
        format!("/subscriptions/{}", self.variable("ARM_SUBSCRIPTION_ID"))
    }

    /// A resource id below the subscription.
    pub(crate) fn id(&self, path: &str) -> String {
        format!("{}{path}", self.subscription())
    }

    /// Asks for a token with the form fields of a client secret, changed or added to by `fields`.
    pub(crate) fn ask_token(&self, tenant: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = BTreeMap::from([
            ("grant_type", "client_credentials"),
            (
                "client_id",
                self.environment
                    .get("ARM_CLIENT_ID")
                    .map_or("", String::as_str),
            ),
            ("scope", "https://management.azure.com/.default"),
        ]);
        form.extend(fields.iter().copied());
        let address = format!("{}/{tenant}/oauth2/v2.0/token", self.login());
        self.form(&address, form)
    }

    /// Sends a form; fields with an empty value are left out.
    pub(crate) fn form(&self, address: &str, form: BTreeMap<&str, &str>) -> Answer {
        let fields = form.into_iter().filter(|(_, value)| !value.is_empty());
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = ("content-type", "application/x-www-form-urlencoded");
        self.send("POST", address, &[kind], Some(body)).unwrap()
    }

    pub(crate) fn token_for(&self, scope: &str) -> String {
        let secret = self.variable("ARM_CLIENT_SECRET");
        let tenant = self.variable("ARM_TENANT_ID");
        let answer = self.ask_token(tenant, &[("client_secret", secret), ("scope", scope)]);
        answer.json()["access_token"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer:?}"))
            .to_owned()
    }

    /// A request to Resource Manager, with the token and an api-version.
    pub(crate) fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.try_call(method, path, body).unwrap()
    }

    /// The same, when there may be no answer.
    pub(crate) fn try_call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let address = format!("{}{path}{joint}api-version=2025-04-01", self.arm());
        self.raw(method, &address, body)
    }

    /// A request to a full address, with the token.
    pub(crate) fn raw(
        &self,
        method: &str,
        address: &str,
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let authorization = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("x-ms-correlation-request-id", "correlation"),
        ];
        self.send(method, address, &headers, body.map(|body| body.to_string()))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    pub(crate) fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body))
    }

    pub(crate) fn send(
        &self,
        method: &str,
        address: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Answer, reqwest::Error> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let headers = response
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
                .collect();
            Ok(Answer {
                status,
                headers,
                text: response.text().await?,
            })
        })
    }

    /// Makes a resource group.
    pub(crate) fn group(&self, name: &str) -> Answer {
        let path = self.id(&format!("/resourcegroups/{name}"));
        self.put(&path, json!({ "location": "westeurope" }))
    }
}

impl Client {
    /// Sends a PUT, and abandons it as soon as `until` returns. True when it had no answer.
    pub(crate) fn give_up_when(&self, address: &str, until: impl FnOnce() + Send) -> bool {
        let request = self
            .http
            .put(address)
            .header("authorization", format!("Bearer {}", self.token))
            .body(json!({ "location": "westeurope" }).to_string());
        std::thread::scope(|scope| {
            let (abandon, abandoned) = tokio::sync::oneshot::channel();
            scope.spawn(move || {
                until();
                let _ = abandon.send(());
            });
            self.runtime.block_on(async {
                tokio::select! {
                    _ = request.send() => false,
                    _ = abandoned => true,
                }
            })
        })
    }
}
