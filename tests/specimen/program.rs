//! A provider for tests alone: it has every kind of value and nesting the protocol knows, keeps
//! its objects in a directory, and fails, panics or hangs when a configuration says so.

mod provider;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
    time::SystemTime,
};

use secureaks::{
    framework::Server,
    plugin::{Options, run},
};

fn main() -> ExitCode {
    let options = Options {
        provider: "secureaks/specimen".to_owned(),
        reattach: false,
        clock: SystemTime::now,
    };
    match run(&options, || Arc::new(Server::new(provider::Specimen))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nowhere else to say it.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
