//! The simulator as a program: it prints one line of JSON when it is ready, and runs until it is
//! told to stop.

use std::io::Write as _;
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use secureaks_simulator::{Options, Simulator};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{SignalKind, signal};

/// A local Azure: Resource Manager, Entra sign-in and AKS on loopback.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// How much faster than reality simulated time passes.
    #[arg(long, default_value_t = 600.0)]
    speed: f64,
    /// Seed of everything random.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// File in which the state survives restarts.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// How long access tokens are valid, in real time, such as `5s` or `2m`.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    short_tokens: Option<Duration>,
    /// Folder for the files clients need; a temporary one, removed at the end, when absent.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Share of Resource Manager's and clusters' exchanges struck by a random fault, from 0 to 1.
    #[arg(long, value_name = "RATE", default_value_t = 0.0)]
    chaos: f64,
    /// JSON file with users, groups and applications to add to the built-in ones.
    #[arg(long, value_name = "FILE")]
    directory_file: Option<PathBuf>,
    /// Address that clients call from, as the internet sees it; authorized ranges are about it.
    #[arg(long, value_name = "ADDRESS", default_value = "20.50.0.4")]
    public_address: IpAddr,
    /// Folder with the programs `kube-apiserver` and `etcd`: every cluster gets a real API server.
    #[arg(long, value_name = "DIR")]
    kube_apiserver: Option<PathBuf>,
    /// Also stop when standard input is closed, as it is when the parent process ends.
    #[arg(long)]
    until_stdin_closes: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // When even standard error is closed, the exit code has to say it.
            let _ = writeln!(std::io::stderr(), "secureaks-simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let Arguments {
        speed,
        seed,
        state,
        short_tokens,
        directory,
        chaos,
        directory_file,
        public_address,
        kube_apiserver,
        until_stdin_closes,
    } = arguments;
    let options = Options {
        seed,
        speed,
        short_tokens,
        state,
        directory,
        chaos,
        directory_file,
        public_address,
        kube_apiserver,
    };
    let simulator = Simulator::start(options)?;
    if chaos > 0.0 {
        writeln!(
            std::io::stderr(),
            "secureaks-simulator: chaos with --seed {seed}"
        )?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let stopped = runtime.block_on(until_told_to_stop(until_stdin_closes, || {
        let ready = json!({
            "environment": simulator.environment(),
            "control": simulator.control_address(),
            "seed": seed,
        });
        let mut output = std::io::stdout();
        writeln!(output, "{ready}")?;
        output.flush()
    }));
    // A read of standard input cannot be interrupted; waiting for it would keep us alive.
    runtime.shutdown_background();
    Ok(stopped?)
}

/// Signals are caught before anyone is told that we are ready: whoever reads that may send one.
async fn until_told_to_stop(
    until_stdin_closes: bool,
    tell_ready: impl FnOnce() -> std::io::Result<()>,
) -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    tell_ready()?;
    tokio::select! {
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
        () = stdin_closed(), if until_stdin_closes => {}
    }
    Ok(())
}

async fn stdin_closed() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 256];
    while input.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}

/// `250ms`, `5s`, `2m`, `1h`.
fn duration(text: &str) -> Result<Duration, String> {
    let signed: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("'{text}' is no duration, such as 5s or 2m"))?;
    Duration::try_from(signed).map_err(|_| format!("'{text}' is negative"))
}
