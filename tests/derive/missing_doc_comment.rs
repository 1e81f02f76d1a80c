//! A field without documentation.

use secureaks::framework::{Attr, Block};

/// A pool.
#[derive(Block)]
struct Pool {
    /// Name of the pool.
    name: Attr<String>,
    size: Attr<String>,
}

fn main() {}
