//! A client of a cluster's API server, and people who sign in to it.

use std::collections::BTreeMap;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secureaks_simulator::Simulator;
use serde_json::{Value, json};

use crate::client::{Answer, Client, body, cluster};

/// The application of AKS's API servers.
pub(crate) const SERVER_APP: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// The public client people sign in with.
const PUBLIC_CLIENT: &str = "80faf920-1908-4b52-b5ef-a8e7bedfc67a";

pub(crate) const DEVELOPER: &str = "dev@simulated.onmicrosoft.com";
pub(crate) const ADMINISTRATOR: &str = "ada@simulated.onmicrosoft.com";
pub(crate) const OUTSIDER: &str = "lee@simulated.onmicrosoft.com";
pub(crate) const DEVELOPERS: &str = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";
pub(crate) const ADMINISTRATORS: &str = "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345";

/// One API server, as its kubeconfig names it.
pub(crate) struct ApiServer {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    origin: String,
    /// The token of the static credentials; empty when the kubeconfig has none.
    pub(crate) admin_token: String,
}

/// Makes a cluster with these properties beside the usual ones, and connects to it.
pub(crate) fn start_cluster(
    simulator: &Simulator,
    client: &Client,
    properties: &Value,
) -> ApiServer {
    let mut body = body();
    for (name, value) in properties.as_object().unwrap() {
        body["properties"][name] = value.clone();
    }
    let answer = client.put(&cluster(client), body);
    assert_eq!(answer.status, 201, "{}", answer.text);
    simulator.advance(Duration::from_mins(30));
    ApiServer::connect(client, "listClusterUserCredential")
}

/// A cluster whose administrators are a group of the directory's.
pub(crate) fn with_entra() -> Value {
    json!({ "aadProfile": {
        "managed": true,
        "adminGroupObjectIDs": [ADMINISTRATORS],
    }})
}

/// A cluster that asks Azure who may do what, and has no other way in.
pub(crate) fn with_azure_rbac() -> Value {
    json!({
        "aadProfile": { "managed": true, "enableAzureRBAC": true },
        "disableLocalAccounts": true,
    })
}

impl ApiServer {
    /// Connects as a kubeconfig says.
    #[expect(
        clippy::disallowed_methods,
        reason = "a client of the simulator's tests, which share no code with the provider"
    )]
    pub(crate) fn connect(client: &Client, credential: &str) -> Self {
        let path = format!("{}/{credential}", cluster(client));
        let answer = client.call("POST", &path, None).json();
        let encoded = answer["kubeconfigs"][0]["value"].as_str().unwrap();
        let kubeconfig = String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap();
        let field = |name: &str| -> String {
            let start = format!("{name}: ");
            let line = kubeconfig
                .lines()
                .find_map(|line| line.trim().strip_prefix(start.as_str()));
            line.unwrap_or_default().to_owned()
        };
        let authority = STANDARD
            .decode(field("certificate-authority-data"))
            .unwrap();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(20))
            .tls_certs_only([reqwest::Certificate::from_pem(&authority).unwrap()])
            .build()
            .unwrap();
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
            http,
            origin: field("server"),
            admin_token: field("token"),
        }
    }

    /// Sends a request, and hands back what came, if anything.
    pub(crate) fn send(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let address = format!("{}{path}", self.origin);
        let mut request = self.http.request(method, address);
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        self.runtime.block_on(async {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let headers: BTreeMap<String, String> = response
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

    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        self.send(token, "GET", path, &[], None).unwrap()
    }

    pub(crate) fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(token, "POST", path, &[], Some(body)).unwrap()
    }

    /// Makes an object that must be accepted.
    pub(crate) fn make(&self, token: &str, path: &str, body: &Value) {
        let answer = self.post(token, path, body);
        assert_eq!(answer.status, 201, "{}", answer.text);
    }

    /// Whether somebody may do something, and why, as the server tells them.
    pub(crate) fn may(&self, token: &str, attributes: &Value) -> Value {
        let review = json!({
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": { "resourceAttributes": attributes },
        });
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        self.post(token, path, &review).json()["status"].clone()
    }

    /// Who somebody is, as the server sees them.
    pub(crate) fn who_am_i(&self, token: &str) -> Value {
        let review = json!({
            "kind": "SelfSubjectReview",
            "apiVersion": "authentication.k8s.io/v1",
        });
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        self.post(token, path, &review).json()["status"]["userInfo"].clone()
    }
}

/// Asks until the answer has a status, for as long as a server may take to follow its own objects; the
/// last answer. The built-in one follows at once.
pub(crate) fn until(status: u16, ask: impl Fn() -> Answer) -> Answer {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if answer.status == status || Instant::now() > deadline {
            return answer;
        }
        park_timeout(Duration::from_millis(5));
    }
}

/// How long to wait for what is bound to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Signs a person in with a device code, for the API servers of clusters.
pub(crate) fn sign_in(simulator: &Simulator, client: &Client, user: &str) -> String {
    sign_in_for(simulator, client, user, SERVER_APP)
}

/// The same for any resource.
pub(crate) fn sign_in_for(
    simulator: &Simulator,
    client: &Client,
    user: &str,
    resource: &str,
) -> String {
    let tenant = client.variable("ARM_TENANT_ID").to_owned();
    let address = format!("{}/{tenant}/oauth2/v2.0/devicecode", client.login());
    let scope = format!("{resource}/.default openid profile offline_access");
    let form = BTreeMap::from([("client_id", PUBLIC_CLIENT), ("scope", scope.as_str())]);
    let code = client.form(&address, form).json();
    assert!(simulator.approve_device_code(code["user_code"].as_str().unwrap(), user));
    let fields = [
        ("client_id", PUBLIC_CLIENT),
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", code["device_code"].as_str().unwrap()),
    ];
    let answer = client.ask_token(&tenant, &fields).json();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// The token of the client's own application for the API servers of clusters.
pub(crate) fn application(client: &Client) -> String {
    client.token_for(&format!("{SERVER_APP}/.default"))
}
