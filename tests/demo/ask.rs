//! Asks the simulator's control API and prints the answer, so that the demo needs no HTTP client
//! to be installed: `ask http://127.0.0.1:PORT/journal`.

use std::{
    env,
    error::Error,
    io::{self, Read as _, Write as _},
    net::TcpStream,
};

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).ok_or("an address is missing")?;
    let rest = address
        .strip_prefix("http://")
        .ok_or("the address begins with http://")?;
    let (host, path) = rest.split_once('/').ok_or("the address names no path")?;

    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;

    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or("the answer has no end of its headers")?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(format!("{address}: {body}").into());
    }
    writeln!(io::stdout(), "{}", body.trim())?;
    Ok(())
}
