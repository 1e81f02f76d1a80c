//! The regions there are.

/// Region names, as far as anyone simulates a cluster in them.
pub(super) const REGIONS: [&str; 22] = [
    "australiaeast",
    "brazilsouth",
    "canadacentral",
    "centralindia",
    "centralus",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "germanywestcentral",
    "italynorth",
    "japaneast",
    "koreacentral",
    "northeurope",
    "norwayeast",
    "southcentralus",
    "southeastasia",
    "swedencentral",
    "switzerlandnorth",
    "uksouth",
    "westeurope",
    "westus3",
];

/// A region's name as Azure stores it: `West Europe` is `westeurope`.
pub(super) fn normalize(location: &str) -> String {
    location
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect::<String>()
        .to_lowercase()
}
