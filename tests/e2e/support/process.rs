//! A client that is under way, and the plugins it started: to be interrupted and killed.

use std::{
    fs,
    io::Read,
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread::{JoinHandle, park_timeout},
    time::{Duration, Instant},
};

use super::Outcome;

/// How long a story waits for something that is bound to happen.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The client.
pub(crate) struct Running {
    child: Child,
    output: [Output; 2],
}

/// What comes out of one of its outputs.
struct Output {
    text: Arc<(Mutex<String>, Condvar)>,
    reader: JoinHandle<()>,
}

impl Running {
    pub(super) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().expect("the client starts");
        let (out, err) = (
            child.stdout.take().expect("piped"),
            child.stderr.take().expect("piped"),
        );
        Self {
            child,
            output: [Output::of(out), Output::of(err)],
        }
    }

    /// Waits until the client has printed `words`.
    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        let [out, _] = &self.output;
        out.wait_for(words);
    }

    /// Ctrl-C: SIGINT to the whole process group, as a terminal sends it.
    pub(crate) fn interrupt(&self) {
        signal("-INT", &format!("-{}", self.child.id()));
    }

    /// `kill -9` of the client and its plugins at once.
    pub(crate) fn kill_group(&self) {
        signal("-KILL", &format!("-{}", self.child.id()));
    }

    /// `kill -9` of the plugins alone.
    pub(crate) fn kill_plugins(&self) {
        for plugin in self.plugins() {
            signal("-KILL", &plugin.to_string());
        }
    }

    /// Stops the client in its tracks; its plugins run on.
    pub(crate) fn freeze_client(&self) {
        signal("-STOP", &self.child.id().to_string());
        wait_until("the client is stopped", || {
            state_of(self.child.id()).as_deref() == Some("T")
        });
    }

    /// Lets a stopped client go on.
    pub(crate) fn thaw_client(&self) {
        signal("-CONT", &self.child.id().to_string());
    }

    /// The plugins that run.
    pub(crate) fn plugins(&self) -> Vec<u32> {
        let parent = self.child.id();
        let processes = fs::read_dir("/proc")
            .expect("/proc")
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        processes
            .filter(|process| parent_of(*process) == Some(parent))
            .collect()
    }

    /// Whether the client has come to its end by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        let status = self.child.try_wait().expect("the client can be asked");
        status.is_some()
    }

    /// Waits for the end.
    pub(crate) fn finish(mut self) -> Outcome {
        let status = self.child.wait().expect("the client ends");
        let text = self.output.map(Output::whole).concat();
        Outcome {
            code: status.code().unwrap_or(-1),
            text,
        }
    }
}

impl Output {
    fn of(mut stream: impl Read + Send + 'static) -> Self {
        let text = Arc::new((Mutex::new(String::new()), Condvar::new()));
        let shared = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = stream.read(&mut chunk) {
                shared
                    .0
                    .lock()
                    .expect("the text")
                    .push_str(&String::from_utf8_lossy(&chunk[..length]));
                shared.1.notify_all();
            }
        });
        Self { text, reader }
    }

    #[track_caller]
    fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        let mut text = self.text.0.lock().expect("the text");
        while !text.contains(words) {
            let left = deadline
                .checked_duration_since(Instant::now())
                .unwrap_or_else(|| panic!("never said {words:?}: {text}"));
            text = self.text.1.wait_timeout(text, left).expect("the text").0;
        }
    }

    fn whole(self) -> String {
        self.reader.join().expect("read");
        std::mem::take(&mut *self.text.0.lock().expect("the text"))
    }
}

fn signal(signal: &str, process: &str) {
    // It may have ended by itself; then there is nothing to signal.
    drop(
        Command::new("kill")
            .args([signal, "--", process])
            .stderr(Stdio::null())
            .status(),
    );
}

fn parent_of(process: u32) -> Option<u32> {
    status_field(process, 1)?.parse().ok()
}

fn state_of(process: u32) -> Option<String> {
    status_field(process, 0)
}

fn status_field(process: u32, position: usize) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name, in parentheses, may hold anything; the state and the parent follow it.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(position)
        .map(str::to_owned)
}

/// Waits until something that is bound to happen has happened.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(
            Instant::now() < deadline,
            "it never came to pass that {what}"
        );
        park_timeout(Duration::from_millis(2));
    }
}
