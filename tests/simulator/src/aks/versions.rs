//! The Kubernetes versions on offer and the steps allowed between them.

mod orchestrators;

use serde_json::{Map, Value, json};

use super::answer::Problem;
pub(crate) use orchestrators::orchestrators;

/// One minor version, its patches ascending.
struct Offer {
    minor: u32,
    patches: std::ops::RangeInclusive<u32>,
    preview: bool,
    long_term_only: bool,
}

/// Autumn 2026: a cluster created without a version in 2026-09 became 1.35.7 (recorded
/// create_2026-05-01); the neighbours follow the support window of three minors plus long-term
/// support and a preview.
const OFFERED: [Offer; 5] = [
    Offer {
        minor: 33,
        patches: 9..=12,
        preview: false,
        long_term_only: true,
    },
    Offer {
        minor: 34,
        patches: 5..=9,
        preview: false,
        long_term_only: false,
    },
    Offer {
        minor: 35,
        patches: 3..=7,
        preview: false,
        long_term_only: false,
    },
    Offer {
        minor: 36,
        patches: 0..=3,
        preview: false,
        long_term_only: false,
    },
    Offer {
        minor: 37,
        patches: 0..=0,
        preview: true,
        long_term_only: false,
    },
];

/// The minor a cluster gets that asks for none.
const DEFAULT_MINOR: u32 = 35;

/// A full version of the 1.x line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) minor: u32,
    patch: u32,
}

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "1.{}.{}", self.minor, self.patch)
    }
}

/// A version as asked for and the full version it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// `1.35` or `1.35.7`: what `kubernetesVersion` answers.
    pub(crate) asked: String,
    /// What `currentKubernetesVersion` answers.
    pub(crate) current: Version,
}

/// Why a version cannot be had; the caller knows whose version it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not on offer.
    Unknown,
    /// On offer, but not to be reached from the version in use.
    Unreachable { from: Version, to: Version },
}

impl Refusal {
    /// The refusal of a cluster's version.
    pub(crate) fn of_cluster(self, cluster: &str, asked: &str) -> Problem {
        match self {
            Self::Unknown => Problem::provider(
                400,
                "K8sVersionNotSupported",
                format!(
                    "Managed cluster {cluster} is on version {asked} which is not supported in this \
                     region. Please use [az aks get-versions] command to get the supported version \
                     list in this region. For more information, please check \
                     https://aka.ms/supported-version-list"
                ),
            ),
            // Text of rancher/dashboard issue 11884 (2024); that it is a 400 is unverified.
            Self::Unreachable { from, to } => Problem::provider(
                400,
                "OperationNotAllowed",
                format!(
                    "Upgrading Kubernetes version {from} to {to} is not allowed. Available upgrades: \
                     [{}]. Please see https://aka.ms/aks-supported-k8s-ver for version details.",
                    words(&upgrades(from))
                ),
            ),
        }
    }

    /// The refusal of a pool's version.
    pub(crate) fn of_pool(self, asked: &str) -> Problem {
        match self {
            Self::Unknown => Problem::provider(
                400,
                "AgentPoolK8sVersionNotSupported",
                format!(
                    "Version {asked} is not supported in this region. Please use [az aks \
                     get-versions] command to get the supported version list in this region. For \
                     more information, please check https://aka.ms/supported-version-list"
                ),
            ),
            unreachable @ Self::Unreachable { .. } => unreachable.of_cluster("", asked),
        }
    }
}

/// The version of a new object: `None` asks for the default minor, which answers as an alias
/// (recorded `""` -> `1.35`).
pub(crate) fn choose(asked: Option<&str>) -> Result<Chosen, Refusal> {
    let asked = asked.map_or_else(|| format!("1.{DEFAULT_MINOR}"), str::to_owned);
    let current = resolve(&asked).ok_or(Refusal::Unknown)?;
    Ok(Chosen { asked, current })
}

/// The version of a living object that is asked for another. The same alias again does not upgrade
/// to a newer patch (ManagedClusterProperties.kubernetesVersion, `OpenAPI` text).
pub(crate) fn change(in_use: &Chosen, asked: Option<&str>) -> Result<Chosen, Refusal> {
    let Some(asked) = asked else {
        return Ok(in_use.clone());
    };
    let alias = format!("1.{}", in_use.current.minor);
    if asked == in_use.asked || asked == alias || asked == in_use.current.to_string() {
        return Ok(Chosen {
            asked: asked.to_owned(),
            current: in_use.current,
        });
    }
    let to = resolve(asked).ok_or(Refusal::Unknown)?;
    if upgrades(in_use.current).contains(&to) {
        return Ok(Chosen {
            asked: asked.to_owned(),
            current: to,
        });
    }
    Err(Refusal::Unreachable {
        from: in_use.current,
        to,
    })
}

/// Whether only clusters with long-term support may run the version.
pub(crate) fn is_long_term_only(version: Version) -> bool {
    OFFERED
        .iter()
        .any(|offer| offer.minor == version.minor && offer.long_term_only)
}

/// Reads a full version such as `1.35.7`.
pub(crate) fn parse(text: &str) -> Option<Version> {
    let (minor, patch) = text.strip_prefix("1.")?.split_once('.')?;
    Some(Version {
        minor: minor.parse().ok()?,
        patch: patch.parse().ok()?,
    })
}

