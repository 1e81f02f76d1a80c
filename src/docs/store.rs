//! The pages as files: written, or compared with what the code says.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The folders in which every page is written from the code; other pages, such as guides, are not
/// touched.
const FOLDERS: [&str; 4] = [
    "data-sources",
    "ephemeral-resources",
    "functions",
    "resources",
];

/// Why there is no documentation, or an old one.
#[derive(Debug, thiserror::Error)]
pub enum DocsError {
    /// An argument that is none.
    #[error("there is no argument `{0}`; expected: {usage}", usage = super::USAGE)]
    Usage(String),
    /// Pages that differ from what the code says.
    #[error("the documentation is not what the code says; run `make docs`:\n{}", lines(.0))]
    Stale(Vec<String>),
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

fn lines(stale: &[String]) -> String {
    stale.join("\n")
}

/// The text of a file, if it is there and is text.
pub(super) fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok()
}

/// Writes the pages, and removes those that are no longer there.
pub(super) fn write(pages: &BTreeMap<PathBuf, String>, directory: &Path) -> Result<(), DocsError> {
    for (name, text) in pages {
        let path = directory.join(name);
        let folder = path.parent().unwrap_or(directory);
        fs::create_dir_all(folder).map_err(|source| file(folder, source))?;
        fs::write(&path, text).map_err(|source| file(&path, source))?;
    }
    for name in found(directory)?
        .iter()
        .filter(|name| !pages.contains_key(*name))
    {
        let path = directory.join(name);
        fs::remove_file(&path).map_err(|source| file(&path, source))?;
    }
    Ok(())
}

/// Compares the pages with the files.
pub(super) fn compare(
    pages: &BTreeMap<PathBuf, String>,
    directory: &Path,
) -> Result<(), DocsError> {
    let mut stale = Vec::new();
    for (name, wanted) in pages {
        match text(&directory.join(name)) {
            None => stale.push(format!("{}: is missing", name.display())),
            Some(text) if text != *wanted => stale.push(format!("{}: differs", name.display())),
            Some(_) => {}
        }
    }
    let foreign = found(directory)?
        .into_iter()
        .filter(|name| !pages.contains_key(name));
    stale.extend(foreign.map(|name| format!("{}: describes nothing", name.display())));
    if stale.is_empty() {
        Ok(())
    } else {
        Err(DocsError::Stale(stale))
    }
}

/// The pages there are.
fn found(directory: &Path) -> Result<Vec<PathBuf>, DocsError> {
    let mut found = Vec::new();
    for folder in FOLDERS {
        let path = directory.join(folder);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(|source| file(&path, source))?,
        };
        for entry in entries {
            let entry = entry.map_err(|source| file(&path, source))?;
            let name = Path::new(folder).join(entry.file_name());
            if name.extension().is_some_and(|extension| extension == "md") {
                found.push(name);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn file(path: &Path, source: io::Error) -> DocsError {
    DocsError::File {
        path: path.to_owned(),
        source,
    }
}
