//! Whoever answers in the place of an API server or of Azure is told as that: never with advice to open the cluster
//! to more addresses, and not tried again.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, date_time_ymd,
};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use secureaks_simulator::{Action, Answer, Fault, Matches, Simulator};
use serde_json::json;

use crate::{
    inside::{config, made_cluster},
    support::{CLUSTER, Kept, Provider, assert_understood, cluster, fast_azure, told, trusting},
};

type Authority = CertifiedIssuer<'static, KeyPair>;

/// How the one that answers in another's place is not to be trusted.
#[derive(Clone, Copy, Debug)]
enum Fraud {
    UnknownAuthority,
    AnotherName,
    Expired,
    PlainText,
}

/// A server that answers in another's place, on loopback.
struct Impostor {
    address: String,
    /// The authority that clients are told to trust, PEM.
    trusted: String,
    called: Arc<AtomicUsize>,
}

fn authority(name: &str) -> Authority {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key"))
        .expect("an authority")
}

/// What a server shows that is not to be trusted.
fn settings(fraud: Fraud, authority: &Authority) -> Arc<ServerConfig> {
    let name = match fraud {
        Fraud::AnotherName => "another.example",
        _ => "127.0.0.1",
    };
    let mut parameters = CertificateParams::new([name.to_owned()]).expect("a name");
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    if matches!(fraud, Fraud::Expired) {
        parameters.not_before = date_time_ymd(2020, 1, 1);
        parameters.not_after = date_time_ymd(2021, 1, 1);
    }
    let key = KeyPair::generate().expect("a key");
    let certificate = parameters
        .signed_by(&key, authority)
        .expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
        .with_no_client_auth();
    let settings = builder.with_single_cert(vec![certificate.der().clone()], key);
    Arc::new(settings.expect("settings"))
}

impl Impostor {
    fn start(fraud: Fraud) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (own, another) = (authority("the cluster's"), authority("another"));
        let trusted = match fraud {
            Fraud::UnknownAuthority => another.pem(),
            _ => own.pem(),
        };
        let settings = settings(fraud, &own);
        let called = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&called);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                // A client that does not go on is what is wanted.
                drop(answer(stream, fraud, &settings));
            }
        });
        Self {
            address,
            trusted,
            called,
        }
    }

    /// Makes Azure name this server as the API server of all clusters.
    fn stand_for_the_api_server(&self, azure: &Simulator) {
        let kubeconfig = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{ "name": "aks", "cluster": {
                "server": format!("https://{}", self.address),
                "certificate-authority-data": STANDARD.encode(&self.trusted),
            } }],
            "users": [{ "name": "clusterUser", "user": { "exec": {
                "apiVersion": "client.authentication.k8s.io/v1beta1",
                "command": "kubelogin",
            } } }],
        });
        azure.add_fault(Fault {
            name: "an impostor".to_owned(),
            matches: Matches {
                path_contains: Some("listClusterUserCredential".to_owned()),
                times: Some(1000),
                ..Matches::default()
            },
            action: Action::Status(Answer {
                code: 200,
                headers: Vec::new(),
                body: json!({ "kubeconfigs": [{
                    "name": "clusterUser",
                    "value": STANDARD.encode(kubeconfig.to_string()),
                }] }),
            }),
        });
    }

    fn called(&self) -> usize {
        self.called.load(Ordering::SeqCst)
    }

    /// A text without the port, which is drawn.
    fn redacted(&self, text: &str) -> String {
        text.replace(&self.address, "HOST")
    }
}

fn answer(
    mut stream: TcpStream,
    fraud: Fraud,
    settings: &Arc<ServerConfig>,
) -> std::io::Result<()> {
    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    if matches!(fraud, Fraud::PlainText) {
        stream.read_exact(&mut [0; 5])?;
        return stream.write_all(ANSWER);
    }
    let connection = ServerConnection::new(Arc::clone(settings)).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(connection, stream);
    stream.read_exact(&mut [0; 5])?;
    stream.write_all(ANSWER)
}

