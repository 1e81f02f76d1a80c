//! `secureaks_network_policy`: which traffic some pods may take part in.

mod body;
mod check;
pub(crate) mod dns;
pub(crate) mod engine;
mod fields;
mod live;
pub(crate) mod meaning;
mod outputs;
mod raw;
mod short;
mod spec;
#[cfg(test)]
mod tests;
