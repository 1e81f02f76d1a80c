//! Azure's locations, written `West Europe` by people and `westeurope` by programs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A location in its normal form: lower case, without spaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Location(String);

impl Location {
    /// Reads either form.
    pub fn new(text: &str) -> Self {
        Self(
            text.chars()
                .filter(|character| !character.is_whitespace())
                .collect::<String>()
                .to_ascii_lowercase(),
        )
    }

    /// The normal form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for Location {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_location() {
        let spellings = ["West Europe", "westeurope", "WestEurope"].map(Location::new);

        assert_eq!(spellings, ["westeurope"; 3].map(Location::new));
    }
}
