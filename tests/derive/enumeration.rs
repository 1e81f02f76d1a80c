//! An enum.

use secureaks::framework::{Attr, Block};

/// A pool.
#[derive(Block)]
enum Pool {
    /// Of the system.
    System(Attr<String>),
}

fn main() {}
