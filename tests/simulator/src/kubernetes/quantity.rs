//! Amounts as Kubernetes writes them: `500m`, `1Gi`, `2e3` (`apimachinery/pkg/api/resource`).

use std::fmt;

/// Billionths of one.
const ONE: i128 = 1_000_000_000;

/// An amount, exact to a billionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quantity(i128);

impl Quantity {
    pub(crate) const ONE: Self = Self(ONE);

    /// Reads an amount; `None` when it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let end = digits
            .find(|one: char| !(one.is_ascii_digit() || one == '.'))
            .unwrap_or(digits.len());
        let (number, suffix) = digits.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if number.is_empty() || number == "." || fraction.contains('.') {
            return None;
        }
        let (factor, divisor) = scale(suffix)?;
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let divisor =
            divisor.checked_mul(10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
        let scaled = digits.checked_mul(factor)?.checked_mul(ONE)?;
        // What is smaller than a billionth is rounded up.
        let nanos = scaled / divisor + i128::from(scaled % divisor != 0);
        Some(Self(if negative { -nanos } else { nanos }))
    }

    pub(crate) fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub(crate) fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    pub(crate) fn count(count: usize) -> Self {
        Self(i128::try_from(count).unwrap_or(i128::MAX / ONE) * ONE)
    }
}

impl std::ops::Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::default(), |sum, one| sum + one)
    }
}

/// In decimal form, with the largest suffix that needs no fraction: `1500m`, `2`, `3k`; multiples
/// of 1024 in binary form, as amounts of memory are written.
impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(nanos) = *self;
        if nanos == 0 {
            return formatter.write_str("0");
        }
        for (suffix, factor) in BINARY.into_iter().rev() {
            if nanos % (factor * ONE) == 0 {
                return write!(formatter, "{}{suffix}", nanos / (factor * ONE));
            }
        }
        let decimal = [
            ("E", ONE * 1_000_000_000_000_000_000),
            ("P", ONE * 1_000_000_000_000_000),
            ("T", ONE * 1_000_000_000_000),
            ("G", ONE * 1_000_000_000),
            ("M", ONE * 1_000_000),
            ("k", ONE * 1_000),
            ("", ONE),
            ("m", 1_000_000),
            ("u", 1_000),
        ];
        for (suffix, factor) in decimal {
            if nanos % factor == 0 {
                return write!(formatter, "{}{suffix}", nanos / factor);
            }
        }
        write!(formatter, "{nanos}n")
    }
}

const BINARY: [(&str, i128); 6] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
];

/// What a suffix multiplies and divides by.
fn scale(suffix: &str) -> Option<(i128, i128)> {
    if let Some((_, factor)) = BINARY.into_iter().find(|(own, _)| *own == suffix) {
        return Some((factor, 1));
    }
    let exponent: i32 = match suffix {
        "n" => -9,
        "u" => -6,
        "m" => -3,
        "" => 0,
        "k" => 3,
        "M" => 6,
        "G" => 9,
        "T" => 12,
        "P" => 15,
        "E" => 18,
        other => {
            let exponent = other.strip_prefix('e').or_else(|| other.strip_prefix('E'));
            exponent?.parse().ok()?
        }
    };
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    Some(if exponent < 0 { (1, power) } else { (power, 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_compare_across_suffixes() {
        let cases = [
            ("1", "1000m"),
            ("1Ki", "1024"),
            ("1.5", "1500m"),
            ("2e3", "2k"),
            ("0.5Gi", "512Mi"),
            ("1E", "1000P"),
        ];

        for (one, other) in cases {
            assert_eq!(
                Quantity::parse(one),
                Quantity::parse(other),
                "{one} {other}"
            );
        }
        assert!(Quantity::parse("100m") < Quantity::parse("1"));
    }

    #[test]
    fn what_is_no_amount_is_not_read() {
        for text in ["", "x", "1x", ".", "1.2.3", "1 Gi", "--1"] {
            assert_eq!(Quantity::parse(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_written_short() {
        for text in ["0", "3", "1500m", "1Gi", "512Mi", "3k", "-2"] {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(quantity.to_string(), text);
        }
    }
}
