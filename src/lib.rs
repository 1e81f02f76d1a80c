//! `secureaks`: a Terraform and OpenTofu provider that deploys a secure AKS cluster in one apply.
//!
//! Each folder uses only what its line allows; `tests/tidy.rs` reads this table and checks it.
//!
//! | folder      | what it is                                              | may use                     |
//! |-------------|---------------------------------------------------------|-----------------------------|
//! | `provider`  | the provider block and the list of all that is offered  | everything below            |
//! | `resources` | one folder a resource                                   | `framework` `kube` `azure` `value` `files` |
//! | `docs`      | declarations to the Markdown of the registry            | `framework` `value`         |
//! | `plugin`    | handshake, mTLS and gRPC services                       | `framework` `value` `files` |
//! | `framework` | schema, plan and the traits a resource implements       | `value`                     |
//! | `value`     | values with unknowns, paths, types and their encodings  |                             |
//! | `kube`      | the Kubernetes API of a cluster; no Terraform in it     | `azure`                     |
//! | `azure`     | Azure Resource Manager and Entra ID; no Terraform in it |                             |
//! | `files`     | private files: modes, owners, links                     |                             |

extern crate self as secureaks;

pub mod azure;
pub mod docs;
pub mod files;
pub mod framework;
pub mod kube;
pub mod plugin;
pub mod provider;
pub mod resources;
pub mod value;
