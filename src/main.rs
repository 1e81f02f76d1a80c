//! The provider's executable: Terraform starts it without arguments.
fn main() {}
