//! Contents that are written as text: parsed strictly from users, taken as they are from the
//! service.

use std::time::Duration;

use super::{Content as _, Slot, block::Origin};
use crate::value::Value;

/// A type that is written as text: it parses strictly what users write and keeps whatever the
/// service says. [`crate::text_content`] makes it a [`Content`].
pub trait Text: Sized {
    /// What is wanted, to end the sentence "it is ...; expected ...".
    const WANTED: &'static str;

    /// Reads what a user wrote; the error says what is the matter with it, as a sentence without
    /// its full stop.
    fn parse(text: &str) -> Result<Self, String>;

    /// Takes what the service says, whether it parses or not.
    fn other(text: &str) -> Self;

    /// The text.
    fn text(&self) -> String;

    /// Whether two texts mean the same.
    fn same(left: &str, right: &str) -> bool {
        left == right
    }

    /// All the texts there are, where there is a list of them.
    fn allowed() -> Vec<&'static str> {
        Vec::new()
    }

    /// Further texts that objects made elsewhere have: they are kept, and nothing is made or changed to have one.
    fn kept() -> Vec<&'static str> {
        Vec::new()
    }
}

/// Reads a [`Text`]; only [`crate::text_content`] calls it.
pub fn read_text<T: Text>(value: &Value, slot: &mut Slot<'_>) -> Option<T> {
    let text = String::read(value, slot)?;
    match (T::parse(&text), slot.origin) {
        (Ok(parsed), _) => Some(parsed),
        (Err(_), Origin::Service) => Some(T::other(&text)),
        (Err(problem), Origin::Configuration) => {
            // An element of a collection begins with "One of".
            let subject = slot.path.subject().replacen("One of", "each of", 1);
            slot.error(
                "Invalid value",
                format!(
                    "Expected {subject} to be {}, found {text:?}: {problem}.",
                    T::WANTED
                ),
            );
            None
        }
    }
}

/// Makes types that implement [`Text`] contents of attributes.
#[macro_export]
macro_rules! text_content {
    ($($name:ty),+ $(,)?) => {$(
        impl $crate::framework::Content for $name {
            fn shape() -> $crate::framework::schema::Shape {
                <String as $crate::framework::Content>::shape()
            }
            fn same(left: &$crate::value::Value, right: &$crate::value::Value) -> bool {
                match (left.as_str(), right.as_str()) {
                    (Some(left), Some(right)) => left == right || <$name as $crate::framework::Text>::same(left, right),
                    _ => left == right,
                }
            }
            fn allowed() -> Vec<&'static str> {
                <$name as $crate::framework::Text>::allowed()
            }
            fn kept() -> Vec<$crate::value::Value> {
                <$name as $crate::framework::Text>::kept().into_iter().map($crate::value::Value::from).collect()
            }
            fn read(value: &$crate::value::Value, slot: &mut $crate::framework::Slot<'_>) -> Option<Self> {
                $crate::framework::read_text(value, slot)
            }
            fn write(&self) -> $crate::value::Value {
                $crate::value::Value::String($crate::framework::Text::text(self))
            }
        }
    )+};
}

/// Declares an enum of words: strict for users, with `Other` for words the service has learnt
/// since. Words of the service are compared whatever their case. Words that are `kept` are read by users' configurations
/// of what has them, and are `Other`.
#[macro_export]
macro_rules! words {
    (@wanted $first:literal $(, $word:literal)*) => {
        concat!("one of `", $first, "`", $(", `", $word, "`",)* "")
    };
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? } $(kept [$($kept:literal),+ $(,)?])?) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        $vis enum $name {
            $($(#[$doc])* $variant,)+
            /// A word of the service's that this version does not know.
            Other(String),
        }

        impl $crate::framework::Text for $name {
            const WANTED: &'static str = $crate::words!(@wanted $($word),+);

            fn parse(text: &str) -> Result<Self, String> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    $($($kept)|+ => Ok(Self::Other(text.to_owned())),)?
                    _ => {
                        let similar = [$($word),+ $($(, $kept)+)?].into_iter().find(|word| word.eq_ignore_ascii_case(text));
                        Err(similar.map_or_else(|| "there is no such choice".to_owned(), |word| format!("it is spelled `{word}`")))
                    }
                }
            }

            fn other(text: &str) -> Self {
                $(if text.eq_ignore_ascii_case($word) { return Self::$variant; })+
                Self::Other(text.to_owned())
            }

            fn text(&self) -> String {
                match self {
                    $(Self::$variant => $word.to_owned(),)+
                    Self::Other(text) => text.clone(),
                }
            }

            fn same(left: &str, right: &str) -> bool {
                left.eq_ignore_ascii_case(right)
            }

            fn allowed() -> Vec<&'static str> {
                vec![$($word),+]
            }

            fn kept() -> Vec<&'static str> {
                vec![$($($kept),+)?]
            }
        }

        $crate::text_content!($name);
    };
}

/// A length of time, written as Go writes it: `90m`, `1h30m`, `500ms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    text: String,
    duration: Duration,
}

impl Span {
    /// The length.
    pub fn duration(&self) -> Duration {
        self.duration
    }
}

impl Text for Span {
    const WANTED: &'static str = "a positive duration such as `30m`, `1h30m` or `500ms`";

    fn parse(text: &str) -> Result<Self, String> {
        let duration = parse_span(text).ok_or_else(|| "it is not a duration".to_owned())?;
        if duration.is_zero() {
            return Err("it is zero".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            duration,
        })
    }

    fn other(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            duration: Duration::ZERO,
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn same(left: &str, right: &str) -> bool {
        parse_span(left).is_some_and(|left| Some(left) == parse_span(right))
    }
}

text_content!(Span);

/// Go's `time.ParseDuration` for positive durations.
fn parse_span(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 6] = [
        ("ms", 1e-3),
        ("us", 1e-6),
        ("ns", 1e-9),
        ("h", 3600.0),
        ("m", 60.0),
        ("s", 1.0),
    ];
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(digits);
        let (unit, factor) = UNITS.iter().find(|(unit, _)| tail.starts_with(unit))?;
        seconds += number.parse::<f64>().ok()? * factor;
        rest = tail.strip_prefix(unit)?;
    }
    if text.is_empty() {
        None
    } else {
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let texts = ["90m", "1h30m", "500ms", "1.5h", "", "5", "m", "5x"];

        let read: Vec<Option<u128>> = texts
            .iter()
            .map(|text| parse_span(text).map(|span| span.as_millis()))
            .collect();

        assert_eq!(
            read,
            [
                Some(5_400_000),
                Some(5_400_000),
                Some(500),
                Some(5_400_000),
                None,
                None,
                None,
                None
            ]
        );
    }
}
