//! Numbers of any size and precision: Terraform computes with 512 bits, and its state holds what
//! the user wrote.

use std::{fmt, str::FromStr};

use bigdecimal::{BigDecimal, ToPrimitive as _};

/// A decimal number. `1`, `1.0` and `1e0` are the same number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(BigDecimal);

impl Number {
    /// The number a finite float stands for exactly; `None` for NaN and the infinities.
    pub fn from_float(value: f64) -> Option<Self> {
        BigDecimal::try_from(value)
            .ok()
            .map(|decimal| Self(decimal.normalized()))
    }

    /// The number as an `i64`, if it is an integer in range.
    pub fn as_i64(&self) -> Option<i64> {
        if self.0.is_integer() {
            self.0.to_i64()
        } else {
            None
        }
    }

    /// The number as a float, if a float holds it without loss.
    pub fn as_exact_f64(&self) -> Option<f64> {
        let float = self.0.to_f64()?;
        (Self::from_float(float)? == *self).then_some(float)
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self(BigDecimal::from(value).normalized())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self(BigDecimal::from(value).normalized())
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        if text.len() > MOST_DIGITS {
            return Err(NotANumber);
        }
        let decimal = BigDecimal::from_str(text).map_err(|_| NotANumber)?;
        let number = decimal.normalized();
        // Each of them is written out in the end, and one more letter of an exponent makes ten times as many.
        let written = number.fractional_digit_count().unsigned_abs();
        if number.digits().saturating_add(written) > MOST_DIGITS as u64 {
            return Err(NotANumber);
        }
        Ok(Self(number))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_plain_string())
    }
}

/// How many digits a number has at most, zeros at its ends included: enough for each float, and for the 512 bits that
/// Terraform computes with.
const MOST_DIGITS: usize = 2000;

/// The text is no decimal number, or one with too many digits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a decimal number of at most {MOST_DIGITS} digits")]
pub struct NotANumber;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_equal() {
        let spellings = ["1", "1.0", "1e0", "10e-1"];

        let numbers: Vec<Number> = spellings.iter().map(|text| text.parse().unwrap()).collect();

        assert!(numbers.iter().all(|number| *number == Number::from(1_i64)));
    }

    #[test]
    fn a_number_that_would_fill_the_memory_is_none() {
        let million = "9".repeat(1_000_000);
        let bombs = [
            "1e999999999",
            "1e-999999999",
            "-1e2000",
            "1e9223372036854775807",
            &million,
        ];

        let parsed = bombs.map(str::parse::<Number>);

        assert_eq!(parsed, [const { Err(NotANumber) }; 5]);
    }

    #[test]
    fn the_largest_and_smallest_floats_are_numbers() {
        let floats = [f64::MAX, f64::MIN_POSITIVE, 5e-324];

        let back = floats.map(|float| {
            let text = Number::from_float(float).unwrap().to_string();
            text.parse::<Number>().unwrap().as_exact_f64()
        });

        assert_eq!(back, floats.map(Some));
    }

    #[test]
    fn digits_beyond_a_float_survive() {
        let text = "123456789012345678901234567890.5";

        let number: Number = text.parse().unwrap();

        assert_eq!(
            (
                number.to_string().as_str(),
                number.as_i64(),
                number.as_exact_f64()
            ),
            (text, None, None)
        );
    }

    #[test]
    fn a_float_is_exact_only_when_it_loses_nothing() {
        let half: Number = "2.5".parse().unwrap();
        let tenth: Number = "0.1".parse().unwrap();

        assert_eq!(
            (half.as_exact_f64(), tenth.as_exact_f64()),
            (Some(2.5), None)
        );
    }
}