/// The body of `locations/{location}/kubernetesVersions`.
pub(crate) fn listing() -> Value {
    let values: Vec<Value> = OFFERED
        .iter()
        .rev()
        .map(|offer| {
            let mut entry = Map::new();
            entry.insert("version".to_owned(), format!("1.{}", offer.minor).into());
            if offer.minor == DEFAULT_MINOR {
                entry.insert("isDefault".to_owned(), true.into());
            }
            if offer.preview {
                entry.insert("isPreview".to_owned(), true.into());
            }
            let plans: &[&str] = match (offer.long_term_only, offer.preview) {
                (true, _) => &["AKSLongTermSupport"],
                (false, true) => &["KubernetesOfficial"],
                (false, false) => &["KubernetesOfficial", "AKSLongTermSupport"],
            };
            entry.insert("capabilities".to_owned(), json!({ "supportPlan": plans }));
            let patches: Map<String, Value> = versions_of(offer)
                .map(|version| {
                    let upgrades: Vec<String> =
                        upgrades(version).iter().map(Version::to_string).collect();
                    (version.to_string(), json!({ "upgrades": upgrades }))
                })
                .collect();
            entry.insert("patchVersions".to_owned(), Value::Object(patches));
            Value::Object(entry)
        })
        .collect();
    json!({ "values": values })
}

/// The `upgrades` of an upgrade profile.
pub(crate) fn upgrade_profile(version: Version) -> Vec<Value> {
    upgrades(version)
        .into_iter()
        .map(|to| {
            let mut entry = Map::new();
            entry.insert("kubernetesVersion".to_owned(), to.to_string().into());
            if OFFERED
                .iter()
                .any(|offer| offer.minor == to.minor && offer.preview)
            {
                entry.insert("isPreview".to_owned(), true.into());
            }
            Value::Object(entry)
        })
        .collect()
}

/// Newer patches of the same minor, then every patch of the next, each newest first, as recorded. A minor that only
/// has long-term support leads up to three minors on, all newest first (recorded
/// `test_aks_upgrade_with_tier_switch` of azure-cli, 2025-06: 1.28 to 1.31, 1.29 to 1.32).
fn upgrades(from: Version) -> Vec<Version> {
    const LONG_TERM_STEP: u32 = 3;
    let newest_first = |minor: u32| {
        OFFERED
            .iter()
            .filter(move |offer| offer.minor == minor)
            .flat_map(|offer| versions_of(offer).rev())
            .filter(move |version| *version > from)
    };
    if is_long_term_only(from) {
        let minors = (from.minor..=from.minor + LONG_TERM_STEP).rev();
        return minors.flat_map(newest_first).collect();
    }
    newest_first(from.minor)
        .chain(newest_first(from.minor + 1))
        .collect()
}

fn resolve(asked: &str) -> Option<Version> {
    if let Some(version) = parse(asked) {
        OFFERED
            .iter()
            .any(|offer| {
                // Two older patches are still created that no list names (azurerm's acceptance tests of 2026-08 ask for
                // 1.34.3 and 1.35.1).
                let oldest = offer.patches.start().saturating_sub(2);
                offer.minor == version.minor
                    && (oldest..=*offer.patches.end()).contains(&version.patch)
            })
            .then_some(version)
    } else {
        let minor: u32 = asked.strip_prefix("1.")?.parse().ok()?;
        let offer = OFFERED.iter().find(|offer| offer.minor == minor)?;
        versions_of(offer).next_back()
    }
}

fn versions_of(offer: &Offer) -> impl DoubleEndedIterator<Item = Version> {
    let minor = offer.minor;
    offer
        .patches
        .clone()
        .map(move |patch| Version { minor, patch })
}

fn words(versions: &[Version]) -> String {
    let words: Vec<String> = versions.iter().map(Version::to_string).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(minor: u32, patch: u32) -> Version {
        Version { minor, patch }
    }

    #[test]
    fn no_version_is_the_default_minor_at_its_newest_patch() {
        let chosen = choose(None);

        let expected = Chosen {
            asked: "1.35".to_owned(),
            current: version(35, 7),
        };
        assert_eq!(chosen, Ok(expected));
    }

    #[test]
    fn the_same_alias_again_keeps_the_patch() {
        let in_use = Chosen {
            asked: "1.35.4".to_owned(),
            current: version(35, 4),
        };

        let changed = change(&in_use, Some("1.35"));

        let expected = Chosen {
            asked: "1.35".to_owned(),
            current: version(35, 4),
        };
        assert_eq!(changed, Ok(expected));
    }

    #[test]
    fn neither_a_downgrade_nor_a_skipped_minor_is_an_upgrade() {
        let in_use = Chosen {
            asked: "1.34.8".to_owned(),
            current: version(34, 8),
        };

        let down = change(&in_use, Some("1.34.7"));
        let skip = change(&in_use, Some("1.36"));

        let refused = |to| {
            Err(Refusal::Unreachable {
                from: version(34, 8),
                to,
            })
        };
        assert_eq!(
            (down, skip),
            (refused(version(34, 7)), refused(version(36, 3)))
        );
    }

    #[test]
    fn upgrades_are_listed_newest_first_and_reach_one_minor_up() {
        let list = words(&upgrades(version(34, 7)));

        assert_eq!(list, "1.34.9 1.34.8 1.35.7 1.35.6 1.35.5 1.35.4 1.35.3");
    }

    #[test]
    fn long_term_support_leads_three_minors_on() {
        let list = words(&upgrades(version(33, 11)));

        let expected = "1.36.3 1.36.2 1.36.1 1.36.0 1.35.7 1.35.6 1.35.5 1.35.4 1.35.3 1.34.9 \
                        1.34.8 1.34.7 1.34.6 1.34.5 1.33.12";
        assert_eq!(list, expected);
    }

    #[test]
    fn the_preview_minor_is_listed_as_recorded_lists_do() {
        let listing = listing();

        assert_eq!(
            listing["values"][0],
            json!({
                "version": "1.37",
                "isPreview": true,
                "capabilities": { "supportPlan": ["KubernetesOfficial"] },
                "patchVersions": { "1.37.0": { "upgrades": [] } },
            })
        );
    }
}
