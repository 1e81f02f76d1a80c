//! The one subscription, the directory it belongs to and its regions.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::ok;
use super::exchange::{Moment, Request, Response};
use super::region::{EDGE_ZONES, REGIONS};

/// A subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Subscription {
    pub(super) fn handle(
        &self,
        request: &Request,
        path: &[&str],
        moment: &Moment<'_>,
    ) -> Option<Response> {
        let body = match (request.method.as_str(), path) {
            ("GET", ["subscriptions"]) => {
                json!({ "value": [self.document(moment)], "count": { "type": "Total", "value": 1 } })
            }
            ("GET", ["tenants"]) => json!({ "value": [{
                "id": format!("/tenants/{}", moment.tenant_id),
                "tenantId": moment.tenant_id,
                "countryCode": "NL",
                "displayName": "Simulated",
                "domains": ["simulated.onmicrosoft.com"],
                "tenantCategory": "Home",
            }] }),
            ("GET", ["subscriptions", _]) => self.document(moment),
            ("GET", ["subscriptions", _, "locations"]) => {
                let regions = REGIONS.iter().map(|name| {
                    json!({
                        "id": format!("/subscriptions/{}/locations/{name}", self.id),
                        "name": name,
                        "type": "Region",
                        "displayName": name,
                        "metadata": { "regionType": "Physical" },
                    })
                });
                let wanted = request.query.get("includeextendedlocations");
                let zones = EDGE_ZONES
                    .iter()
                    .filter(|_| wanted.is_some_and(|wanted| wanted.eq_ignore_ascii_case("true")))
                    .map(|(name, home)| {
                        json!({
                            "id": format!("/subscriptions/{}/locations/{name}", self.id),
                            "name": name,
                            "type": "EdgeZone",
                            "displayName": name,
                            "metadata": { "homeLocation": home },
                        })
                    });
                json!({ "value": regions.chain(zones).collect::<Vec<Value>>() })
            }
            _ => return None,
        };
        Some(ok(200, body))
    }

    fn document(&self, moment: &Moment<'_>) -> Value {
        json!({
            "id": format!("/subscriptions/{}", self.id),
            "authorizationSource": "RoleBased",
            "managedByTenants": [],
            "subscriptionId": self.id,
            "tenantId": moment.tenant_id,
            "displayName": self.name,
            "state": "Enabled",
            "subscriptionPolicies": {
                "locationPlacementId": "Public_2014-09-01",
                "quotaId": "PayAsYouGo_2014-09-01",
                "spendingLimit": "Off",
            },
        })
    }
}
