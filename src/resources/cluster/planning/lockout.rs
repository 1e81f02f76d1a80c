//! What a plan says about authorized ranges that are taken away: the signed-in identity may be in one of them.

use std::{net::IpAddr, time::Duration};

use ipnet::Ipv4Net;

use super::Cluster;
use crate::{
    azure,
    framework::{Call, Diagnostic, Failure, Planned, Text},
    resources::{
        Session,
        cluster::{
            id_in,
            spec::{ApiServer, Spec},
        },
        texts::AuthorizedRange,
    },
};

/// How long a plan waits for the API server to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Whom an API server lets in.
#[derive(Debug)]
enum LetsIn {
    Everybody,
    /// The cluster itself, as the configuration says in so many words.
    Nobody,
    Ranges(Vec<Ipv4Net>),
}

impl LetsIn {
    /// `None` where that is not known.
    fn of(server: &ApiServer) -> Option<Self> {
        match server.authorized_ip_ranges.if_known()? {
            Some(ranges) if !ranges.is_empty() => {
                let nets: Option<Vec<Ipv4Net>> = ranges.iter().map(AuthorizedRange::net).collect();
                nets.map(Self::within)
            }
            _ => (*server.unrestricted.if_known()?).then_some(Self::Everybody),
        }
    }

    fn within(nets: Vec<Ipv4Net>) -> Self {
        if nets.iter().any(|net| net.prefix_len() == 0) {
            Self::Everybody
        } else if nets.iter().all(|net| net.network().is_unspecified()) {
            Self::Nobody
        } else {
            Self::Ranges(nets)
        }
    }

    fn has(&self, address: IpAddr) -> bool {
        match (self, address) {
            (Self::Everybody, _) => true,
            (Self::Ranges(nets), IpAddr::V4(address)) => {
                nets.iter().any(|net| net.contains(&address))
            }
            _ => false,
        }
    }

    /// Whether all who are let in by `before` still are.
    fn has_all_of(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Everybody, _) | (_, Self::Nobody) => true,
            (Self::Ranges(nets), Self::Ranges(before)) => {
                let nets = Ipv4Net::aggregate(nets);
                let mut before = before.iter();
                before.all(|old| nets.iter().any(|net| net.contains(old)))
            }
            _ => false,
        }
    }

    /// Whether an address that is let in by `before` still is.
    fn meets(&self, before: &Self) -> bool {
        match (self, before) {
            (Self::Nobody, _) | (_, Self::Nobody) => false,
            (Self::Everybody, _) | (_, Self::Everybody) => true,
            (Self::Ranges(nets), Self::Ranges(before)) => {
                let meet = |net: &Ipv4Net, old: &Ipv4Net| net.contains(old) || old.contains(net);
                nets.iter()
                    .any(|net| before.iter().any(|old| meet(net, old)))
            }
        }
    }
}

/// Refuses a change that certainly locks out the signed-in identity, and warns of one that may. A configuration that
/// lets nobody in but the cluster means it, and is not refused.
pub(super) async fn check(
    call: &Call<Session>,
    spec: &Spec,
    plan: &Planned<'_, Cluster>,
) -> Result<(), Failure> {
    let (Some(prior), Some(server)) = (
        plan.prior.filter(|_| !plan.replaces),
        spec.api_server.if_known(),
    ) else {
        return Ok(());
    };
    let before = prior.spec.api_server.if_known().and_then(LetsIn::of);
    let (Some(before), Some(after)) = (before, LetsIn::of(server)) else {
        return Ok(());
    };
    if after.has_all_of(&before) {
        return Ok(());
    }
    let azure = call.client.azure()?;
    let now = azure.clock().now();
    let limits = azure::Call {
        cancelled: call.cancelled.clone(),
        deadline: now.checked_add(PATIENCE).ok(),
        ..azure::Call::default()
    };
    let told = Told {
        server,
        before: prior.spec.api_server.if_known(),
    };
    // Who the token is of, nobody needs to know to plan.
    let principal = azure.principal(&limits).await.ok().flatten();
    match principal.and_then(|principal| principal.address) {
        Some(address) if after.has(address) => return Ok(()),
        Some(address) if before.has(address) && !matches!(after, LetsIn::Nobody) => {
            return Err(told.leaves(address).into());
        }
        _ => {}
    }
    if matches!(after, LetsIn::Ranges(_)) && !after.meets(&before) {
        let cluster = call.client.cluster(&id_in(&prior.outputs)?)?;
        if cluster.answers(&limits).await {
            return Err(told.leaves_with_all().into());
        }
    }
    call.warn(told.may_leave());
    Ok(())
}

