//! What a provider is made of: attributes declared once, resources, and the rules of planning.
//! It knows neither protobuf nor Azure.

mod diagnostics;
pub mod schema;
pub mod service;

pub use diagnostics::{Diagnostic, Diagnostics, Severity};
