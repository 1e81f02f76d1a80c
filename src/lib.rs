//! `secureaks`: a Terraform and OpenTofu provider that deploys a secure AKS cluster in one apply.

extern crate self as secureaks;

pub mod framework;
pub mod value;
