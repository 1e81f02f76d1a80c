//! `#[derive(Block)]`: pairs each field's name and doc comment with its type.
