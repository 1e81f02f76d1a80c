//! A struct without names.

use secureaks::framework::{Attr, Block};

/// A pool.
#[derive(Block)]
struct Pool(Attr<String>);

fn main() {}
