//! What the provider block falls back on: the environment, with azurerm's names, so that a pipeline
//! that runs azurerm runs this provider too.

use std::{collections::BTreeMap, ffi::OsString, fmt, path::PathBuf};

use uuid::Uuid;

use crate::{
    azure,
    framework::{Attr, Diagnostic, Diagnostics, Secret},
};

/// What the process was started with, read once. It holds secrets and shows only names.
#[derive(Clone)]
pub struct Environment {
    pub(super) variables: BTreeMap<String, OsString>,
    /// The folder of the configuration, in which clients start providers.
    pub(super) folder: PathBuf,
    /// Whether clients attach to this process instead of starting and ending it.
    pub(super) attached: bool,
    pub(super) seed: u64,
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.variables.keys()).finish()
    }
}

impl Environment {
    /// The environment of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    pub fn of_process() -> Self {
        let named =
            std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let (high, low) = Uuid::new_v4().as_u64_pair();
        Self {
            variables: named.collect(),
            folder: PathBuf::from("."),
            attached: false,
            seed: high ^ low,
        }
    }

    /// An environment of the given variables.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>, seed: u64) -> Self {
        Self {
            variables: variables
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            folder: PathBuf::from("."),
            attached: false,
            seed,
        }
    }

    /// The same in another folder.
    #[must_use]
    pub fn in_folder(self, folder: PathBuf) -> Self {
        Self { folder, ..self }
    }

    /// The same for a process that clients attach to, and that they do not end.
    #[must_use]
    pub fn attached(self) -> Self {
        Self {
            attached: true,
            ..self
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let value = self.variables.get(name)?.to_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(super) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }
}

/// Reads settings: from the block, else from the environment.
pub(super) struct Reader<'a> {
    pub(super) environment: &'a Environment,
    pub(super) errors: Diagnostics,
}

impl Reader<'_> {
    pub(super) fn text(&self, attribute: &Attr<Option<String>>, names: &[&str]) -> Option<String> {
        attribute
            .if_set()
            .filter(|text| !text.is_empty())
            .cloned()
            .or_else(|| self.environment.first(names))
    }

    pub(super) fn secret(
        &self,
        attribute: &Attr<Option<Secret>>,
        names: &[&str],
    ) -> Option<azure::Secret> {
        let written = attribute
            .if_set()
            .map(|secret| secret.expose().to_owned())
            .filter(|text| !text.is_empty());
        written
            .or_else(|| self.environment.first(names))
            .map(azure::Secret::new)
    }

    pub(super) fn switch(
        &mut self,
        attribute: &Attr<Option<bool>>,
        name: &str,
        usual: bool,
    ) -> bool {
        let word = match attribute.if_set() {
            Some(on) => return *on,
            None => self.environment.text(name),
        };
        // The spellings Go's `strconv.ParseBool` takes, which is what azurerm reads them with.
        match word.as_deref() {
            None => usual,
            Some("1" | "t" | "T" | "true" | "TRUE" | "True") => true,
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => false,
            Some(other) => {
                self.errors.push(Diagnostic::error(
                    "Invalid environment variable",
                    format!("{name} is {other:?}; `true` or `false` is wanted."),
                ));
                usual
            }
        }
    }

    /// The contents of a file that holds one word, such as a secret.
    pub(super) fn file(&mut self, attribute: &Attr<Option<String>>, name: &str) -> Option<String> {
        let path = self.text(attribute, &[name])?;
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                let detail = format!(
                    "{path} (from `{}` or {name}) cannot be read: {error}. Name a file that can.",
                    attribute.path()
                );
                self.errors
                    .push(attribute.error("File cannot be read", detail));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_shows_its_names_only() {
        let secret = ("ARM_CLIENT_SECRET".to_owned(), "hunter2".to_owned());

        let shown = format!("{:?}", Environment::of([secret], 1));

        assert_eq!(shown, r#"{"ARM_CLIENT_SECRET"}"#);
    }
}
