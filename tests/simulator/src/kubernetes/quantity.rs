//! Amounts as Kubernetes writes them: `500m`, `1Gi`, `2e3` (`apimachinery/pkg/api/resource`).

use std::cmp::Ordering;
use std::fmt;

/// Billionths of one.
const ONE: i128 = 1_000_000_000;

/// An amount, exact to a billionth. Amounts are compared whatever form they are written in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quantity {
    nanos: i128,
    form: Form,
}

/// How an amount is written.
#[derive(Clone, Copy, Debug, Default)]
enum Form {
    /// `k`, `M`, `m`.
    #[default]
    Decimal,
    /// `Ki`, `Mi`.
    Binary,
    /// `e3`, `E6`.
    Exponent,
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl Quantity {
    pub(crate) const ONE: Self = Self {
        nanos: ONE,
        form: Form::Decimal,
    };

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
        let (factor, divisor, form) = scale(suffix)?;
        let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let divisor =
            divisor.checked_mul(10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
        let scaled = digits.checked_mul(factor)?.checked_mul(ONE)?;
        // What is smaller than a billionth is rounded up.
        let nanos = scaled / divisor + i128::from(scaled % divisor != 0);
        let nanos = if negative { -nanos } else { nanos };
        Some(Self { nanos, form })
    }

    pub(crate) fn is_negative(self) -> bool {
        self.nanos < 0
    }

    pub(crate) fn is_whole(self) -> bool {
        self.nanos % ONE == 0
    }

    pub(crate) fn count(count: usize) -> Self {
        Self {
            nanos: i128::try_from(count).unwrap_or(i128::MAX / ONE) * ONE,
            form: Form::Decimal,
        }
    }
}

impl std::ops::Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            nanos: self.nanos.saturating_add(other.nanos),
            form: if self.nanos == 0 {
                other.form
            } else {
                self.form
            },
        }
    }
}

impl std::iter::Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::default(), |sum, one| sum + one)
    }
}

/// The one way the API server writes an amount (`CanonicalizeBytes`): in the form it was read in,
/// with the largest suffix that needs no fraction.
impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nanos, form } = *self;
        // What is small is written in decimal form, which can write it exactly.
        if matches!(form, Form::Binary) && nanos.abs() >= 1024 * ONE {
            let units = nanos / ONE + i128::from(nanos % ONE > 0);
            let largest = BINARY.into_iter().rev();
            let (suffix, factor) = largest
                .into_iter()
                .find(|(_, factor)| units % factor == 0)
                .unwrap_or(("", 1));
            return write!(formatter, "{}{suffix}", units / factor);
        }
        if nanos == 0 {
            return formatter.write_str("0");
        }
        let mut exponent: i32 = -9;
        let mut digits = nanos;
        while digits % 1000 == 0 && exponent < 18 {
            digits /= 1000;
            exponent += 3;
        }
        match (form, exponent) {
            (_, 0) => write!(formatter, "{digits}"),
            (Form::Exponent, exponent) => write!(formatter, "{digits}e{exponent}"),
            (_, exponent) => {
                let suffix = DECIMAL.iter().find(|(_, own)| *own == exponent);
                let suffix = suffix.map_or("", |(suffix, _)| suffix);
                write!(formatter, "{digits}{suffix}")
            }
        }
    }
}

const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];

const BINARY: [(&str, i128); 6] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
];

/// What a suffix multiplies and divides by, and its form.
fn scale(suffix: &str) -> Option<(i128, i128, Form)> {
    if let Some((_, factor)) = BINARY.into_iter().find(|(own, _)| *own == suffix) {
        return Some((factor, 1, Form::Binary));
    }
    let decimal = DECIMAL.iter().find(|(own, _)| *own == suffix);
    let (exponent, form) = if let Some((_, exponent)) = decimal {
        (*exponent, Form::Decimal)
    } else {
        let exponent = suffix
            .strip_prefix('e')
            .or_else(|| suffix.strip_prefix('E'));
        (exponent?.parse().ok()?, Form::Exponent)
    };
    let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
    Some(if exponent < 0 {
        (1, power, form)
    } else {
        (power, 1, form)
    })
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
    fn amounts_are_written_in_one_way() {
        let cases = [
            ("0", "0"),
            ("0.0", "0"),
            ("3", "3"),
            ("-2", "-2"),
            ("1024", "1024"),
            ("1000m", "1"),
            ("0.5", "500m"),
            ("100000", "100k"),
            ("1500k", "1500k"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("1000Mi", "1000Mi"),
            ("0.5Ki", "512"),
            ("12e6", "12e6"),
            ("1000e3", "1e6"),
        ];

        for (text, expected) in cases {
            let quantity = Quantity::parse(text).unwrap();
            assert_eq!(quantity.to_string(), expected, "{text}");
        }
    }
}
