//! The processes of real API servers: there with their clusters, and gone with them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api_server::ApiServer;
use crate::client::{Client, body, cluster};

const CONFIG_MAPS: &str = "/api/v1/namespaces/default/configmaps";

/// How long to wait for something that is bound to happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// The simulator as a program, with a cluster that has been used.
struct Program {
    child: Child,
    control: String,
    client: Client,
    server: ApiServer,
    /// Where its API servers keep their files.
    folder: String,
}

impl Program {
    fn start() -> Self {
        let programs = crate::kube_apiserver().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_secureaks-simulator"))
            .args(["--until-stdin-closes", "--kube-apiserver"])
            .arg(programs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let environment: BTreeMap<String, String> =
            serde_json::from_value(ready["environment"].clone()).unwrap();
        let client = Client::new(environment);
        let control = ready["control"].as_str().unwrap().to_owned();
        let created = client.put(&cluster(&client), body());
        assert_eq!(created.status, 201, "{}", created.text);
        pass_time(&client, &control);
        let server = ApiServer::connect(&client, "listClusterAdminCredential");
        assert_eq!(server.get(&server.admin_token, "/version").status, 200);
        let folder = folder_of(child.id()).unwrap();
        Self {
            child,
            control,
            client,
            server,
            folder,
        }
    }

    fn act(&self, method: &str, action: &str) {
        let path = format!("{}{action}", cluster(&self.client));
        let answer = self.client.call(method, &path, None);
        assert_eq!(answer.status, 202, "{}", answer.text);
        pass_time(&self.client, &self.control);
    }

    /// Whether an object of that name is there.
    fn has(&self, name: &str) -> bool {
        let path = format!("{CONFIG_MAPS}/{name}");
        self.server.get(&self.server.admin_token, &path).status == 200
    }
}

fn pass_time(client: &Client, control: &str) {
    let hour = json!({ "advance_seconds": 3600 }).to_string();
    let answer = client.send("POST", &format!("{control}/clock"), &[], Some(hour));
    assert_eq!(answer.unwrap().status, 200);
}

fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(
            Instant::now() < deadline,
            "it never came to pass that {what}"
        );
        park_timeout(Duration::from_millis(10));
    }
}

fn processes() -> impl Iterator<Item = u32> {
    let all = fs::read_dir("/proc").unwrap();
    all.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

fn command_line(process: u32) -> Option<String> {
    let line = fs::read(format!("/proc/{process}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&line).into_owned())
}

/// How many programs run with files in a folder.
fn programs_in(folder: &str) -> usize {
    processes()
        .filter_map(command_line)
        .filter(|line| line.contains(folder))
        .count()
}

/// The folder of the API servers that a simulator has started.
fn folder_of(simulator: u32) -> Option<String> {
    let child = |process: &u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        fields.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    processes()
        .filter(|process| child(process) == Some(simulator))
        .find_map(|process| {
            let line = command_line(process)?;
            let (_, data) = line.split_once("--data-dir=")?;
            // Between the two is the cluster's own folder.
            let (of_cluster, _) = data.split_once("/etcd")?;
            Some(of_cluster.rsplit_once('/')?.0.to_owned())
        })
}

#[test]
fn a_server_stops_with_its_cluster_and_keeps_what_it_had_until_that_is_deleted() {
    let program = Program::start();
    let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "kept" } });
    program
        .server
        .make(&program.server.admin_token, CONFIG_MAPS, &object);

    let running = programs_in(&program.folder);
    program.act("POST", "/stop");
    wait_until("a stopped cluster has no programs", || {
        programs_in(&program.folder) == 0
    });
    program.act("POST", "/start");
    let kept = program.has("kept");
    program.act("DELETE", "");
    wait_until("a deleted cluster has no files", || {
        fs::read_dir(&program.folder).unwrap().next().is_none()
    });

    assert_eq!((running, kept), (2, true));
    assert_eq!(programs_in(&program.folder), 0);
    end(program, "-TERM");
}

#[test]
fn nothing_runs_on_when_the_simulator_is_terminated() {
    let program = Program::start();
    let folder = program.folder.clone();

    end(program, "-TERM");

    assert_eq!(programs_in(&folder), 0);
    assert!(!Path::new(&folder).exists());
}

#[test]
fn nothing_runs_on_when_standard_input_closes() {
    let mut program = Program::start();

    drop(program.child.stdin.take());
    let status = program.child.wait().unwrap();

    assert!(status.success());
    assert_eq!(programs_in(&program.folder), 0);
    assert!(!Path::new(&program.folder).exists());
}

#[test]
fn nothing_runs_on_when_the_simulator_is_killed() {
    let program = Program::start();
    let folder = program.folder.clone();

    end(program, "-KILL");

    wait_until("the programs of a killed simulator end", || {
        programs_in(&folder) == 0
    });
    // Who is killed cannot clear away.
    fs::remove_dir_all(&folder).unwrap();
}

/// Sends the simulator a signal, and waits until it is gone.
fn end(mut program: Program, signal: &str) {
    let id = program.child.id().to_string();
    let told = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(told.success());
    program.child.wait().unwrap();
}
