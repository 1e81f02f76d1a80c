//! The text files of the repository, without what a build or a client leaves there.

use std::fs;
use std::io;
use std::path::Path;

/// Folders whose content is made by tools, not written.
const MADE: [&str; 3] = [".git", ".terraform", "target"];

/// A text file: its path from the root of the repository, with `/`, and what it says.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(crate) fn extension(&self) -> Option<&str> {
        self.path.rsplit_once('.').map(|(_, extension)| extension)
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.extension() == Some("rs")
    }
}

/// Every text file below `root`, sorted by path.
pub(crate) fn files(root: &Path) -> io::Result<Vec<File>> {
    let mut found = Vec::new();
    collect(root, "", &mut found)?;
    found.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<File>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if MADE.contains(&name.as_str()) {
            continue;
        }
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), found)?;
        } else if kind.is_file() {
            // What is no UTF-8 is no text: certificates, archives.
            let text = String::from_utf8(fs::read(entry.path())?);
            found.extend(text.ok().map(|text| File { path, text }));
        }
    }
    Ok(())
}