/// What there is to tell of a change.
struct Told<'a> {
    server: &'a ApiServer,
    before: Option<&'a ApiServer>,
}

impl Told<'_> {
    fn leaves(&self, address: IpAddr) -> Diagnostic {
        self.error(&format!(
            "The signed-in identity signed in from {address}, which the API server lets in now and would not let in after the apply. Add that address to the ranges, or sign in and apply from an address that they have.",
        ))
    }

    fn leaves_with_all(&self) -> Diagnostic {
        self.error(
            "The API server answers this machine, so its address is in one of the ranges that are taken away, none of which overlaps a new one. Add this machine's address to the new ranges, or apply from an address that they have. Where this machine is let in in another way, such as by the cluster's own address, apply the new ranges beside the old ones first, and take the old ones away after it.",
        )
    }

    fn error(&self, why: &str) -> Diagnostic {
        let detail = format!("{} {why}", self.change());
        let ranges = &self.server.authorized_ip_ranges;
        ranges.error("Ranges lock out the signed-in identity", detail)
    }

    fn may_leave(&self) -> Diagnostic {
        let detail = format!(
            "{} Whether the address of this machine is among those that are no longer let in cannot be told from here. If it is, nothing inside the cluster can be read or changed from this machine after the apply.",
            self.change()
        );
        let ranges = &self.server.authorized_ip_ranges;
        ranges.warning("Ranges are taken away from the API server", detail)
    }

    fn change(&self) -> String {
        let before = self.before.map_or_else(String::new, written);
        format!(
            "`api_server.authorized_ip_ranges` changes from {before} to {}.",
            written(self.server)
        )
    }
}

fn written(server: &ApiServer) -> String {
    let ranges = server.authorized_ip_ranges.if_set();
    let texts = ranges.map(|ranges| ranges.iter().map(Text::text).collect::<Vec<_>>());
    match texts {
        Some(texts) if !texts.is_empty() => texts.join(", "),
        _ => "all addresses (`unrestricted`)".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(texts: &[&str]) -> LetsIn {
        LetsIn::within(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn ranges_are_compared_by_the_addresses_they_have() {
        let whole = ranges(&["20.50.0.0/24"]);
        let halves = ranges(&["20.50.0.0/25", "20.50.0.128/25"]);
        let half = ranges(&["20.50.0.0/25"]);
        let other = ranges(&["20.60.0.0/24"]);
        let (everybody, nobody) = (ranges(&["0.0.0.0/0"]), ranges(&["0.0.0.0/32"]));

        let covered = [
            whole.has_all_of(&halves),
            halves.has_all_of(&whole),
            half.has_all_of(&whole),
            everybody.has_all_of(&whole),
            whole.has_all_of(&everybody),
            half.has_all_of(&nobody),
        ];
        let met = [
            half.meets(&whole),
            whole.meets(&half),
            other.meets(&whole),
            other.meets(&everybody),
            nobody.meets(&whole),
        ];

        assert_eq!(covered, [true, true, false, true, false, true]);
        assert_eq!(met, [true, true, false, true, false]);
    }

    #[test]
    fn an_address_is_let_in_by_a_range_that_has_it() {
        let address = "20.50.0.4".parse().unwrap();

        let let_in = [
            ranges(&["20.50.0.0/24"]).has(address),
            ranges(&["20.60.0.0/24"]).has(address),
            LetsIn::Everybody.has(address),
            LetsIn::Nobody.has(address),
            ranges(&["20.50.0.0/24"]).has("2001:db8::4".parse().unwrap()),
        ];

        assert_eq!(let_in, [true, false, true, false, false]);
    }
}
