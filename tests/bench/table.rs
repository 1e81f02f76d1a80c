//! The table: a figure of ours, one of the other plugin's, and what is wanted.

use std::io::{self, Write};

/// What a figure of ours is wanted to be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// No more than this.
    AtMost(f64),
    /// No more than the Kubernetes provider was measured to take for the same, on two processors.
    AsKubernetes(f64),
    /// No more than so many times the other plugin's.
    TimesOther(f64),
}

/// One measurement.
pub(crate) struct Row {
    what: String,
    unit: &'static str,
    ours: f64,
    theirs: Option<f64>,
    target: Option<Target>,
}

impl Row {
    /// A measurement that nothing in particular is wanted of.
    pub(crate) fn new(what: &str, unit: &'static str, ours: f64, theirs: Option<f64>) -> Self {
        Self {
            what: what.to_owned(),
            unit,
            ours,
            theirs,
            target: None,
        }
    }

    /// The measurement, with what is wanted of it.
    pub(crate) fn target(self, target: Target) -> Self {
        Self {
            target: Some(target),
            ..self
        }
    }

    fn wanted(&self) -> String {
        match self.target {
            None => String::new(),
            Some(Target::AtMost(most)) => format!("<= {most}"),
            Some(Target::AsKubernetes(most)) => format!("<= {most}, kubernetes provider"),
            Some(Target::TimesOther(factor)) => format!("<= {factor} x the other"),
        }
    }

    fn verdict(&self) -> &'static str {
        let most = match (self.target, self.theirs) {
            (None, _) | (Some(Target::TimesOther(_)), None) => return "",
            (Some(Target::AtMost(most) | Target::AsKubernetes(most)), _) => most,
            (Some(Target::TimesOther(factor)), Some(theirs)) => factor * theirs,
        };
        if self.ours <= most { "OK" } else { "MISSED" }
    }
}

/// Prints the rows in columns.
pub(crate) fn print(
    output: &mut impl Write,
    ours: &str,
    theirs: &str,
    rows: &[Row],
) -> io::Result<()> {
    writeln!(output, "{:<48}{ours:>12}{theirs:>14}  {:<28}", "", "wanted")?;
    for row in rows {
        let theirs = row.theirs.map_or_else(|| "-".to_owned(), figure);
        let what = format!("{} ({})", row.what, row.unit);
        let line = format!(
            "{what:<48}{:>12}{theirs:>14}  {:<28}{}",
            figure(row.ours),
            row.wanted(),
            row.verdict()
        );
        writeln!(output, "{}", line.trim_end())?;
    }
    Ok(())
}

/// Three digits, or all before the point.
fn figure(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else if value >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}
