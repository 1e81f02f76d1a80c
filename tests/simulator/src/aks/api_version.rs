//! What an answer looks like in the API version it was asked for: members that a later version brought are left
//! out, and words that a later version replaced are the old ones.
//!
//! Which version brought a member is in `api_versions.txt`: the first whose published models have it (the Python
//! package `azure-mgmt-containerservice`, 31.0 to 41.8, of which each has one version of the API or many), or where
//! recordings say otherwise the first that can have answered it.

use std::sync::OnceLock;

use serde_json::Value;

use super::document;

/// Leaves a cluster as `version` answers it.
pub(super) fn show_cluster(cluster: &mut Value, version: &str) {
    leave_out(cluster, "cluster", version);
    let pools = cluster.pointer_mut("/properties/agentPoolProfiles");
    for pool in pools.and_then(Value::as_array_mut).into_iter().flatten() {
        leave_out(pool, "pool", version);
    }
    for (member, old, new) in TIERS {
        translate(cluster, version, member, new, old);
    }
}

/// A cluster's body as the newest version would write it.
pub(super) fn read_cluster(body: &mut Value, version: &str) {
    for (member, old, new) in TIERS {
        translate(body, version, member, old, new);
    }
}

/// Members of `sku` and their words, before and since version 2023-02-01.
const TIERS: [(&str, &str, &str); 2] = [("name", "Basic", "Base"), ("tier", "Paid", "Standard")];

fn translate(cluster: &mut Value, version: &str, member: &str, from: &str, to: &str) {
    if version < "2023-02-01"
        && let Some(sku) = cluster.get_mut("sku")
        && sku.get(member).is_some_and(|word| word == from)
    {
        document::put(sku, member, to);
    }
}

/// Leaves a pool, asked for by itself, as `version` answers it.
pub(super) fn show_pool(pool: &mut Value, version: &str) {
    if let Some(properties) = pool.get_mut("properties") {
        leave_out(properties, "pool", version);
    }
}

/// Gives the blocks of a body that is to be written the members that its version cannot have read, as they are stored:
/// who writes back what was read changes nothing else. A block that is left out is kept whole by whoever merges.
///
/// A limit of it: a kept member may forbid what the version can write, as `nodeOSUpgradeChannel` does the channel
/// `node-image`.
pub(super) fn keep_hidden(body: &mut Value, stored: &Value, version: &str) {
    keep(body, stored, "cluster", version);
    let pools = body.pointer_mut("/properties/agentPoolProfiles");
    for pool in pools.and_then(Value::as_array_mut).into_iter().flatten() {
        let of_its_name = document::items(stored, "/properties/agentPoolProfiles")
            .iter()
            .find(|own| own["name"] == pool["name"]);
        if let Some(stored) = of_its_name {
            keep(pool, stored, "pool", version);
        }
    }
}

/// The same of a pool that is written by itself.
pub(super) fn keep_hidden_of_pool(body: &mut Value, stored: &Value, version: &str) {
    if let (Some(properties), Some(stored)) = (body.get_mut("properties"), stored.get("properties"))
    {
        keep(properties, stored, "pool", version);
    }
}

fn keep(body: &mut Value, stored: &Value, resource: &str, version: &str) {
    for member in hidden(resource, version) {
        let Some(value) = stored
            .pointer(&member.block)
            .and_then(|block| block.get(member.name))
        else {
            continue;
        };
        let block = body.pointer_mut(&member.block);
        if let Some(block) = block.filter(|block| block.is_object()) {
            document::fill(block, member.name, value.clone());
        }
    }
}

/// A member that not every version has.
struct Member {
    /// Dates of the first stable version that has it, and of the first preview.
    stable: &'static str,
    preview: &'static str,
    /// `cluster` or `pool`.
    resource: &'static str,
    /// JSON pointer of the block that it is in, and its name there.
    block: String,
    name: &'static str,
}

