//! Compiles `proto/` without `protoc`: the server side for the library, the client side for the
//! tests under `tests/protocol`.

use std::path::PathBuf;
use std::{env, error, fs};

const FILES: [&str; 5] = [
    "proto/tfplugin6.proto",
    "proto/grpc_controller.proto",
    "proto/grpc_stdio.proto",
    "proto/grpc_broker.proto",
    "proto/health.proto",
];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo says it over the environment"
)]
fn main() -> Result<(), Box<dyn error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    for file in FILES {
        println!("cargo::rerun-if-changed={file}");
    }

    let descriptors = protox::compile(FILES, ["proto"])?;
    let server = PathBuf::from(env::var("OUT_DIR")?);
    let client = server.join("client");
    fs::create_dir_all(&client)?;

    // Connections are made by hand on both sides: a pinned certificate over a Unix socket is
    // nothing the generated transport knows.
    tonic_prost_build::configure()
        .build_client(false)
        .build_transport(false)
        .btree_map(".")
        .out_dir(&server)
        .compile_fds(descriptors.clone())?;
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .btree_map(".")
        .out_dir(&client)
        .compile_fds(descriptors)?;
    Ok(())
}
