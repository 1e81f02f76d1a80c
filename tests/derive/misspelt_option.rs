//! An option there is not.

use secureaks::framework::{Attr, Block};

/// A pool.
#[derive(Block)]
struct Pool {
    /// Name of the pool.
    #[tf(replaces = "a pool cannot be renamed")]
    name: Attr<String>,
}

fn main() {}
