//! Texts of Kubernetes: names, labels, ports and quantities.

use bigdecimal::{BigDecimal, num_bigint::Sign};

use super::names::ruled;
use crate::{framework::Text, text_content};

ruled! {
    /// A namespace's name, a DNS label (RFC 1123).
    NamespaceName,
    "1 to 63 lower-case letters, digits or `-`, beginning and ending with a letter or digit",
    |text| check_dns(text, 63, "-"),
    |left, right| left == right
}

ruled! {
    /// An object's name, a DNS subdomain (RFC 1123).
    ObjectName,
    "1 to 253 lower-case letters, digits, `-` or `.`, beginning and ending with a letter or digit",
    |text| {
        check_dns(text, 253, "-.")?;
        text.split('.').try_for_each(|part| check_dns(part, 253, "-"))
    },
    |left, right| left == right
}

ruled! {
    /// A label's value.
    LabelValue,
    "at most 63 letters, digits, `-`, `_` or `.`, beginning and ending with a letter or digit; or nothing",
    |text| if text.is_empty() { Ok(()) } else { check_qualified(text) },
    |left, right| left == right
}

ruled! {
    /// A port by its number or by the name a container gives it.
    PortText,
    "a number from 1 to 65535, or a port's name: up to 15 lower-case letters, digits or `-`, with a letter among them",
    |text| match text.parse::<u32>() {
        Ok(1..=65535) => Ok(()),
        Ok(_) => Err("there is no such port".to_owned()),
        Err(_) => {
            check_dns(text, 15, "-")?;
            if text.contains("--") { return Err("it contains `--`".to_owned()); }
            if text.contains(|c: char| c.is_ascii_lowercase()) { Ok(()) } else { Err("it is not a number, and has no letter".to_owned()) }
        }
    },
    |left, right| left == right
}

ruled! {
    /// The version of the Pod Security Standards that is meant.
    PodSecurityVersion,
    "`latest`, or a minor version of Kubernetes such as `v1.35`",
    |text| {
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let minor = text.strip_prefix("v1.").is_some_and(digits);
        if text == "latest" || minor { Ok(()) } else { Err("it is not a version of the standards".to_owned()) }
    },
    |left, right| left == right
}

ruled! {
    /// An amount, as Kubernetes writes it: `500m`, `2Gi`, `10`.
    Quantity,
    "an amount such as `10`, `500m` or `2Gi`",
    |text| match amount(text) {
        Some(amount) if amount.sign() == Sign::Minus => Err("it is negative".to_owned()),
        Some(_) => Ok(()),
        None => Err("it is not a quantity".to_owned()),
    },
    |left, right| amount(left).is_some_and(|left| Some(left) == amount(right))
}

impl Quantity {
    /// Whether it is a whole number of the unit that Kubernetes counts in.
    pub(crate) fn is_whole(&self) -> bool {
        amount(self.as_ref()).is_some_and(|amount| amount.is_integer())
    }

    /// Whether two amounts are the same in whatever unit.
    pub(crate) fn equals(&self, other: &Self) -> bool {
        Self::same(self.as_ref(), other.as_ref())
    }
}

/// The amount a quantity stands for (Kubernetes, `apimachinery/pkg/api/resource/quantity.go`).
fn amount(text: &str) -> Option<BigDecimal> {
    const BINARY: [(&str, u32); 6] = [
        ("Ki", 1),
        ("Mi", 2),
        ("Gi", 3),
        ("Ti", 4),
        ("Pi", 5),
        ("Ei", 6),
    ];
    const DECIMAL: [(&str, i64); 10] = [
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
    // Kubernetes takes none of more than 18 digits, and some zeros.
    if text.len() > 64 {
        return None;
    }
    let end = text
        .char_indices()
        .find(|(position, c)| {
            !(c.is_ascii_digit() || *c == '.' || (*position == 0 && matches!(c, '+' | '-')))
        })
        .map_or(text.len(), |(position, _)| position);
    let (number, suffix) = text.split_at_checked(end)?;
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let number: BigDecimal = number.parse().ok()?;
    if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        return Some((number * BigDecimal::from(1024_i64.pow(*power))).normalized());
    }
    let exponent = match DECIMAL.iter().find(|(name, _)| *name == suffix) {
        Some((_, exponent)) => *exponent,
        None => suffix.strip_prefix(['e', 'E'])?.parse::<i8>().ok()?.into(),
    };
    Some((number * BigDecimal::new(1.into(), -exponent)).normalized())
}

