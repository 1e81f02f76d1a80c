//! Writes `docs/conformance.md` from the figures that the tests of `make test-real` left, or looks whether it says the
//! same.
//!
//! `conformance [--check] FIGURES PAGE`: the folder with the figures, and the page.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde::Deserialize;

mod page;
mod stale;

use page::page;
use stale::difference;

/// What one file of figures has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    /// Who or what was asked; files of the same one are shown together.
    oracle: String,
    /// Sentences to show as they are.
    #[serde(default)]
    lines: Vec<String>,
    /// Sentences whose numbers differ from run to run: how long something took, how much was written.
    #[serde(default)]
    varying: Vec<String>,
    /// What differs from the oracle, and why.
    #[serde(default)]
    differences: Vec<Difference>,
    /// What clients came to.
    #[serde(default)]
    matrix: Vec<Cell>,
}

/// A difference that has a name. Programs may say more of it than is shown.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    path: String,
    scenario: String,
    date: String,
    reason: String,
    /// How often it was met.
    #[serde(default = "once")]
    count: usize,
}

fn once() -> usize {
    1
}

/// What one client came to in one story.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cell {
    client: String,
    version: String,
    story: String,
    result: String,
}

/// All that is told of one oracle.
#[derive(Debug, Default)]
struct Oracle {
    lines: Vec<String>,
    varying: Vec<String>,
    differences: BTreeSet<Difference>,
    /// Names of the stories, in the order they were told in.
    stories: Vec<String>,
    /// Names of the clients, oldest version first, and their results by story.
    clients: BTreeMap<(String, Vec<u32>, String), BTreeMap<String, String>>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
enum ConformanceError {
    #[error(
        "conformance takes two arguments, perhaps after --check: the folder with the figures and the page"
    )]
    Arguments,
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    #[error("{0} has no figures: run `make test-real` first")]
    Nothing(PathBuf),
    #[error("{0} has no figures of the known form: {1}")]
    Form(PathBuf, serde_json::Error),
    #[error(
        "{0} does not say what the tests came to: run `make conformance`, which writes it. First difference:\n{1}"
    )]
    Stale(PathBuf, String),
}

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    match write(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Whoever runs it reads standard error; when nobody does there is nobody to tell.
            drop(io::Write::write_all(
                &mut io::stderr(),
                format!("{error}\n").as_bytes(),
            ));
            ExitCode::FAILURE
        }
    }
}

fn write(arguments: &[PathBuf]) -> Result<(), ConformanceError> {
    let (check, places) = match arguments.split_first() {
        Some((first, rest)) if first.as_os_str() == "--check" => (true, rest),
        _ => (false, arguments),
    };
    let [folder, file] = places else {
        return Err(ConformanceError::Arguments);
    };
    let text = page(&oracles(folder)?);
    let trouble = |error| ConformanceError::File(file.clone(), error);
    if !check {
        return fs::write(file, text).map_err(trouble);
    }
    match difference(&fs::read_to_string(file).map_err(trouble)?, &text) {
        Some(difference) => Err(ConformanceError::Stale(file.clone(), difference)),
        None => Ok(()),
    }
}

/// The figures by oracle.
fn oracles(folder: &Path) -> Result<BTreeMap<String, Oracle>, ConformanceError> {
    let trouble = |error| ConformanceError::File(folder.to_owned(), error);
    let entries = fs::read_dir(folder).map_err(trouble)?;
    let mut files = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(trouble)?;
    files.retain(|file| file.extension().is_some_and(|kind| kind == "json"));
    files.sort();
    if files.is_empty() {
        return Err(ConformanceError::Nothing(folder.to_owned()));
    }
    let mut oracles: BTreeMap<String, Oracle> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file)
            .map_err(|error| ConformanceError::File(file.clone(), error))?;
        let figures: Figures = serde_json::from_str(&text)
            .map_err(|error| ConformanceError::Form(file.clone(), error))?;
        oracles
            .entry(figures.oracle.clone())
            .or_default()
            .add(figures);
    }
    Ok(oracles)
}

impl Oracle {
    fn add(&mut self, figures: Figures) {
        self.lines.extend(figures.lines);
        self.varying.extend(figures.varying);
        self.differences.extend(figures.differences);
        for cell in figures.matrix {
            if !self.stories.contains(&cell.story) {
                self.stories.push(cell.story.clone());
            }
            // By number: 1.10 comes after 1.9.
            let order = cell
                .version
                .split('.')
                .map(|part| part.parse().unwrap_or(0))
                .collect();
            self.clients
                .entry((cell.client, order, cell.version))
                .or_default()
                .insert(cell.story, cell.result);
        }
    }
}
