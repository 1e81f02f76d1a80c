//! Asks the simulator's control API and prints the answer, so that the demo needs no HTTP client
//! to be installed: `ask http://127.0.0.1:PORT/journal`, or with a JSON body to post.

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

    let body = env::args().nth(2);
    let method = if body.is_some() { "POST" } else { "GET" };
    let body = body.unwrap_or_default();
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;

    let (head, body) = answer
        .split_once("\r\n\r\n")
        .ok_or("the answer has no end of its headers")?;
    if !head.starts_with("HTTP/1.1 2") {
        return Err(format!("{address}: {body}").into());
    }
    writeln!(io::stdout(), "{}", body.trim())?;
    Ok(())
}
