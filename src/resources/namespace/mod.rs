//! `secureaks_namespace`: a namespace that is closed unless opened.

mod body;
mod check;
mod live;
mod outputs;
mod owned;
mod spec;
#[cfg(test)]
mod tests;
