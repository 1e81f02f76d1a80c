//! What the command does, in this process: who signs in, whom it is for, and what is kept.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::Arc,
};

use jiff::Timestamp;
use secureaks::{
    azure::{Clock, ManualClock},
    provider::{Environment, Surroundings, credential},
};
use secureaks_simulator::{Credential, Host, Simulator};
use tempfile::TempDir;

use crate::{SERVER, azure, claims, network::network};

/// A machine with a user's cache.
struct Machine<'a> {
    azure: &'a Simulator,
    environment: BTreeMap<String, String>,
    cache: TempDir,
    /// What a person was told so far.
    told: String,
    /// Tells no time of its own, so that nobody waits five seconds between two questions.
    clock: ManualClock,
    runtime: tokio::runtime::Runtime,
}

impl<'a> Machine<'a> {
    fn new(azure: &'a Simulator, environment: BTreeMap<String, String>) -> Self {
        let cache = tempfile::tempdir().expect("a folder");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        Self {
            azure,
            environment,
            cache,
            told: String::new(),
            clock: ManualClock::new(Timestamp::now()),
            runtime,
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Runs the command. `user`, if any, approves each code as soon as it is shown.
    fn run(&mut self, arguments: &[&str], user: Option<&str>) -> Result<String, String> {
        let cache = self.cache.path().display().to_string();
        self.set("XDG_CACHE_HOME", &cache);
        let environment = Environment::of(self.environment.clone(), 7);
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let mut prompt = Browser {
            azure: self.azure,
            user,
            read: &mut self.told,
        };
        let surroundings = Surroundings {
            environment: &environment,
            network: Arc::new(network(self.azure)),
            clock: Arc::new(self.clock.clone()) as Arc<dyn Clock>,
            prompt: &mut prompt,
        };
        let work = self.clock.drive(credential(&arguments, surroundings));
        self.runtime
            .block_on(work)
            .map_err(|error| error.to_string())
    }

    /// The questions that Entra was asked, as the last parts of their addresses.
    fn asked(&self) -> Vec<String> {
        let exchanges = self.azure.journal().into_iter();
        exchanges
            .filter(|exchange| exchange.host == Host::Login)
            .map(|exchange| {
                let name = exchange.path.rsplit('/').next().unwrap_or_default();
                name.to_owned()
            })
            .collect()
    }
}

/// Where a person is shown a code, and goes to approve it.
struct Browser<'a> {
    azure: &'a Simulator,
    user: Option<&'a str>,
    read: &'a mut String,
}

impl Write for Browser<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.read.push_str(&text);
        let code = text
            .trim()
            .trim_end_matches('.')
            .rsplit(' ')
            .next()
            .unwrap_or_default();
        if let Some(user) = self.user {
            self.azure.approve_device_code(code, user);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn every_way_the_provider_signs_in_gives_a_token_for_the_api_server() {
    let azure = azure();
    for way in [
        Credential::Secret,
        Credential::Certificate,
        Credential::ManagedIdentity,
        Credential::GitHub,
        Credential::AzurePipelines,
        Credential::OidcToken,
        Credential::WorkloadIdentity,
    ] {
        let mut machine = Machine::new(&azure, azure.environment_with(way));
        machine.environment.remove("ARM_SUBSCRIPTION_ID");

        let answer = machine.run(&[], None).expect("a credential");

        let claims = claims(&answer);
        assert_eq!(
            (&claims["aud"], &claims["idtyp"]),
            (&SERVER.into(), &"app".into()),
            "{way:?}"
        );
    }
}

#[test]
fn another_application_is_asked_for_by_its_id() {
    let azure = azure();
    let mut machine = Machine::new(&azure, azure.environment());

    let graph = "00000003-0000-0000-c000-000000000000";
    let answer = machine.run(&["--server-id", graph], None);

    let claims = claims(&answer.expect("a credential"));
    assert_eq!(claims["aud"], graph);
}

#[test]
fn a_person_signs_in_with_a_code_and_is_not_asked_again_while_the_token_is_good() {
    let azure = azure();
    let mut machine = Machine::new(&azure, azure.environment());
    let ada = "ada@simulated.onmicrosoft.com";
    let arguments = ["--login", "devicecode"];

    let first = machine.run(&arguments, Some(ada)).expect("a credential");
    let asked = machine.asked();
    let second = machine.run(&arguments, None).expect("a credential");

    let claims = claims(&first);
    assert_eq!(
        (&claims["aud"], &claims["upn"]),
        (&SERVER.into(), &ada.into())
    );
    assert_eq!(second, first);
    assert_eq!(asked, ["devicecode", "token"]);
    assert_eq!(machine.asked(), asked);
}

#[test]
fn tokens_are_kept_apart_by_tenant() {
    let azure = azure();
    let mut machine = Machine::new(&azure, azure.environment());
    let ada = "ada@simulated.onmicrosoft.com";
    machine
        .run(&["--login", "devicecode"], Some(ada))
        .expect("a credential");
    azure.clear_journal();

    let arguments = ["--login=devicecode", "--tenant-id=organizations"];
    machine.run(&arguments, Some(ada)).expect("a credential");

    assert_eq!(machine.asked(), ["devicecode", "token"]);
}

#[cfg(unix)]
#[test]
fn a_cache_that_leads_elsewhere_is_told_of_and_not_used() {
    let azure = azure();
    let mut machine = Machine::new(&azure, azure.environment());
    let elsewhere = tempfile::tempdir().expect("a folder");
    let cache = machine.cache.path().join("secureaks/credentials");
    std::fs::create_dir(machine.cache.path().join("secureaks")).expect("a folder");
    std::os::unix::fs::symlink(elsewhere.path(), &cache).expect("a link");

    let answer = machine.run(
        &["--login", "devicecode"],
        Some("ada@simulated.onmicrosoft.com"),
    );

    let refused = format!(
        "{} is a symbolic link, which is not followed; remove it",
        cache.display()
    );
    let told: Vec<&str> = machine
        .told
        .lines()
        .filter(|line| !line.starts_with("To sign in"))
        .collect();
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(
        told,
        [
            format!("What was kept of an earlier sign-in is not used: {refused}."),
            format!("The token could not be kept: {refused}. The next command asks again."),
        ]
    );
    assert_eq!(
        std::fs::read_dir(elsewhere.path())
            .expect("a folder")
            .count(),
        0
    );
}

#[test]
fn nothing_of_a_pipelines_sign_in_is_kept_on_disk() {
    let azure = azure();
    let mut machine = Machine::new(&azure, azure.environment());

    machine.run(&[], None).expect("a credential");

    let left = std::fs::read_dir(machine.cache.path()).expect("a folder");
    assert_eq!(left.count(), 0);
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let azure = azure();
    let mut without = Machine::new(&azure, BTreeMap::new());
    without.set("ARM_USE_CLI", "false");
    let mut odd = Machine::new(&azure, azure.environment());
    odd.set("ARM_USE_OIDC", "perhaps");
    let mut foreign = Machine::new(&azure, azure.environment());
    let mut old = Machine::new(&azure, azure.environment());
    old.set(
        "KUBERNETES_EXEC_INFO",
        r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1alpha1"}"#,
    );

    let told = [
        without.run(&[], None),
        odd.run(&[], None),
        foreign.run(&["--environment", "mars"], None),
        foreign.run(&["--tenant-id", "nowhere.example"], None),
        old.run(&[], None),
    ]
    .map(|answer| redacted(&answer.expect_err("a refusal")));

    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(azure.unknown_requests(), Vec::<String>::new());
}

/// A text without the id that Entra draws for each refusal.
fn redacted(text: &str) -> String {
    match text.split_once("trace id ") {
        Some((before, _)) => format!("{before}trace id ID)"),
        None => text.to_owned(),
    }
}
