//! The provider's executable: Terraform starts it without arguments.

use std::{io, path::Path, process::ExitCode, sync::Arc, time::SystemTime};

use secureaks::{
    azure::{Network, SystemClock},
    docs,
    framework::{Server, service::Service as _},
    plugin::{Options, run},
    provider::{Environment, Secureaks, Surroundings, credential},
    value::printable,
};

const USAGE: &str = "terraform-provider-secureaks is started by terraform or tofu.

  terraform-provider-secureaks credential  signs in to clusters for kubectl and others; see --help
  terraform-provider-secureaks --debug     waits for a client to attach, for debuggers
  terraform-provider-secureaks docs        writes docs/ from the declarations, or checks it with --check
  terraform-provider-secureaks --version   prints the version";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => serve(false),
        ["--debug" | "-debug"] => serve(true),
        ["docs", ..] => write_docs(arguments.get(1..).unwrap_or_default()),
        ["credential", ..] => sign_in(arguments.get(1..).unwrap_or_default()),
        ["--version" | "-version"] => tell(
            &mut io::stdout(),
            env!("CARGO_PKG_VERSION"),
            ExitCode::SUCCESS,
        ),
        ["--help" | "-h" | "help"] => tell(&mut io::stdout(), USAGE, ExitCode::SUCCESS),
        _ => tell(&mut io::stderr(), USAGE, ExitCode::from(2)),
    }
}

fn serve(reattach: bool) -> ExitCode {
    let options = Options {
        provider: "secureaks/secureaks".to_owned(),
        reattach,
        clock: SystemTime::now,
    };
    let environment = || {
        let environment = Environment::of_process();
        if reattach {
            environment.attached()
        } else {
            environment
        }
    };
    match run(&options, || {
        Arc::new(Server::new(Secureaks::new(environment())))
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&error.to_string()),
    }
}

fn write_docs(arguments: &[String]) -> ExitCode {
    let server = Server::new(Secureaks::new(Environment::of([], 0)));
    match docs::run(arguments, server.schemas(), "secureaks", Path::new(".")) {
        Ok(done) => tell(&mut io::stdout(), &done, ExitCode::SUCCESS),
        Err(error) => complain(&error.to_string()),
    }
}

/// Signs in for kubectl. The runtime ends with the command, whatever still waits in it.
fn sign_in(arguments: &[String]) -> ExitCode {
    let environment = Environment::of_process();
    let surroundings = Surroundings {
        environment: &environment,
        network: Arc::new(Network::default()),
        clock: Arc::new(SystemClock),
        prompt: &mut io::stderr(),
    };
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| runtime.block_on(credential(arguments, surroundings)));
    let failure = match done {
        Ok(Ok(answer)) => return tell(&mut io::stdout(), &answer, ExitCode::SUCCESS),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    let text = format!(
        "terraform-provider-secureaks: {}.",
        failure.trim_end_matches('.')
    );
    complain(&text)
}

/// Says what went wrong, in which servers and others may have their say.
fn complain(text: &str) -> ExitCode {
    tell(&mut io::stderr(), &printable(text), ExitCode::FAILURE)
}

/// Says `text`; when nobody listens there is nobody to tell that to.
fn tell(output: &mut dyn io::Write, text: &str, code: ExitCode) -> ExitCode {
    drop(writeln!(output, "{text}"));
    code
}
