//! Names a cluster and its API server may have.

use serde_json::Value;

use super::super::answer::Problem;
use super::super::document::text;

/// Refuses names Azure cannot use.
pub(super) fn check(draft: &Value, cluster: &str) -> Result<(), Problem> {
    // The pattern of resourceName in the OpenAPI description.
    let sound = cluster.len() <= 63
        && cluster
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        && edges_are_alphanumeric(cluster);
    if !sound {
        return Err(Problem::parameter(
            "resourceName",
            format!(
                "The cluster name '{cluster}' is invalid: use 1 to 63 letters, digits, hyphens and \
                 underscores, beginning and ending with a letter or digit."
            ),
        ));
    }
    match (
        text(draft, "/properties/dnsPrefix"),
        text(draft, "/properties/fqdnSubdomain"),
    ) {
        (Some(_), Some(_)) => Err(Problem::parameter(
            "fqdnSubdomain",
            "dnsPrefix and fqdnSubdomain cannot be used together.",
        )),
        (None, None) => Err(Problem::parameter(
            "dnsPrefix",
            "Required parameter dnsPrefix is missing (null).",
        )),
        (Some(prefix), None) => prefix_rule(prefix),
        (None, Some(_)) => Ok(()),
    }
}

fn prefix_rule(prefix: &str) -> Result<(), Problem> {
    let sound = prefix.len() <= 54
        && prefix
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-')
        && edges_are_alphanumeric(prefix);
    if sound {
        return Ok(());
    }
    Err(Problem::parameter(
        "dnsPrefix",
        format!(
            "The DNS prefix '{prefix}' is invalid: use 1 to 54 letters, digits and hyphens, \
             beginning and ending with a letter or digit."
        ),
    ))
}

fn edges_are_alphanumeric(name: &str) -> bool {
    let good = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    good(name.chars().next()) && good(name.chars().next_back())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{sound, with};
    use super::*;

    #[test]
    fn a_cluster_name_ends_with_a_letter_or_digit() {
        let verdict = check(&sound(), "main-");

        let refusal = Problem::parameter(
            "resourceName",
            "The cluster name 'main-' is invalid: use 1 to 63 letters, digits, hyphens and \
             underscores, beginning and ending with a letter or digit.",
        );
        assert_eq!(verdict, Err(refusal));
    }

    #[test]
    fn a_missing_dns_prefix_is_refused() {
        let verdict = check(&with("", "dnsPrefix", ""), "main");

        let message = "Required parameter dnsPrefix is missing (null).";
        assert_eq!(verdict, Err(Problem::parameter("dnsPrefix", message)));
    }
}
