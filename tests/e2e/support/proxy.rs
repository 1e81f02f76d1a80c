//! A proxy that notes every address that anybody is called at: what goes past it goes nowhere.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// The proxy. Its listener lives as long as the test.
pub(crate) struct Proxy {
    address: String,
    called: Arc<Mutex<BTreeSet<String>>>,
}

impl Proxy {
    /// Begins to listen on loopback.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let called = Arc::new(Mutex::new(BTreeSet::new()));
        let noted = Arc::clone(&called);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let noted = Arc::clone(&noted);
                // A connection that breaks is the client's trouble, as with any proxy.
                thread::spawn(move || drop(serve(stream, &noted)));
            }
        });
        Self { address, called }
    }

    /// What the proxy is called in `HTTPS_PROXY`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Host and port of everybody who was called so far; the next answer begins anew.
    pub(crate) fn called(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.called.lock().expect("the notes"))
    }
}

/// `CONNECT host:port`, then bytes in both directions.
fn serve(mut client: TcpStream, called: &Mutex<BTreeSet<String>>) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let target = request
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    called.lock().expect("the notes").insert(target.clone());
    if !request.starts_with("CONNECT ") {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n");
    }
    let Ok(mut server) = TcpStream::connect(&target) else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || {
        let copied = io::copy(&mut from, &mut to);
        drop(to.shutdown(Shutdown::Write));
        copied
    });
    io::copy(&mut reader, &mut server)?;
    server.shutdown(Shutdown::Write)?;
    drop(back.join());
    Ok(())
}
