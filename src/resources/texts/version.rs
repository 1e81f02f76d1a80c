//! Versions of Kubernetes: a minor, `1.35`, stands for whichever of its patches runs.

use crate::{framework::Text, text_content};

/// `1.35` or `1.35.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KubernetesVersion {
    text: String,
    parts: Vec<u32>,
}

impl KubernetesVersion {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Major and minor.
    pub(crate) fn minor(&self) -> Option<(u32, u32)> {
        match self.parts.as_slice() {
            [major, minor, ..] => Some((*major, *minor)),
            _ => None,
        }
    }

    /// The patch; `None` when it is left to the service.
    pub(crate) fn patch(&self) -> Option<u32> {
        self.parts.get(2).copied()
    }

    /// Whether `running` is what this version asks for.
    pub(crate) fn covers(&self, running: &Self) -> bool {
        running.parts.starts_with(&self.parts)
    }

    /// Whether `running` is newer than whatever this version asks for.
    pub(crate) fn precedes(&self, running: &Self) -> bool {
        !self.parts.is_empty() && !self.covers(running) && self.parts < running.parts
    }

    fn parts(text: &str) -> Option<Vec<u32>> {
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = text
            .split('.')
            .map(|part| if plain(part) { part.parse().ok() } else { None });
        parts
            .collect::<Option<Vec<u32>>>()
            .filter(|parts| matches!(parts.len(), 2 | 3))
    }
}

impl Text for KubernetesVersion {
    const WANTED: &'static str = "a version such as `1.35` (its newest patch) or `1.35.2` (`az aks get-versions --location REGION`)";

    fn parse(text: &str) -> Result<Self, String> {
        let parts = Self::parts(text).ok_or_else(|| "it is not a version".to_owned())?;
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    fn other(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            parts: Self::parts(text).unwrap_or_default(),
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    /// What is wanted covers what there is: `1.35` covers `1.35.7`, and not the other way round,
    /// so that asking for a patch is a change.
    fn same(wanted: &str, actual: &str) -> bool {
        Self::parse(wanted)
            .is_ok_and(|wanted| Self::parse(actual).is_ok_and(|actual| wanted.covers(&actual)))
    }
}

text_content!(KubernetesVersion);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minor_covers_its_patches_and_no_other_minor() {
        let pairs = [
            ("1.35", "1.35.7"),
            ("1.35.7", "1.35.7"),
            ("1.35.7", "1.35"),
            ("1.3", "1.35.7"),
            ("1.35", "1.36.0"),
        ];

        let same = pairs.map(|(wanted, actual)| KubernetesVersion::same(wanted, actual));

        assert_eq!(same, [true, true, false, false, false]);
    }

    #[test]
    fn a_version_precedes_what_is_newer_than_all_it_covers() {
        let pairs = [
            ("1.34.8", "1.34.9"),
            ("1.34", "1.35.0"),
            ("1.34.10", "1.34.9"),
            ("1.34", "1.34.9"),
            ("1.36", "1.35.7"),
            ("tomorrow", "1.35.7"),
        ];

        let precedes = pairs.map(|(wanted, running)| {
            KubernetesVersion::other(wanted).precedes(&KubernetesVersion::other(running))
        });

        assert_eq!(precedes, [true, true, false, false, false, false]);
    }

    #[test]
    fn what_is_no_version_is_refused() {
        let texts = ["1", "1.35.2.1", "v1.35", "1.x", "latest", ""];

        assert!(
            texts
                .iter()
                .all(|text| KubernetesVersion::parse(text).is_err())
        );
    }
}
