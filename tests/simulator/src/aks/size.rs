//! What follows from a VM size: its vCPUs, its temporary disk, and the OS disk a node gets.

use serde_json::Value;

use super::document::{integer, put, remove, text};

/// A VM size taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    vcpus: i64,
    /// GiB of the disk that comes with the machine.
    temporary_disk: i64,
}

/// Reads a size such as `Standard_D4ds_v5`.
pub(crate) fn parse(name: &str) -> Option<Size> {
    let lower = name.to_ascii_lowercase();
    let rest = lower.strip_prefix("standard_")?;
    let digits = rest.find(|c: char| c.is_ascii_digit())?;
    let (family, rest) = rest.split_at(digits);
    if family.is_empty() || !family.chars().all(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let (count, features) = rest.split_at(end);
    let vcpus: i64 = count
        .parse()
        .ok()
        .filter(|count| (1..=1024).contains(count))?;
    // DS2_v2 counts machine sizes, not vCPUs: 1, 2, 3, 4, 5 are 1, 2, 4, 8, 16.
    let vcpus = if family == "ds" && features == "_v2" && (1..=5).contains(&vcpus) {
        1 << (vcpus - 1)
    } else {
        vcpus
    };
    Some(Size {
        vcpus,
        temporary_disk: temporary_disk(family, features, vcpus),
    })
}

/// Recorded ephemeral OS disks: `D4ds_v5` 150, `D8ds_v5` 300, `D8plds_v5` 200 GiB.
fn temporary_disk(family: &str, features: &str, vcpus: i64) -> i64 {
    let (letters, generation) = features.split_once('_').unwrap_or((features, ""));
    match (family, letters, generation) {
        ("d" | "e", "ds" | "ads" | "lds", "v5" | "v6") | ("d", "ds", "v4") => vcpus * 75 / 2,
        ("d" | "e", "pds" | "plds", _) => vcpus * 25,
        ("d" | "e", "s" | "", "v3") => vcpus * 8,
        ("ds", _, "v2") => vcpus * 7,
        _ => 0,
    }
}

impl Size {
    /// Managed OS disks grow with the machine (AKS docs concepts-storage).
    fn managed_disk(self) -> i64 {
        match self.vcpus {
            ..=7 => 128,
            8..=15 => 256,
            16..=63 => 512,
            _ => 1024,
        }
    }

    /// Since 2025-03 a node whose temporary disk holds 128 GiB or more gets an ephemeral OS disk as
    /// large as that disk; others get a managed one. A size of 0 asks for the default.
    pub(crate) fn fill_disk(self, pool: &mut Value) {
        if integer(pool, "/osDiskSizeGB") == Some(0) {
            remove(pool, "osDiskSizeGB");
        }
        let asked = integer(pool, "/osDiskSizeGB");
        let fits = self.temporary_disk >= asked.unwrap_or(128).max(128);
        let ephemeral = match text(pool, "/osDiskType") {
            Some(kind) => kind.eq_ignore_ascii_case("Ephemeral"),
            None => fits,
        };
        let kind = if ephemeral { "Ephemeral" } else { "Managed" };
        put(pool, "osDiskType", kind);
        if asked.is_none() {
            let size = if ephemeral {
                self.temporary_disk.max(30)
            } else {
                self.managed_disk()
            };
            put(pool, "osDiskSizeGB", size);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn disk(size: &str, mut pool: Value) -> (Value, Value) {
        parse(size).unwrap().fill_disk(&mut pool);
        (pool["osDiskType"].clone(), pool["osDiskSizeGB"].clone())
    }

    #[test]
    fn os_disks_are_the_recorded_ones() {
        let disks = [
            disk("Standard_D4ds_v5", json!({})),
            disk("Standard_D8ds_v5", json!({ "osDiskSizeGB": 0 })),
            disk("Standard_D8plds_v5", json!({})),
            disk("Standard_DS2_v2", json!({ "osDiskSizeGB": 0 })),
            disk("Standard_a8_v2", json!({})),
        ];

        let expected = [
            (json!("Ephemeral"), json!(150)),
            (json!("Ephemeral"), json!(300)),
            (json!("Ephemeral"), json!(200)),
            (json!("Managed"), json!(128)),
            (json!("Managed"), json!(256)),
        ];
        assert_eq!(disks, expected);
    }

    #[test]
    fn a_managed_disk_asked_for_is_managed() {
        let disk = disk("Standard_D8ds_v5", json!({ "osDiskType": "Managed" }));

        assert_eq!(disk, (json!("Managed"), json!(256)));
    }

    #[test]
    fn a_size_that_is_none_is_not_read() {
        assert_eq!(parse("D4ds_v5"), None);
        assert_eq!(parse("Standard_large"), None);
    }
}
