//! Who may reach the API server: authorized ranges and private clusters.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::Value;

use super::super::answer::Problem;
use super::super::document::{items, on, text};

const TARGET: &str = "apiServerAccessProfile.authorizedIPRanges";

/// Ranges of the IANA special-purpose registry, none of them global. The address rule is the one of
/// `az` (`acs/_validators.py` asks for `is_global`) and of AKS docs api-server-authorized-ip-ranges.
const NOT_GLOBAL: [(Ipv4Addr, u8); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Refuses API servers nobody or everybody could reach.
pub(super) fn check(draft: &Value) -> Result<(), Problem> {
    let profile = "/properties/apiServerAccessProfile";
    let ranges = items(
        draft,
        "/properties/apiServerAccessProfile/authorizedIPRanges",
    );
    let private = on(draft, &format!("{profile}/enablePrivateCluster"));
    private_rules(draft, private)?;
    if ranges.is_empty() {
        return Ok(());
    }
    if private {
        return Err(Problem::parameter(
            TARGET,
            "Authorized IP ranges are not supported for private clusters.",
        ));
    }
    if text(draft, "/properties/networkProfile/loadBalancerSku") != Some("standard") {
        return Err(Problem::parameter(
            TARGET,
            "Authorized IP ranges require the standard load balancer SKU.",
        ));
    }
    let most = if on(draft, &format!("{profile}/enableVnetIntegration")) {
        2000
    } else {
        200
    };
    if ranges.len() > most {
        return Err(Problem::parameter(
            TARGET,
            format!(
                "At most {most} authorized IP ranges are allowed, got {}.",
                ranges.len()
            ),
        ));
    }
    for range in ranges {
        let range = range.as_str().unwrap_or_default();
        // 0.0.0.0/32 closes the API server to the public and stands alone (text of
        // Azure/terraform-azurerm-aks issue 378).
        if range == "0.0.0.0/32" {
            if ranges.len() > 1 {
                return Err(Problem::parameter(
                    TARGET,
                    "Setting apiServerAuthorizedIPRange to 0.0.0.0/32 is not allowed with other IP \
                     ranges. Refer to https://aka.ms/aks/auth-ip-ranges for more details",
                ));
            }
            continue;
        }
        range_rule(range).map_err(|why| {
            Problem::parameter(TARGET, format!("The authorized IP range '{range}' {why}."))
        })?;
    }
    Ok(())
}

fn range_rule(range: &str) -> Result<(), &'static str> {
    let network: Ipv4Net = range
        .parse()
        .map_err(|_| "is not an IPv4 address or CIDR")?;
    if network.addr() != network.network() {
        return Err("has host bits set; begin with the first address of the range");
    }
    let special = NOT_GLOBAL
        .iter()
        .filter_map(|(address, length)| Ipv4Net::new(*address, *length).ok())
        .any(|reserved| reserved.contains(&network) || network.contains(&reserved));
    if special {
        return Err("must be global, non-reserved addresses");
    }
    Ok(())
}

fn private_rules(draft: &Value, private: bool) -> Result<(), Problem> {
    let profile = "/properties/apiServerAccessProfile";
    let zone = text(draft, "/properties/apiServerAccessProfile/privateDNSZone");
    let target = "apiServerAccessProfile.privateDNSZone";
    let hidden = draft.pointer(&format!("{profile}/enablePrivateClusterPublicFQDN"))
        == Some(&Value::Bool(false));
    match zone {
        Some(_) if !private => Err(Problem::parameter(
            target,
            "A private DNS zone is only supported for private clusters.",
        )),
        Some("none") if hidden => Err(Problem::parameter(
            target,
            "Without a private DNS zone the public FQDN cannot be disabled.",
        )),
        Some(zone)
            if zone.starts_with('/') && text(draft, "/identity/type") == Some("SystemAssigned") =>
        {
            Err(Problem::provider(
                400,
                "OnlySupportedOnUserAssignedMSICluster",
                "System-assigned managed identity is not supported for custom private DNS zone.",
            ))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::with;
    use super::*;

    fn verdict(ranges: &Value) -> Result<(), Problem> {
        check(&with(
            "apiServerAccessProfile",
            "authorizedIPRanges",
            ranges.clone(),
        ))
    }

    fn refusal(message: &str) -> Result<(), Problem> {
        Err(Problem::parameter(TARGET, message))
    }

    #[test]
    fn global_ranges_and_a_lone_closed_door_are_accepted() {
        assert_eq!(verdict(&json!(["20.50.0.0/24", "1.2.3.4/32"])), Ok(()));
        assert_eq!(verdict(&json!(["0.0.0.0/32"])), Ok(()));
        assert_eq!(verdict(&json!([])), Ok(()));
    }

    #[test]
    fn ranges_that_are_not_global_are_refused() {
        for range in [
            "203.0.113.0/24",
            "10.1.0.0/16",
            "100.64.0.0/10",
            "0.0.0.0/0",
        ] {
            let message = format!(
                "The authorized IP range '{range}' must be global, non-reserved addresses."
            );

            assert_eq!(verdict(&json!([range])), refusal(&message));
        }
    }

    #[test]
    fn host_bits_are_refused() {
        let message = "The authorized IP range '20.50.0.7/24' has host bits set; begin with the \
                       first address of the range.";

        assert_eq!(verdict(&json!(["20.50.0.7/24"])), refusal(message));
    }

    #[test]
    fn the_closed_door_stands_alone() {
        let message = "Setting apiServerAuthorizedIPRange to 0.0.0.0/32 is not allowed with other \
                       IP ranges. Refer to https://aka.ms/aks/auth-ip-ranges for more details";

        assert_eq!(
            verdict(&json!(["0.0.0.0/32", "20.50.0.0/24"])),
            refusal(message)
        );
    }

    #[test]
    fn a_private_cluster_has_no_ranges() {
        let cluster = with("apiServerAccessProfile", "enablePrivateCluster", true);

        let message = "Authorized IP ranges are not supported for private clusters.";
        assert_eq!(check(&cluster), refusal(message));
    }
}
