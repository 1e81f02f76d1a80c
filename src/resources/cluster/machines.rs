//! Pools of the type `VirtualMachines`, which name sizes and numbers of machines in a profile of their own
//! (`virtualMachinesProfile.scale`, API 2024-03-02-preview and later). They are read and kept; the number of machines of one
//! size can change.

use serde_json::{Value as Json, json};

use super::spec::SystemPool;
use crate::{azure::arm::agent_pool::AgentPoolProfile, framework::Diagnostic};

/// Where the profile holds numbers that are set by hand, and those that follow the load.
const MANUAL: &str = "/virtualMachinesProfile/scale/manual";
const AUTOSCALE: &str = "/virtualMachinesProfile/scale/autoscale";

/// The machines of a pool.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Machines {
    /// The first of their sizes.
    pub(super) vm_size: Option<String>,
    /// How many there are to be, unless that follows the load.
    pub(super) count: Option<i64>,
    /// The bounds within which their number follows the load.
    pub(super) bounds: Option<(i64, i64)>,
}

/// The machines of a pool that names them in a profile of their own.
pub(super) fn of(pool: &AgentPoolProfile) -> Option<Machines> {
    if !is_of_machines(pool) {
        return None;
    }
    let (manual, autoscale) = (profiles(pool, MANUAL), profiles(pool, AUTOSCALE));
    let first = manual.first().or(autoscale.first());
    let number = |profile: &Json, name: &str| profile[name].as_i64();
    let counts: Vec<i64> = manual
        .iter()
        .filter_map(|profile| number(profile, "count"))
        .collect();
    Some(Machines {
        vm_size: first
            .and_then(|profile| profile["size"].as_str())
            .map(str::to_owned),
        count: (!counts.is_empty()).then(|| counts.iter().sum()),
        bounds: autoscale
            .first()
            .and_then(|profile| Some((number(profile, "minCount")?, number(profile, "maxCount")?))),
    })
}

/// Whether a pool names its machines in a profile of their own.
pub(super) fn is_of_machines(pool: &AgentPoolProfile) -> bool {
    pool.kind.as_deref() == Some("VirtualMachines")
}

/// Writes how many machines there are to be, where they have one size.
pub(super) fn change(pool: &mut AgentPoolProfile, wanted: &SystemPool) -> Result<(), Diagnostic> {
    let (manual, autoscale) = (profiles(pool, MANUAL), profiles(pool, AUTOSCALE));
    let refuse = |found: &str| {
        wanted.node_count.error(
            "Pool cannot be scaled yet",
            format!(
                "The pool is of the type `VirtualMachines`, and {found}. Expected a fixed number of machines of one size; change it with `az aks nodepool manual-scale update`, and write here what it is then."
            ),
        )
    };
    if !autoscale.is_empty() || wanted.autoscale.known()?.is_some() {
        return Err(refuse("the number of its machines follows the load"));
    }
    if manual.len() != 1 {
        return Err(refuse(&format!("its machines have {} sizes", manual.len())));
    }
    let count = *wanted.node_count.known()?;
    if let Some(profile) = pool.extra.get_mut("virtualMachinesProfile")
        && let Some(one) = profile.pointer_mut("/scale/manual/0/count")
    {
        *one = json!(count);
    }
    Ok(())
}

fn profiles(pool: &AgentPoolProfile, place: &str) -> Vec<Json> {
    let (_, within) = place.split_at("/virtualMachinesProfile".len());
    let profile = pool.extra.get("virtualMachinesProfile");
    let found = profile.and_then(|profile| profile.pointer(within));
    found.and_then(Json::as_array).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(scale: &Json) -> AgentPoolProfile {
        serde_json::from_value(json!({
            "name": "system", "type": "VirtualMachines", "virtualMachinesProfile": { "scale": scale },
        }))
        .unwrap()
    }

    #[test]
    fn machines_are_read_from_their_own_profile() {
        let fixed = json!({ "manual": [{ "size": "Standard_D4ds_v5", "count": 2 }, { "size": "Standard_D8ds_v5", "count": 1 }] });
        let scaled =
            json!({ "autoscale": [{ "size": "Standard_D4ds_v5", "minCount": 1, "maxCount": 5 }] });

        let read = [fixed, scaled].map(|scale| of(&pool(&scale)));

        let vm_size = Some("Standard_D4ds_v5".to_owned());
        let fixed = Machines {
            vm_size: vm_size.clone(),
            count: Some(3),
            bounds: None,
        };
        let scaled = Machines {
            vm_size,
            count: None,
            bounds: Some((1, 5)),
        };
        assert_eq!(read, [Some(fixed), Some(scaled)]);
        assert_eq!(of(&AgentPoolProfile::default()), None);
    }
}