fn members() -> &'static [Member] {
    static MEMBERS: OnceLock<Vec<Member>> = OnceLock::new();
    MEMBERS.get_or_init(|| {
        include_str!("api_versions.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let (stable, preview) = (words.next()?, words.next()?);
                let (resource, path) = (words.next()?, words.next()?);
                let (block, name) = path.rsplit_once('.').unwrap_or(("", path));
                let block = match block {
                    "" => String::new(),
                    path => format!("/{}", path.replace('.', "/")),
                };
                Some(Member {
                    stable,
                    preview,
                    resource,
                    block,
                    name,
                })
            })
            .collect()
    })
}

/// The members of a resource that a version does not have.
fn hidden(resource: &str, version: &str) -> impl Iterator<Item = &'static Member> {
    let (date, suffix) = version.split_at_checked(10).unwrap_or((version, ""));
    let has = move |member: &Member| {
        date >= member.stable || !suffix.is_empty() && date >= member.preview
    };
    let of_resource = move |member: &&Member| member.resource == resource;
    members()
        .iter()
        .filter(of_resource)
        .filter(move |member| !has(member))
}

/// Removes what a version does not have. A block that loses its last member stays: `autoUpgradeProfile` is `{}` to
/// version 2021-05-01 (recorded).
fn leave_out(value: &mut Value, resource: &str, version: &str) {
    for member in hidden(resource, version) {
        if let Some(block) = value.pointer_mut(&member.block) {
            document::remove(block, member.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cluster() -> Value {
        json!({
            "kind": "Base",
            "eTag": "e",
            "sku": { "name": "Base", "tier": "Standard" },
            "properties": {
                "hostedSystemProfile": { "enabled": false },
                "resourceUID": "u",
                "agentPoolProfiles": [{
                    "eTag": "p",
                    "securityProfile": { "sshAccess": "LocalUser", "enableVTPM": false },
                }],
            },
        })
    }

    fn shown(version: &str) -> Value {
        let mut cluster = cluster();
        show_cluster(&mut cluster, version);
        cluster
    }

    #[test]
    fn the_newest_version_has_every_member() {
        assert_eq!(shown("2026-05-01"), cluster());
    }

    #[test]
    fn an_older_version_lacks_what_came_later() {
        let shown = shown("2024-09-01");

        let expected = json!({
            "sku": { "name": "Base", "tier": "Standard" },
            "properties": {
                "resourceUID": "u",
                "agentPoolProfiles": [{ "securityProfile": { "enableVTPM": false } }],
            },
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_preview_has_members_before_a_stable_version_does() {
        let shown = shown("2024-09-02-preview");

        assert_eq!(shown["kind"], "Base");
        assert_eq!(
            shown["properties"]["agentPoolProfiles"],
            cluster()["properties"]["agentPoolProfiles"]
        );
        assert_eq!(
            shown["properties"].get("hostedSystemProfile"),
            None::<&Value>
        );
    }

    #[test]
    fn a_version_before_2023_has_the_old_words_for_tiers() {
        let shown = shown("2021-05-01");

        let expected = json!({
            "sku": { "name": "Basic", "tier": "Paid" },
            "properties": { "agentPoolProfiles": [{}] },
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_old_words_for_tiers_are_understood_from_who_asks_with_an_old_version() {
        let old = json!({ "sku": { "name": "Basic", "tier": "Paid" } });
        let (mut then, mut now) = (old.clone(), old.clone());

        read_cluster(&mut then, "2022-11-01");
        read_cluster(&mut now, "2026-05-01");

        let new = json!({ "sku": { "name": "Base", "tier": "Standard" } });
        assert_eq!((then, now), (new, old));
    }

    #[test]
    fn every_line_of_the_table_is_a_member() {
        let lines = include_str!("api_versions.txt").lines();
        let written = lines.filter(|line| !line.starts_with('#')).count();

        let of_a_resource = |member: &&Member| ["cluster", "pool"].contains(&member.resource);
        assert_eq!(members().iter().filter(of_a_resource).count(), written);
    }

    #[test]
    fn a_pool_by_itself_has_the_members_of_one_in_a_cluster() {
        let mut pool = json!({ "name": "system", "properties": { "eTag": "p", "count": 1 } });

        show_pool(&mut pool, "2024-08-01");

        assert_eq!(
            pool,
            json!({ "name": "system", "properties": { "count": 1 } })
        );
    }
}
