//! `secureaks`: a Terraform and OpenTofu provider that deploys a secure AKS cluster in one apply.

pub mod azure;
