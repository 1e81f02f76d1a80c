//! What stories are told with: clients, workspaces, and processes that can be killed.

pub(crate) mod chance;
mod client;
pub(crate) mod killing;
pub(crate) mod person;
mod process;
mod proxy;
mod standing;
pub(crate) mod story;
pub(crate) mod trouble;
mod workspace;

use secureaks_simulator::{Options, Simulator};

#[cfg(feature = "real")]
pub(crate) use client::matrix;
pub(crate) use client::{Client, any_client, clients};
pub(crate) use process::Running;
pub(crate) use proxy::Proxy;
pub(crate) use standing::Standing;
#[cfg(feature = "real")]
pub(crate) use workspace::ATTACH;
pub(crate) use workspace::{Outcome, Workspace};

/// A simulated Azure with the default seed; when its test fails, the seed is in the output.
pub(crate) fn azure() -> Simulator {
    azure_with(Options::default())
}

/// A simulated Azure. Its clusters have real API servers when `SECUREAKS_KUBE_APISERVER` names the folder with
/// the programs of one.
pub(crate) fn azure_with(options: Options) -> Simulator {
    println!("simulator seed: {}", options.seed);
    #[expect(
        clippy::disallowed_methods,
        reason = "which API servers a story is told with is the environment's to say"
    )]
    let programs = std::env::var_os("SECUREAKS_KUBE_APISERVER");
    let kube_apiserver = programs.filter(|folder| !folder.is_empty());
    Simulator::start(Options {
        kube_apiserver: kube_apiserver.map(Into::into),
        ..options
    })
    .expect("the simulator starts")
}

/// Fails when the simulator met something it does not know.
pub(crate) fn assert_understood(azure: &Simulator) {
    assert_eq!(
        azure.unknown_requests(),
        Vec::<String>::new(),
        "requests the simulator does not know"
    );
}
