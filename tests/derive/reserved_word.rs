//! A name that Terraform keeps for itself.

use secureaks::framework::{Attr, Block};

/// A pool.
#[derive(Block)]
struct Pool {
    /// Number of nodes.
    count: Attr<i64>,
}

fn main() {}
