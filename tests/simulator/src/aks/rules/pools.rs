//! What a node pool may be, alone and among the pools of its cluster.

use serde_json::Value;

use super::super::answer::Problem;
use super::super::cluster::region;
use super::super::document::{integer, items, on, owned, text};
use super::super::size;
use super::super::versions;

/// Regions without availability zones, of those a small test would pick.
const WITHOUT_ZONES: [&str; 6] = [
    "northcentralus",
    "westcentralus",
    "westus",
    "ukwest",
    "canadaeast",
    "germanynorth",
];

/// Refuses pools that cannot be, and clusters without a system pool.
pub(super) fn check(draft: &Value) -> Result<(), Problem> {
    let pools = items(draft, "/properties/agentPoolProfiles");
    for (position, pool) in pools.iter().enumerate() {
        one(pool, draft)?;
        let name = text(pool, "/name");
        if pools
            .iter()
            .take(position)
            .any(|earlier| text(earlier, "/name") == name)
        {
            return Err(Problem::parameter(
                "agentPoolProfile.name",
                format!(
                    "The agent pool name '{}' is used twice.",
                    name.unwrap_or_default()
                ),
            ));
        }
    }
    if pools
        .iter()
        .any(|pool| text(pool, "/mode") == Some("System"))
    {
        return Ok(());
    }
    // pulumi-azure-native pull request 3550.
    Err(Problem::provider(
        400,
        "BadRequest",
        "Must define at least one system pool.",
    ))
}

/// Refuses a pool that cannot be in its cluster.
pub(crate) fn one(pool: &Value, cluster: &Value) -> Result<(), Problem> {
    name(pool)?;
    mode(pool)?;
    counts(pool)?;
    machine(pool, cluster)?;
    taints(pool)?;
    version(pool, cluster)
}

fn refuse(member: &str, message: String) -> Result<(), Problem> {
    Err(Problem::parameter(
        &format!("agentPoolProfile.{member}"),
        message,
    ))
}

fn name(pool: &Value) -> Result<(), Problem> {
    let name = text(pool, "/name").unwrap_or_default();
    let most = if is_windows(pool) { 6 } else { 12 };
    let sound = (1..=most).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if sound {
        return Ok(());
    }
    refuse(
        "name",
        format!(
            "The agent pool name '{name}' is invalid: use 1 to {most} lower-case letters and \
             digits, beginning with a letter."
        ),
    )
}

fn mode(pool: &Value) -> Result<(), Problem> {
    match text(pool, "/mode") {
        Some("System") if is_windows(pool) => refuse(
            "osType",
            "A system pool must be of OS type Linux.".to_owned(),
        ),
        None | Some("System" | "User" | "Gateway") => Ok(()),
        Some(other) => refuse(
            "mode",
            format!(
                "The mode '{other}' is not supported; supported values are System, User, Gateway."
            ),
        ),
    }
}

fn counts(pool: &Value) -> Result<(), Problem> {
    let system = text(pool, "/mode") == Some("System");
    let lowest = i64::from(system);
    let stopped = text(pool, "/powerState/code") == Some("Stopped");
    let Some(count) = integer(pool, "/count") else {
        return refuse(
            "count",
            "The node count is missing or not a number.".to_owned(),
        );
    };
    if !stopped && !(lowest..=1000).contains(&count) {
        return refuse(
            "count",
            format!("The node count {count} is not within {lowest} and 1000."),
        );
    }
    let bounds = (integer(pool, "/minCount"), integer(pool, "/maxCount"));
    match (on(pool, "/enableAutoScaling"), bounds) {
        (false, (None, None)) => Ok(()),
        (false, _) => refuse(
            "enableAutoScaling",
            "minCount and maxCount are only allowed while the autoscaler is enabled.".to_owned(),
        ),
        (true, (Some(least), Some(most))) => {
            if least < lowest || least > most || most > 1000 {
                return refuse(
                    "minCount",
                    format!("The autoscaler bounds {least} to {most} are invalid."),
                );
            }
            // Below the lower bound the autoscaler adds nodes (recorded: count 0 with minCount 1 became 1, and a system
            // pool with count 1 took minCount 2 in test_aks_create_autoscaler_then_update of azure-cli); above the
            // upper one there is nothing it may do.
            if count > most {
                return refuse(
                    "count",
                    format!(
                        "The node count {count} is not within the autoscaler bounds {least} to {most}."
                    ),
                );
            }
            Ok(())
        }
        (true, _) => refuse(
            "minCount",
            "The autoscaler requires minCount and maxCount.".to_owned(),
        ),
    }
}

fn machine(pool: &Value, cluster: &Value) -> Result<(), Problem> {
    let size = owned(pool, "/vmSize");
    let region = region(&owned(cluster, "/location"));
    if size::parse(&size).is_none() {
        // Text of the recorded issue on Standard_B2s (see the errors of 2024).
        return Err(Problem::provider(
            400,
            "BadRequest",
            format!(
                "The VM size of {size} is not allowed in your subscription in location '{region}'. \
                 The available VM sizes are 'standard_d2s_v5,standard_d4ds_v5,standard_d8ds_v5'. \
                 For more details, please visit https://aka.ms/aks/quotas-skus-regions"
            ),
        ));
    }
    let zones = items(pool, "/availabilityZones");
    if let Some(zone) = zones
        .iter()
        .find(|zone| !matches!(zone.as_str(), Some("1" | "2" | "3")))
    {
        return refuse(
            "availabilityZones",
            format!("There is no availability zone {zone}."),
        );
    }
    if !zones.is_empty() && WITHOUT_ZONES.contains(&region.as_str()) {
        return Err(Problem::provider(
            400,
            "AvailabilityZoneNotSupported",
            format!("Availability zones are not supported in location '{region}'."),
        )
        .at("agentPoolProfile.availabilityZones"));
    }
    if !zones.is_empty()
        && text(cluster, "/properties/networkProfile/loadBalancerSku") == Some("basic")
    {
        return refuse(
            "availabilityZones",
            "Availability zones require the standard load balancer SKU.".to_owned(),
        );
    }
    match integer(pool, "/maxPods") {
        Some(pods) if !(10..=250).contains(&pods) => refuse(
            "maxPods",
            format!("The value {pods} is not within 10 and 250."),
        ),
        _ => windows(pool, cluster),
    }
}

