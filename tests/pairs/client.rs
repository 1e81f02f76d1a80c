//! Terraform's side of the protocol for the four objects: it refreshes, plans, applies and destroys them in the
//! order in which they depend on each other, and keeps states and private data as Terraform does.

mod apply;
mod plan;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, mpsc::RecvTimeoutError},
    time::Duration,
};

use secureaks::{
    framework::{Diagnostic, Server, Severity, service::Private},
    provider::Secureaks,
    value::Value,
};
use tempfile::TempDir;

use crate::{
    objects::Edition,
    process::Process,
    trouble::{Kind, Strike},
    world::World,
};

/// What the state keeps of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    value: Value,
    private: Private,
    tainted: bool,
}

/// The objects of a state, by type.
type State = BTreeMap<&'static str, Kept>;

/// How a command ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Everything was done; how many objects were changed.
    Done(usize),
    /// Errors, as text.
    Failed(String),
    /// The client was killed.
    Killed,
}

/// Why a command does not go on.
enum Broken {
    /// The client is killed.
    Killed,
    /// There are errors.
    Failed(String),
}

/// Why a question is not answered.
enum Unanswered {
    /// The client is killed, and the provider with it.
    Killed,
    /// The provider is dead.
    PluginDied,
}

/// A client in a folder of its own.
pub(crate) struct Client<'a> {
    world: &'a World,
    environment: BTreeMap<String, String>,
    folder: TempDir,
    state: State,
    /// The types of which an object was tainted: its creation failed halfway.
    tainted: BTreeSet<&'static str>,
    /// What is to go wrong.
    strikes: Vec<Strike>,
    process: Option<Process>,
    /// How many processes were started.
    started: u64,
    interrupted: bool,
    /// What the command was warned of.
    warnings: Vec<String>,
    /// Whether it is killed before it saves what it is answered.
    dies_unsaved: bool,
}

impl<'a> Client<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        let mut environment = world.azure.environment();
        environment.insert("SECUREAKS_POLL_INTERVAL".to_owned(), "800ms".to_owned());
        Self {
            world,
            environment,
            folder: tempfile::tempdir().expect("a folder"),
            state: State::new(),
            tainted: BTreeSet::new(),
            strikes: Vec::new(),
            process: None,
            started: 0,
            interrupted: false,
            warnings: Vec::new(),
            dies_unsaved: false,
        }
    }

    /// What is going to go wrong, by the numbers that exchanges have from now on.
    pub(crate) fn expect(&mut self, strikes: &[Strike]) {
        self.world.let_go_wrong(strikes);
        self.strikes = strikes.to_vec();
    }

    /// Whether the creation of one has failed halfway, so that the next plan replaced it.
    pub(crate) fn has_tainted(&self, type_name: &str) -> bool {
        self.tainted.contains(type_name)
    }

    /// `apply`.
    pub(crate) fn apply(&mut self, edition: Edition) -> Outcome {
        self.command(|client| client.try_apply(edition))
    }

    /// `destroy`.
    pub(crate) fn destroy(&mut self, edition: Edition) -> Outcome {
        self.command(|client| client.try_destroy(edition))
    }

    /// `plan`: how many objects it would change.
    pub(crate) fn plan(&mut self, edition: Edition) -> Outcome {
        self.command(|client| {
            client.start();
            let (plans, _) = client.plan_all(edition)?;
            client.end();
            Ok(plans.values().filter(|plan| plan.changes()).count())
        })
    }

    fn command(&mut self, run: impl FnOnce(&mut Self) -> Result<usize, Broken>) -> Outcome {
        self.interrupted = false;
        self.dies_unsaved = false;
        self.warnings.clear();
        let outcome = match run(self) {
            Ok(changed) => Outcome::Done(changed),
            Err(Broken::Failed(text)) => {
                self.warnings.push(text);
                Outcome::Failed(self.warnings.join("\n"))
            }
            Err(Broken::Killed) => Outcome::Killed,
        };
        self.end();
        outcome
    }

    /// The errors among what was told, as text; warnings are kept for whoever reads why the command failed.
    fn errors(&mut self, told: &[Diagnostic]) -> Option<String> {
        let (errors, warnings): (Vec<_>, Vec<_>) = told
            .iter()
            .partition(|told| told.severity == Severity::Error);
        self.warnings
            .extend(warnings.iter().map(ToString::to_string));
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        (!errors.is_empty()).then(|| errors.join("\n"))
    }

    fn start(&mut self) {
        self.started += 1;
        self.process = Some(Process::start(
            &self.world.azure,
            &self.environment,
            self.folder.path(),
            self.started,
        ));
    }

    /// The provider is ended in order, unless it is dead already.
    fn end(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
        self.wait_until_hung_up();
    }

    /// Asks the provider; meanwhile whatever is to happen at an exchange happens.
    fn ask<F, T>(
        &mut self,
        question: impl FnOnce(Arc<Server<Secureaks>>) -> F,
    ) -> Result<T, Unanswered>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let Some(process) = &self.process else {
            return Err(Unanswered::PluginDied);
        };
        let answered = process.ask(question);
        loop {
            match answered.recv_timeout(LOOK) {
                Ok(answer) if self.dies_unsaved => {
                    drop(answer);
                    self.kill();
                    return Err(Unanswered::Killed);
                }
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => panic!("the provider panicked"),
                Err(RecvTimeoutError::Timeout) => self.look_for_held()?,
            }
        }
    }

    /// Does what is to be done at an exchange that is held.
    fn look_for_held(&mut self) -> Result<(), Unanswered> {
        let Some(held) = self.world.azure.wait_held(Duration::ZERO) else {
            return Ok(());
        };
        let strike = self
            .strikes
            .iter()
            .find(|strike| strike.exchange == held.number);
        let kind = strike.expect("only these are held").kind;
        match kind {
            Kind::InterruptBefore | Kind::InterruptAfter => {
                self.interrupted = true;
                if let Some(process) = &self.process {
                    process.stop();
                }
                self.world.azure.release_held();
                Ok(())
            }
            Kind::KillUnsaved => {
                self.dies_unsaved = true;
                self.world.azure.release_held();
                Ok(())
            }
            Kind::PluginBefore | Kind::PluginAfter => {
                self.kill();
                Err(Unanswered::PluginDied)
            }
            _ => {
                self.kill();
                if kind == Kind::KillForgetting {
                    for kept in self.state.values_mut() {
                        kept.private.clear();
                    }
                }
                Err(Unanswered::Killed)
            }
        }
    }

    /// Kills the provider, and waits until Azure knows that it has hung up: what was held before it took effect
    /// never takes any.
    fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
        self.wait_until_hung_up();
    }

    /// Waits until Azure knows of each exchange that is held that its caller is gone. One that the provider gave up when
    /// it was told to stop may come to be held after the provider has ended.
    fn wait_until_hung_up(&self) {
        while self.world.azure.wait_held(Duration::ZERO).is_some() {
            std::thread::yield_now();
        }
    }
}

/// How often it is looked whether an exchange is held.
const LOOK: Duration = Duration::from_millis(1);
