//! Addresses and ranges of them.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use crate::{framework::Text, text_content};

/// A range of private addresses of the cluster's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cidr {
    text: String,
    net: Option<IpNet>,
}

impl Cidr {
    /// The range; `None` only for what Azure said and nobody can read.
    pub(crate) fn net(&self) -> Option<IpNet> {
        self.net
    }
}

impl Text for Cidr {
    const WANTED: &'static str =
        "a range such as `10.244.0.0/16`, its network address before the slash";

    fn parse(text: &str) -> Result<Self, String> {
        let net: IpNet = text
            .parse()
            .map_err(|_| "it is not a CIDR range".to_owned())?;
        check_host_bits(net)?;
        Ok(Self {
            text: text.to_owned(),
            net: Some(net),
        })
    }

    fn other(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            net: text.parse().ok(),
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn same(left: &str, right: &str) -> bool {
        matches!((left.parse::<IpNet>(), right.parse::<IpNet>()), (Ok(left), Ok(right)) if left == right)
    }
}

/// A range of addresses that may reach an API server.
///
/// The service takes IPv4 ranges of global addresses, without host bits; an address alone is its
/// own range (az CLI, `acs/_validators.py`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AuthorizedRange {
    text: String,
}

impl AuthorizedRange {
    /// The word for "nobody but the cluster itself".
    pub(crate) const NOBODY: &str = "0.0.0.0/32";

    /// The range; `None` only for what Azure said and nobody can read.
    pub(crate) fn net(&self) -> Option<Ipv4Net> {
        range(&self.text)
    }
}

impl Text for AuthorizedRange {
    const WANTED: &'static str = "a range of public IPv4 addresses such as `20.50.0.0/24`, its network address before the slash";

    fn parse(text: &str) -> Result<Self, String> {
        let net = range(text).ok_or_else(|| "it is not an IPv4 CIDR range".to_owned())?;
        let accepted = Ok(Self {
            text: text.to_owned(),
        });
        if text == Self::NOBODY {
            return accepted;
        }
        if net.prefix_len() == 0 {
            return Err("it lets the whole internet in. To do that on purpose, leave the ranges out and set `api_server.unrestricted = true`".to_owned());
        }
        check_host_bits(IpNet::V4(net))?;
        match not_global(net) {
            Some(kind) => Err(format!(
                "it contains {kind} addresses, which the API server never sees as a caller's"
            )),
            None => accepted,
        }
    }

    fn other(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn same(left: &str, right: &str) -> bool {
        matches!((range(left), range(right)), (Some(left), Some(right)) if left == right)
    }
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ip {
    text: String,
    address: Option<IpAddr>,
}

impl Ip {
    /// The address; `None` only for what Azure said and nobody can read.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }
}

impl Text for Ip {
    const WANTED: &'static str = "an address such as `10.0.0.10`";

    fn parse(text: &str) -> Result<Self, String> {
        let address = text
            .parse()
            .map_err(|_| "it is not an IP address".to_owned())?;
        Ok(Self {
            text: text.to_owned(),
            address: Some(address),
        })
    }

    fn other(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            address: text.parse().ok(),
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn same(left: &str, right: &str) -> bool {
        matches!((left.parse::<IpAddr>(), right.parse::<IpAddr>()), (Ok(left), Ok(right)) if left == right)
    }
}

text_content!(Cidr, AuthorizedRange, Ip);

fn range(text: &str) -> Option<Ipv4Net> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<Ipv4Addr>().ok().map(Ipv4Net::from))
}

fn check_host_bits(net: IpNet) -> Result<(), String> {
    let trunc = net.trunc();
    if net == trunc {
        Ok(())
    } else {
        Err(format!(
            "it has bits set behind its prefix; the range is {trunc}"
        ))
    }
}

/// IANA's special-purpose registry, as far as a range can touch it.
fn not_global(net: Ipv4Net) -> Option<&'static str> {
    const SPECIAL: [(&str, &str); 15] = [
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "reserved"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    ];
    let touches = |special: &str| {
        special
            .parse::<Ipv4Net>()
            .is_ok_and(|special| special.contains(&net) || net.contains(&special))
    };
    SPECIAL
        .iter()
        .find(|(special, _)| touches(special))
        .map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        AuthorizedRange::parse(text).map_or_else(|problem| problem, |_| "accepted".to_owned())
    }

    #[test]
    fn only_ranges_of_public_addresses_may_reach_the_api_server() {
        let texts = [
            "20.50.0.0/24",
            "20.50.0.7",
            "0.0.0.0/32",
            "10.0.0.0/8",
            "203.0.113.0/24",
            "20.50.0.1/24",
            "2001:db8::/32",
            "x",
        ];

        let answers = texts.map(refusal);

        let not_global = |kind: &str| {
            format!("it contains {kind} addresses, which the API server never sees as a caller's")
        };
        assert_eq!(
            answers,
            [
                "accepted".to_owned(),
                "accepted".to_owned(),
                "accepted".to_owned(),
                not_global("private"),
                not_global("documentation"),
                "it has bits set behind its prefix; the range is 20.50.0.0/24".to_owned(),
                "it is not an IPv4 CIDR range".to_owned(),
                "it is not an IPv4 CIDR range".to_owned(),
            ]
        );
    }

    #[test]
    fn the_whole_internet_is_refused_with_the_way_to_mean_it() {
        assert!(refusal("0.0.0.0/0").contains("api_server.unrestricted = true"));
    }

    #[test]
    fn an_address_and_its_range_are_the_same() {
        assert!(AuthorizedRange::same("20.50.0.7", "20.50.0.7/32"));
    }
}
