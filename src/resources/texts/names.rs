//! Names and ids.

use crate::{
    azure::arm::{Location, ResourceId},
    framework::Text,
    text_content,
};

/// Declares a text of which every value is just kept, once it passed its rule.
macro_rules! ruled {
    ($(#[$meta:meta])* $name:ident, $wanted:literal, $rule:expr, $same:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) struct $name(String);

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Text for $name {
            const WANTED: &'static str = $wanted;

            fn parse(text: &str) -> Result<Self, String> {
                let rule: fn(&str) -> Result<(), String> = $rule;
                rule(text).map(|()| Self(text.to_owned()))
            }

            fn other(text: &str) -> Self {
                Self(text.to_owned())
            }

            fn text(&self) -> String {
                self.0.clone()
            }

            fn same(left: &str, right: &str) -> bool {
                let same: fn(&str, &str) -> bool = $same;
                same(left, right)
            }
        }

        text_content!($name);
    };
}

pub(super) use ruled;

ruled! {
    /// A cluster's name. Rule: schema of API 2026-05-01.
    ClusterName,
    "1 to 63 letters, digits, `-` or `_`, beginning and ending with a letter or digit",
    |text| {
        check_length(text, 63)?;
        check_characters(text, "-_")?;
        check_ends(text)
    },
    str::eq_ignore_ascii_case
}

ruled! {
    /// A resource group's name. Rule: Microsoft.Resources, `resourceGroups`.
    ResourceGroupName,
    "1 to 90 letters, digits, `-`, `_`, `.`, `(` or `)`, not ending with `.`",
    |text| {
        check_length(text, 90)?;
        if let Some(wrong) = text.chars().find(|c| !c.is_alphanumeric() && !"-_.()".contains(*c)) {
            return Err(format!("it contains {wrong:?}"));
        }
        if text.ends_with('.') { Err("it ends with a full stop".to_owned()) } else { Ok(()) }
    },
    str::eq_ignore_ascii_case
}

ruled! {
    /// A Linux node pool's name. Rule: schema of API 2026-05-01.
    PoolName,
    "1 to 12 lower-case letters or digits, beginning with a letter",
    |text| {
        check_length(text, 12)?;
        match text.chars().find(|c| !c.is_ascii_lowercase() && !c.is_ascii_digit()) {
            Some(wrong) => Err(format!("it contains {wrong:?}")),
            None if text.starts_with(|c: char| c.is_ascii_digit()) => Err("it begins with a digit".to_owned()),
            None => Ok(()),
        }
    },
    |left, right| left == right
}

ruled! {
    /// An Azure region, `westeurope` or `West Europe`.
    Region,
    "a region such as `westeurope`",
    |text| if text.trim().is_empty() { Err("it is empty".to_owned()) } else { check_characters(text, " ") },
    |left, right| Location::new(left) == Location::new(right)
}

ruled! {
    /// A size of machines. Azure takes its letters in either case.
    VmSize,
    "a size such as `Standard_D4ds_v5` (`az vm list-skus --location REGION --resource-type virtualMachines`)",
    |text| if text.is_empty() { Err("it is empty".to_owned()) } else { check_characters(text, "_-") },
    str::eq_ignore_ascii_case
}

ruled! {
    /// The object id of an Entra group.
    GroupId,
    "the object id of a group, a UUID (`az ad group show --group NAME --query id`)",
    |text| uuid::Uuid::parse_str(text).map(|_| ()).map_err(|_| "it is not a UUID; a group's name does not work here".to_owned()),
    str::eq_ignore_ascii_case
}

ruled! {
    /// The id of a cluster, in any casing: the portal, az and azurerm spell it differently.
    ClusterId,
    "a cluster's resource id, `/subscriptions/.../managedClusters/NAME`",
    |text| check_id(text, "Microsoft.ContainerService/managedClusters"),
    str::eq_ignore_ascii_case
}

ruled! {
    /// The id of a subnet.
    SubnetId,
    "a subnet's resource id, `/subscriptions/.../virtualNetworks/NAME/subnets/NAME`",
    |text| check_id(text, "Microsoft.Network/virtualNetworks/subnets"),
    str::eq_ignore_ascii_case
}

ruled! {
    /// The id of a user-assigned identity.
    IdentityId,
    "a user-assigned identity's resource id, `/subscriptions/.../userAssignedIdentities/NAME`",
    |text| check_id(text, "Microsoft.ManagedIdentity/userAssignedIdentities"),
    str::eq_ignore_ascii_case
}

ruled! {
    /// An availability zone.
    Zone,
    "one of `1`, `2`, `3`",
    |text| if matches!(text, "1" | "2" | "3") { Ok(()) } else { Err("there is no such zone".to_owned()) },
    |left, right| left == right
}

fn check_length(text: &str, most: usize) -> Result<(), String> {
    match text.chars().count() {
        0 => Err("it is empty".to_owned()),
        length if length > most => Err(format!("it has {length} characters")),
        _ => Ok(()),
    }
}

fn check_characters(text: &str, besides: &str) -> Result<(), String> {
    match text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !besides.contains(*c))
    {
        Some(wrong) => Err(format!("it contains {wrong:?}")),
        None => Ok(()),
    }
}

fn check_ends(text: &str) -> Result<(), String> {
    let plain = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
    if !plain(text.chars().next()) {
        return Err("it does not begin with a letter or digit".to_owned());
    }
    if plain(text.chars().last()) {
        Ok(())
    } else {
        Err("it does not end with a letter or digit".to_owned())
    }
}

fn check_id(text: &str, resource_type: &str) -> Result<(), String> {
    let id = ResourceId::parse(text)
        .map_err(|error| format!("it is not a resource id, as {}", error.reason()))?;
    if id.is_a(resource_type) {
        Ok(())
    } else {
        Err("it is the id of something else".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_azures_rules() {
        let names = [
            "aks-demo",
            "a",
            "-aks",
            "aks_",
            "aks.demo",
            "",
            &"a".repeat(64),
        ];

        let accepted: Vec<bool> = names
            .iter()
            .map(|name| ClusterName::parse(name).is_ok())
            .collect();

        assert_eq!(accepted, [true, true, false, false, false, false, false]);
    }

    #[test]
    fn a_groups_name_is_told_from_its_id() {
        let refused = GroupId::parse("platform-admins");

        assert_eq!(
            refused,
            Err("it is not a UUID; a group's name does not work here".to_owned())
        );
    }

    #[test]
    fn both_spellings_of_a_region_are_the_same() {
        assert!(Region::same("West Europe", "westeurope"));
    }

    #[test]
    fn a_subnets_id_is_told_from_its_networks() {
        let network = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v";

        let accepted = (
            SubnetId::parse(network).is_ok(),
            SubnetId::parse(&format!("{network}/subnets/s")).is_ok(),
        );

        assert_eq!(accepted, (false, true));
    }
}