fn windows(pool: &Value, cluster: &Value) -> Result<(), Problem> {
    let network = |member: &str| owned(cluster, &format!("/properties/networkProfile/{member}"));
    if is_windows(pool)
        && (network("networkPlugin") != "azure" || network("networkDataplane") == "cilium")
    {
        return refuse(
            "osType",
            "Windows agent pools require the network plugin and dataplane 'azure'.".to_owned(),
        );
    }
    Ok(())
}

fn taints(pool: &Value) -> Result<(), Problem> {
    // Those that leave with a node's start count as well (recorded).
    let all = ["/nodeTaints", "/nodeInitializationTaints"];
    let hard = all
        .iter()
        .flat_map(|place| items(pool, place))
        .filter_map(Value::as_str)
        .any(|taint| {
            !taint.starts_with("CriticalAddonsOnly") && !taint.ends_with(":PreferNoSchedule")
        });
    if hard && text(pool, "/mode") == Some("System") {
        // Recorded in test_aks_create_cluster_with_taints.
        return Err(Problem::provider(
            400,
            "SystemPoolHasRestrictedTaint",
            "Placing custom taints on system pool is not supported(except 'CriticalAddonsOnly' \
             taint or taint effect is 'PreferNoSchedule'). Please refer to \
             https://aka.ms/aks/system-taints for detail",
        )
        .at("agentPoolProfile.nodeTaints"));
    }
    Ok(())
}

/// A pool runs the control plane's minor or one of the three before it.
fn version(pool: &Value, cluster: &Value) -> Result<(), Problem> {
    let own = text(pool, "/currentOrchestratorVersion").and_then(versions::parse);
    let control = text(cluster, "/properties/currentKubernetesVersion").and_then(versions::parse);
    match (own, control) {
        (Some(own), Some(control)) if own > control || own.minor + 3 < control.minor => {
            Err(Problem::provider(
                400,
                "NodePoolMcVersionIncompatible",
                format!(
                    "Node pool version {own} and control plane version {control} are incompatible. \
                     For more information, please check https://aka.ms/version-skew-policy"
                ),
            )
            .at("agentPoolProfile.orchestratorVersion"))
        }
        _ => Ok(()),
    }
}

fn is_windows(pool: &Value) -> bool {
    text(pool, "/osType") == Some("Windows")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::document::put;
    use super::super::tests::sound;
    use super::*;

    fn verdict(changes: &Value) -> Result<(), Problem> {
        let mut cluster = sound();
        let pool = &mut cluster["properties"]["agentPoolProfiles"][0];
        for (member, value) in changes.as_object().unwrap() {
            put(pool, member, value.clone());
        }
        check(&cluster)
    }

    #[test]
    fn a_pool_name_is_short_and_lower_case() {
        let message = "The agent pool name 'System' is invalid: use 1 to 12 lower-case letters and \
                       digits, beginning with a letter.";

        assert_eq!(
            verdict(&json!({ "name": "System" })),
            refuse("name", message.to_owned())
        );
    }

    #[test]
    fn the_count_of_a_pool_is_not_above_the_bounds_of_its_autoscaler() {
        let above = json!({ "enableAutoScaling": true, "minCount": 1, "maxCount": 2 });
        let below = json!({ "enableAutoScaling": true, "minCount": 4, "maxCount": 6 });

        let verdicts = [above, below].map(|pool| verdict(&pool));

        let message = "The node count 3 is not within the autoscaler bounds 1 to 2.";
        assert_eq!(verdicts, [refuse("count", message.to_owned()), Ok(())]);
    }

    #[test]
    fn bounds_without_an_autoscaler_are_refused() {
        let message = "minCount and maxCount are only allowed while the autoscaler is enabled.";

        assert_eq!(
            verdict(&json!({ "minCount": 1 })),
            refuse("enableAutoScaling", message.to_owned())
        );
    }

    #[test]
    fn there_are_three_zones() {
        let message = "There is no availability zone \"4\".";

        assert_eq!(
            verdict(&json!({ "availabilityZones": ["1", "4"] })),
            refuse("availabilityZones", message.to_owned())
        );
    }

    #[test]
    fn a_pool_is_not_newer_than_its_control_plane() {
        let message = "Node pool version 1.36.0 and control plane version 1.35.7 are incompatible. \
                       For more information, please check https://aka.ms/version-skew-policy";
        let refusal = Problem::provider(400, "NodePoolMcVersionIncompatible", message)
            .at("agentPoolProfile.orchestratorVersion");

        assert_eq!(
            verdict(&json!({ "currentOrchestratorVersion": "1.36.0" })),
            Err(refusal)
        );
    }
}
