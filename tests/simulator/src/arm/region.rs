//! The regions there are.

/// Region names, as far as anyone simulates a cluster in them.
pub(super) const REGIONS: [&str; 29] = [
    "australiaeast",
    "brazilsouth",
    "canadacentral",
    "centralindia",
    "centralus",
    "centraluseuap",
    "eastasia",
    "eastus",
    "eastus2",
    "eastus2euap",
    "francecentral",
    "germanywestcentral",
    "italynorth",
    "japaneast",
    "koreacentral",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "southcentralus",
    "southeastasia",
    "swedencentral",
    "switzerlandnorth",
    "uksouth",
    "ukwest",
    "westcentralus",
    "westeurope",
    "westus",
    "westus2",
    "westus3",
];

/// Extended locations, each with the region it belongs to (API `subscriptions` 2022-12-01: locations of type
/// `EdgeZone` with a `homeLocation`, which only a list with `includeExtendedLocations` tells). The name is
/// unverified.
pub(super) const EDGE_ZONES: [(&str, &str); 1] = [("microsoftlosangeles1", "westus")];

/// A region's name as Azure stores it: `West Europe` is `westeurope`.
pub(super) fn normalize(location: &str) -> String {
    location
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect::<String>()
        .to_lowercase()
}
