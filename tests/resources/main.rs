//! Resources in this very process, over the simulated Azure: what needs no Terraform to be proved.

mod change;
mod input;
mod refusals;
mod replace;
mod support;
