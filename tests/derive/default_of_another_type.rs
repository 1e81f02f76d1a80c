//! A default of another type than its attribute.

use secureaks::framework::{Attr, Block};

/// A pool.
#[derive(Block)]
struct Pool {
    /// Number of nodes.
    #[tf(default = "three")]
    nodes: Attr<i64>,
}

fn main() {}
