//! A field that is no attribute.

use secureaks::framework::{Attr, Block};

/// A pool.
#[derive(Block)]
struct Pool {
    /// Name of the pool.
    name: Attr<String>,
    /// Share of the nodes that may be gone.
    share: f32,
}

fn main() {}
