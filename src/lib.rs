//! `secureaks`: a Terraform and OpenTofu provider that deploys a secure AKS cluster in one apply.

extern crate self as secureaks;

pub mod azure;
pub mod framework;
pub mod value;