/// Checks a label's or annotation's key: an optional DNS subdomain, a slash, and a name.
pub(crate) fn check_key(key: &str) -> Result<(), String> {
    let name = match key.split_once('/') {
        Some((domain, name)) => {
            check_dns(domain, 253, "-.")
                .map_err(|problem| format!("before its slash {problem}"))?;
            name
        }
        None => key,
    };
    check_qualified(name)
}

fn check_qualified(text: &str) -> Result<(), String> {
    check(text, 63, "-_.", |c| c.is_ascii_alphanumeric())
}

fn check_dns(text: &str, most: usize, besides: &str) -> Result<(), String> {
    check(text, most, besides, |c| {
        c.is_ascii_lowercase() || c.is_ascii_digit()
    })
}

fn check(
    text: &str,
    most: usize,
    besides: &str,
    plain: impl Fn(char) -> bool,
) -> Result<(), String> {
    let length = text.chars().count();
    if let Some(wrong) = text.chars().find(|c| !plain(*c) && !besides.contains(*c)) {
        Err(format!("it contains {wrong:?}"))
    } else if length == 0 {
        Err("it is empty".to_owned())
    } else if length > most {
        Err(format!("it has {length} characters"))
    } else if text.starts_with(|c| besides.contains(c)) || text.ends_with(|c| besides.contains(c)) {
        Err("it does not begin and end with a letter or digit".to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_compared_by_what_they_amount_to() {
        let pairs = [
            ("1", "1000m"),
            ("0.5", "500m"),
            ("1Gi", "1024Mi"),
            ("1e3", "1k"),
            ("1G", "1Gi"),
            ("1", "x"),
        ];

        let same = pairs.map(|(left, right)| Quantity::same(left, right));

        assert_eq!(same, [true, true, true, true, false, false]);
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        let texts = [
            "",
            "Gi",
            "1 Gi",
            "1gi",
            "-1",
            "1.2.3",
            "1e",
            "10%",
            &"9".repeat(65),
        ];

        let accepted: Vec<&str> = texts
            .into_iter()
            .filter(|text| Quantity::parse(text).is_ok())
            .collect();

        assert_eq!(accepted, Vec::<&str>::new());
    }

    #[test]
    fn names_follow_kubernetes_rules() {
        let names = [
            "team-a",
            "a",
            "-a",
            "a-",
            "Team",
            "a.b",
            "",
            &"a".repeat(64),
        ];

        let namespaces = names.map(|name| NamespaceName::parse(name).is_ok());
        let objects = names.map(|name| ObjectName::parse(name).is_ok());

        assert_eq!(
            namespaces,
            [true, true, false, false, false, false, false, false]
        );
        assert_eq!(
            objects,
            [true, true, false, false, false, true, false, true]
        );
    }

    #[test]
    fn a_port_is_a_number_or_a_name() {
        let ports = [
            "80", "65535", "0", "65536", "http", "http-alt", "HTTP", "a--b", "8-0", "-1",
        ];

        let accepted = ports.map(|port| PortText::parse(port).is_ok());

        assert_eq!(
            accepted,
            [
                true, true, false, false, true, true, false, false, false, false
            ]
        );
    }

    #[test]
    fn a_key_may_have_a_domain() {
        let keys = [
            "team",
            "example.com/team",
            "Example.com/team",
            "example.com/",
            "a/b/c",
            "_x",
        ];

        let accepted = keys.map(|key| check_key(key).is_ok());

        assert_eq!(accepted, [true, true, false, false, false, false]);
    }
}
