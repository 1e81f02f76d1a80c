//! The provider's executable: Terraform starts it without arguments.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use secureaks::framework::Server;
use secureaks::plugin::{Options, run};
use secureaks::provider::{Environment, Secureaks};

fn main() -> ExitCode {
    let options = Options {
        provider: "secureaks/secureaks".to_owned(),
        reattach: std::env::args()
            .skip(1)
            .any(|argument| argument == "--debug" || argument == "-debug"),
        clock: SystemTime::now,
    };
    match run(&options, || {
        Arc::new(Server::new(Secureaks::new(Environment::of_process())))
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
