//! What a provider is made of: attributes declared once, resources, and the rules of planning.
//! It knows neither protobuf nor Azure.

mod block;
mod call;
mod content;
mod diagnostics;
mod field;
mod judge;
mod offers;
pub mod plan;
mod private;
mod replacement;
mod resource;
pub mod schema;
mod serve_resource;
mod serve_simple;
mod server;
pub mod service;
mod text;
mod way_out;

pub use block::{Block, Fields, Origin, Slot};
pub use call::{Call, PrivateState};
pub use content::{Any, Blocks, Secret};
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use field::{Attr, Computed, Content, Field, WriteOnly};
pub use offers::{DataSource, Ephemeral, Function, Lease, Offers, Provider};
pub use plan::defaults;
pub use resource::{
    Event, Failure, ImportTarget, Planned, Resource, Source, State, Timeouts, Verb,
};
pub use secureaks_derive::Block;
pub use serve_resource::{GONE, PENDING, made_anew};
pub use server::Server;
pub use text::{Span, Text, read_text};