const FRAUDS: [Fraud; 4] = [
    Fraud::UnknownAuthority,
    Fraud::AnotherName,
    Fraud::Expired,
    Fraud::PlainText,
];

#[test]
fn an_api_server_that_cannot_be_trusted_is_told_as_that_and_called_once() {
    let texts = FRAUDS.map(|fraud| {
        let azure = fast_azure();
        made_cluster(&azure, &json!({}));
        let impostor = Impostor::start(fraud);
        impostor.stand_for_the_api_server(&azure);
        let provider = crate::inside::provider(&azure, "secureaks_namespace");
        let wanted = config(&provider, &json!({ "name": "team-a" }), &json!({}));

        let plan = provider.plan(&Kept::nothing(), &wanted);

        assert_eq!(impostor.called(), 1, "{fraud:?}");
        assert_understood(&azure);
        format!("{fraud:?}\n{}", impostor.redacted(&told(&plan.diagnostics)))
    });

    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_sign_in_that_cannot_be_trusted_is_told_as_that_and_tried_once() {
    let texts = [Fraud::UnknownAuthority, Fraud::PlainText].map(|fraud| {
        let azure = fast_azure();
        let impostor = Impostor::start(fraud);
        let own = format!("https://{}", azure.environment()["ARM_METADATA_HOSTNAME"]);
        azure.add_fault(Fault {
            name: "another place to sign in".to_owned(),
            matches: Matches {
                path_contains: Some("metadata/endpoints".to_owned()),
                ..Matches::default()
            },
            action: Action::Status(Answer {
                code: 200,
                headers: Vec::new(),
                body: json!({
                    "name": "Simulated",
                    "authentication": { "loginEndpoint": format!("https://{}", impostor.address), "audiences": [] },
                    "resourceManager": own,
                    "microsoftGraphResourceId": own,
                }),
            }),
        });
        let provider = Provider::of(&azure);
        let wanted = provider.value(&cluster(&json!({})));

        let plan = provider.plan(&Kept::nothing(), &wanted);

        assert_eq!(impostor.called(), 1, "{fraud:?}");
        format!("{fraud:?}\n{}", impostor.redacted(&told(&plan.diagnostics)))
    });

    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_new_clusters_api_server_that_cannot_be_trusted_is_not_waited_for() {
    let azure = fast_azure();
    let impostor = Impostor::start(Fraud::UnknownAuthority);
    let provider = Provider::of(&azure);
    provider.create(&provider.value(&cluster(&json!({}))));
    impostor.stand_for_the_api_server(&azure);
    let provider = provider.about("secureaks_namespace");
    let wanted = provider.value(&json!({ "name": "team-a", "cluster_id": CLUSTER }));

    let plan = provider.plan(&Kept::nothing(), &wanted);
    let (_, told) = provider.carry_out(&Kept::nothing(), &wanted, &plan);

    let summaries: Vec<_> = plan
        .diagnostics
        .iter()
        .chain(&told)
        .map(|told| told.summary.as_str())
        .collect();
    assert_eq!(
        summaries,
        ["Cluster could not be asked", "API server cannot be trusted"]
    );
    assert_eq!(impostor.called(), 1);
}

#[test]
fn an_azure_that_cannot_be_trusted_is_told_as_that_and_called_once() {
    let texts = FRAUDS.map(|fraud| {
        let azure = fast_azure();
        let impostor = Impostor::start(fraud);
        let mut environment = azure.environment();
        environment.insert("ARM_METADATA_HOSTNAME".to_owned(), impostor.address.clone());
        let network = Arc::new(trusting(impostor.trusted.as_bytes()));
        let (provider, _) = Provider::over(network, environment, json!({}));
        let wanted = provider.value(&cluster(&json!({})));

        let plan = provider.plan(&Kept::nothing(), &wanted);

        assert_eq!(impostor.called(), 1, "{fraud:?}");
        format!("{fraud:?}\n{}", impostor.redacted(&told(&plan.diagnostics)))
    });

    insta::assert_snapshot!(texts.join("\n\n"));
}
