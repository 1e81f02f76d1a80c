//! Maintenance configurations: stored and answered at once, without operations.

use serde_json::{Value, json};

use super::Engine;
use super::answer::{Problem, document, empty};
use super::document::{child, fill, put};

use super::path::ClusterAddress;
use super::refusals::{missing_parent, not_found, unknown};
use super::write::resource_body;
use crate::arm::exchange::{Moment, Request, Response};

const KIND: &str = "maintenanceConfigurations";

/// The configurations that plan upgrades; every other name is a weekly one.
const SCHEDULES: [&str; 2] = [
    "aksManagedAutoUpgradeSchedule",
    "aksManagedNodeOSUpgradeSchedule",
];

impl Engine {
    pub(super) fn list_maintenance(&self, address: &ClusterAddress) -> Result<Response, Problem> {
        let cluster = self
            .clusters
            .get(&address.key())
            .ok_or_else(|| missing_parent(address, "read", KIND))?;
        let value: Vec<&Value> = cluster.maintenance.values().collect();
        Ok(document(200, Vec::new(), json!({ "value": value })))
    }

    pub(super) fn maintenance(
        &mut self,
        address: &ClusterAddress,
        name: &str,
        request: &Request,
        moment: &Moment<'_>,
    ) -> Result<Response, Problem> {
        let cluster = self
            .clusters
            .get_mut(&address.key())
            .ok_or_else(|| missing_parent(address, "write", KIND))?;
        let key = name.to_ascii_lowercase();
        match request.method.as_str() {
            "GET" => match cluster.maintenance.get(&key) {
                Some(stored) => Ok(document(200, Vec::new(), stored.clone())),
                None => Err(not_found(
                    &format!("managedClusters/{}/{KIND}/{name}", address.name),
                    &address.group,
                )),
            },
            "PUT" => {
                let mut properties = resource_body(request)?
                    .get("properties")
                    .cloned()
                    .unwrap_or(json!({}));
                check(name, &properties)?;
                if properties.get("maintenanceWindow").is_some() {
                    let today = moment.now.strftime("%Y-%m-%d").to_string();
                    fill(
                        child(&mut properties, "maintenanceWindow"),
                        "startDate",
                        today,
                    );
                }
                // Unlike the cluster's, this id has `resourceGroups` (recorded
                // maintenance_configuration).
                let mut stored = json!({
                    "id": format!(
                        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.ContainerService/managedClusters/{}/{KIND}/{name}",
                        address.subscription, address.group, address.name
                    ),
                    "name": name,
                });
                put(&mut stored, "properties", properties);
                cluster.maintenance.insert(key, stored.clone());
                Ok(document(200, Vec::new(), stored))
            }
            "DELETE" => {
                let existed = cluster.maintenance.remove(&key).is_some();
                Ok(empty(if existed { 200 } else { 204 }, Vec::new()))
            }
            _ => Err(unknown(request)),
        }
    }
}

fn check(name: &str, properties: &Value) -> Result<(), Problem> {
    let window = properties.get("maintenanceWindow");
    if SCHEDULES.contains(&name) {
        let hours = window
            .and_then(|window| window.get("durationHours"))
            .and_then(Value::as_i64);
        if !hours.is_some_and(|hours| (4..=24).contains(&hours)) {
            return Err(Problem::parameter(
                "maintenanceWindow.durationHours",
                "A maintenance window lasts 4 to 24 hours.",
            ));
        }
    } else if window.is_some() {
        return Err(Problem::parameter(
            "maintenanceWindow",
            format!("The configuration '{name}' has no maintenance window; it is weekly."),
        ));
    }
    Ok(())
}
