//! `secureaks`: a Terraform and OpenTofu provider that deploys a secure AKS cluster in one apply.

pub mod value;
pub mod framework;
pub mod plugin;
