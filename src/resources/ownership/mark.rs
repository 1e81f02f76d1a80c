//! The mark that an object carries, by which it is known as ours should the process die between asking for it and
//! saving the state.

use std::fmt;

use aws_lc_rs::hmac;
use uuid::Uuid;

use crate::{azure::Secret, azure::arm::ResourceId};

/// A mark: a number that proves something only to who drew it or can derive it, and the owner's name, which proves
/// nothing and is for people, and for hints.
///
/// Written as `NUMBER`, or `NUMBER OWNER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Drawn, or derived from the owner's secret.
    pub(super) number: Uuid,
    /// `owner` of the provider block.
    pub(super) owner: Option<String>,
}

impl Mark {
    /// Reads the text that an object carries; `None` for one that no version of this provider wrote.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (number, owner) = match text.split_once(' ') {
            Some((number, owner)) => (number, Some(owner.to_owned())),
            None => (text, None),
        };
        Some(Self {
            number: Uuid::parse_str(number).ok()?,
            owner,
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.owner {
            Some(owner) => write!(formatter, "{} {owner}", self.number),
            None => write!(formatter, "{}", self.number),
        }
    }
}

/// Whether the create of a marked object goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// From the first request until the last.
    Begun,
    /// Afterwards: a state holds the object.
    Ended,
}

/// The number for an object, which only those can know who have the secret. Each stage has its own, so that one who
/// may write to an object that is at rest cannot make it look interrupted.
pub(super) fn derived(secret: &Secret, owner: &str, id: &ResourceId, stage: Stage) -> Uuid {
    let stage = match stage {
        Stage::Begun => "begun",
        Stage::Ended => "ended",
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let text = format!("{stage}|{owner}|{}", id.as_str().to_ascii_lowercase());
    let tag = hmac::sign(&key, text.as_bytes());
    let mut number = [0; 16];
    for (byte, drawn) in number.iter_mut().zip(tag.as_ref()) {
        *byte = *drawn;
    }
    uuid::Builder::from_custom_bytes(number).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> ResourceId {
        ResourceId::managed_cluster("s", "rg", name).unwrap()
    }

    #[test]
    fn a_mark_is_read_as_it_was_written() {
        let number = Uuid::from_u128(7);
        let marks = [None, Some("platform team".to_owned())].map(|owner| Mark { number, owner });

        let read = marks
            .clone()
            .map(|mark| Mark::read(&mark.to_string()).unwrap());

        assert_eq!(read, marks);
        assert_eq!(Mark::read("somebody's"), None);
    }

    #[test]
    fn another_secret_owner_object_or_stage_gives_another_number() {
        let (secret, other) = (Secret::new("a secret"), Secret::new("another"));
        let numbers = [
            derived(&secret, "platform", &id("aks"), Stage::Begun),
            derived(&other, "platform", &id("aks"), Stage::Begun),
            derived(&secret, "others", &id("aks"), Stage::Begun),
            derived(&secret, "platform", &id("two"), Stage::Begun),
            derived(&secret, "platform", &id("aks"), Stage::Ended),
        ];

        let again = derived(&secret, "platform", &id("AKS"), Stage::Begun);

        let distinct: std::collections::BTreeSet<_> = numbers.into_iter().collect();
        assert_eq!((again, distinct.len()), (numbers[0], numbers.len()));
    }
}
