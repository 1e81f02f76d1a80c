//! Resources in this very process, over the simulated Azure: what needs no Terraform to be proved.

mod change;
mod drift;
mod input;
mod refusals;
mod support;
