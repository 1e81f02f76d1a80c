//! Features that need one another: workload identity, image cleaner, upgrade channels, support plans.

use serde_json::Value;

use super::super::answer::Problem;
use super::super::document::{integer, on, text};
use super::super::versions;

/// Refuses features without what they stand on.
pub(super) fn check(draft: &Value, cluster: &str) -> Result<(), Problem> {
    identity(draft)?;
    for (member, words) in [
        ("name", ["Base", "Automatic"].as_slice()),
        ("tier", &["Free", "Standard", "Premium"]),
    ] {
        let word = text(draft, &format!("/sku/{member}")).unwrap_or_default();
        if !words.contains(&word) {
            return Err(Problem::parameter(
                &format!("sku.{member}"),
                format!(
                    "The value '{word}' is not supported; supported values are {}.",
                    words.join(", ")
                ),
            ));
        }
    }
    if on(
        draft,
        "/properties/securityProfile/workloadIdentity/enabled",
    ) && !on(draft, "/properties/oidcIssuerProfile/enabled")
    {
        return Err(Problem::parameter(
            "securityProfile.workloadIdentity",
            "Workload identity requires the OIDC issuer to be enabled.",
        ));
    }
    cleaner(draft)?;
    let channel = text(draft, "/properties/autoUpgradeProfile/upgradeChannel");
    let node_channel = text(draft, "/properties/autoUpgradeProfile/nodeOSUpgradeChannel");
    if channel == Some("node-image") && node_channel != Some("NodeImage") {
        return Err(Problem::parameter(
            "autoUpgradeProfile.nodeOSUpgradeChannel",
            "The upgrade channel 'node-image' requires the node OS upgrade channel 'NodeImage'.",
        ));
    }
    plans(draft, cluster)
}

fn identity(draft: &Value) -> Result<(), Problem> {
    let kind = text(draft, "/identity/type");
    let principal =
        text(draft, "/properties/servicePrincipalProfile/clientId").is_some_and(|id| id != "msi");
    match kind {
        Some("SystemAssigned" | "UserAssigned") => Ok(()),
        None | Some("None") if principal => Ok(()),
        None | Some("None") => Err(Problem::parameter(
            "identity",
            "Either a managed identity or a service principal is required.",
        )),
        Some(other) => Err(Problem::gateway(
            400,
            "InvalidRequestContent",
            format!("The identity type '{other}' is not supported."),
        )),
    }
}

/// The interval is 24 hours to three months (AKS docs image-cleaner).
fn cleaner(draft: &Value) -> Result<(), Problem> {
    let pointer = "/properties/securityProfile/imageCleaner/intervalHours";
    match integer(draft, pointer) {
        Some(hours) if !(24..=2160).contains(&hours) => Err(Problem::parameter(
            "securityProfile.imageCleaner.intervalHours",
            format!("The image cleaner interval of {hours} hours is not within 24 and 2160."),
        )),
        _ => Ok(()),
    }
}

/// Long-term support needs the tier Premium, which goes without it as well: in Azure/AKS issue 4707 a cluster took
/// Premium with the plan `KubernetesOfficial`.
fn plans(draft: &Value, cluster: &str) -> Result<(), Problem> {
    let long_term = text(draft, "/properties/supportPlan") == Some("AKSLongTermSupport");
    let tier = text(draft, "/sku/tier").unwrap_or_default();
    if long_term && tier != "Premium" {
        return Err(Problem::parameter(
            "supportPlan",
            "The support plan AKSLongTermSupport requires the Premium tier.",
        ));
    }
    if on(draft, "/properties/metricsProfile/costAnalysis/enabled") && tier == "Free" {
        return Err(Problem::parameter(
            "metricsProfile.costAnalysis",
            "Cost analysis requires the Standard or Premium tier.",
        ));
    }
    let version = text(draft, "/properties/currentKubernetesVersion").and_then(versions::parse);
    match version {
        Some(version) if versions::is_long_term_only(version) && !long_term => {
            Err(Problem::provider(
                400,
                "K8sVersionNotSupported",
                format!(
                    "Managed cluster {cluster} is on version {version}, which is only available \
                     for Long-Term Support (LTS). Use the Premium tier with the LTS support plan, \
                     or run [az aks get-versions] for the versions supported in this region. For \
                     more information, please check https://aka.ms/supported-version-list"
                ),
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

    #[test]
    fn workload_identity_needs_the_issuer() {
        let verdict = check(&with("oidcIssuerProfile", "enabled", false), "main");

        let message = "Workload identity requires the OIDC issuer to be enabled.";
        let refusal = Problem::parameter("securityProfile.workloadIdentity", message);
        assert_eq!(verdict, Err(refusal));
    }

    #[test]
    fn the_image_cleaner_runs_once_a_day_at_most() {
        let cleaner = json!({ "enabled": true, "intervalHours": 12 });

        let verdict = check(&with("securityProfile", "imageCleaner", cleaner), "main");

        let message = "The image cleaner interval of 12 hours is not within 24 and 2160.";
        let target = "securityProfile.imageCleaner.intervalHours";
        assert_eq!(verdict, Err(Problem::parameter(target, message)));
    }

    #[test]
    fn long_term_support_needs_the_premium_tier() {
        let verdict = check(&with("", "supportPlan", "AKSLongTermSupport"), "main");

        let message = "The support plan AKSLongTermSupport requires the Premium tier.";
        assert_eq!(verdict, Err(Problem::parameter("supportPlan", message)));
    }

    #[test]
    fn the_premium_tier_goes_with_either_support_plan() {
        let verdicts = ["KubernetesOfficial", "AKSLongTermSupport"].map(|plan| {
            let mut cluster = with("", "supportPlan", plan);
            cluster["sku"]["tier"] = json!("Premium");
            check(&cluster, "main")
        });

        assert_eq!(verdicts, [Ok(()), Ok(())]);
    }
}
