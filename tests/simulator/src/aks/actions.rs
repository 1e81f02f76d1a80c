//! POST on a cluster: power, abort and credentials.

use super::Engine;
use super::answer::{Problem, document, empty};
use super::credentials::Account;
use super::operation::{Kind, Outcome};
use super::path::ClusterAddress;
use super::refusals::{busy, stopped, unknown};
use crate::arm::exchange::{Moment, Request, Response};

impl Engine {
    pub(super) fn act(
        &mut self,
        address: &ClusterAddress,
        action: &str,
        request: &Request,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Problem> {
        let account = match action {
            "start" | "stop" => return self.power(address, action, moment),
            "abort" => return self.abort(address, moment),
            "listclusteradmincredential" => Account::Admin,
            "listclusterusercredential" => Account::User,
            "listclustermonitoringusercredential" => Account::MonitoringUser,
            _ => return Err(unknown(request)),
        };
        let format = request.query.get("format").map(String::as_str);
        self.cluster(address)?
            .credentials(account, format, moment.tenant_id)
    }

    fn power(
        &mut self,
        address: &ClusterAddress,
        action: &str,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Problem> {
        let cluster = self.cluster(address)?;
        let key = cluster.address().key();
        if let Some(operation) = self.running(&key, None) {
            return Err(busy(operation));
        }
        let (kind, code) = if action == "stop" {
            if cluster.is_stopped() {
                return Err(stopped(cluster, "stopping"));
            }
            (Kind::Stop, "Stopped")
        } else {
            (Kind::Start, "Running")
        };
        if let Some(cluster) = self.clusters.get_mut(&key) {
            cluster.set_power(code);
            cluster.set_state(kind.state(), true);
            super::document::renew_etag(&mut cluster.object);
        }
        Ok(empty(202, self.begin(&key, None, kind, true, moment)))
    }

    /// Ends the running operation as canceled; answers the whole cluster (recorded 202 with body).
    fn abort(
        &mut self,
        address: &ClusterAddress,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Problem> {
        let key = self.cluster(address)?.address().key();
        if !self.cancel(&key, None, moment) {
            return Ok(empty(204, Vec::new()));
        }
        // The state stays what it was until the abort ends (recorded: `Creating`).
        let body = self.clusters.get_mut(&key).map(|cluster| {
            super::document::renew_etag(&mut cluster.object);
            cluster.read()
        });
        let headers = self.begin(&key, None, Kind::Abort, true, moment);
        Ok(document(202, headers, body.unwrap_or_default()))
    }

    /// Ends the running operation of a pool as canceled (recorded: 202, and then `Canceled`).
    pub(super) fn abort_pool(
        &mut self,
        address: &ClusterAddress,
        pool: &str,
        moment: &mut Moment<'_>,
    ) -> Response {
        let key = address.key();
        if !self.cancel(&key, Some(pool), moment) {
            return empty(204, Vec::new());
        }
        empty(202, self.begin(&key, Some(pool), Kind::Abort, true, moment))
    }

    /// Cancels what runs on a cluster, or on one pool of it. With nothing to abort the `OpenAPI`
    /// description has a 204.
    fn cancel(&mut self, key: &str, pool: Option<&str>, moment: &Moment<'_>) -> bool {
        let running = self.operations.values_mut().find(|operation| {
            operation.outcome.is_none()
                && operation.cluster == key
                && (pool.is_none() || operation.pool.as_deref() == pool)
        });
        let Some(running) = running else { return false };
        running.outcome = Some(Outcome::Canceled);
        running.ends = moment.now;
        true
    }
}
