//! What is known of an unknown value: cty's refinements, msgpack extension 12.

use rmpv::Value as Wire;

use super::msgpack::MOST_LEVELS;

/// Knowledge about a value that is not known yet. Everything Terraform sent is sent back as it
/// came, so that an unknown value in a plan equals the one in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refinement {
    wire: Vec<u8>,
}

/// Keys of the refinement map, in the order of cty's `msgpack/unknown.go`.
const NULLNESS: u64 = 1;
const STRING_PREFIX: u64 = 2;

impl Refinement {
    /// The extension's code: 0 for a plain unknown, 12 when something is known.
    pub(super) const PLAIN: i8 = 0;
    pub(super) const REFINED: i8 = 12;

    /// Reads an extension value. Any code stands for an unknown value; only 12 says more.
    pub(super) fn from_wire(code: i8, bytes: &[u8]) -> Self {
        if code == Self::REFINED {
            Self {
                wire: bytes.to_vec(),
            }
        } else {
            Self::default()
        }
    }

    pub(super) fn to_wire(&self) -> Wire {
        if self.wire.is_empty() {
            // Terraform writes a plain unknown as fixext1 with a zero byte.
            Wire::Ext(Self::PLAIN, vec![0])
        } else {
            Wire::Ext(Self::REFINED, self.wire.clone())
        }
    }

    /// Whether the value is certain not to be null.
    pub fn is_not_null(&self) -> bool {
        self.entry(NULLNESS)
            .is_some_and(|value| value.as_bool() == Some(false))
    }

    /// The text the value is certain to begin with.
    pub fn prefix(&self) -> Option<String> {
        self.entry(STRING_PREFIX)?.as_str().map(str::to_owned)
    }

    fn entry(&self, key: u64) -> Option<Wire> {
        let map =
            rmpv::decode::read_value_with_max_depth(&mut self.wire.as_slice(), MOST_LEVELS).ok()?;
        let Wire::Map(entries) = map else { return None };
        entries
            .into_iter()
            .find(|(name, _)| name.as_u64() == Some(key))
            .map(|(_, value)| value)
    }
}
