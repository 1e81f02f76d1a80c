//! The checks of the standard `baseline`, in the order and the texts of
//! `k8s.io/pod-security-admission/policy`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::store::text;
use super::Violation;
use super::pod::{Pod, plural, quoted, secured, texts, the};

const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Kernel parameters, and the minor version since which they count as safe.
const SYSCTLS: [(u32, &str); 12] = [
    (0, "kernel.shm_rmid_forced"),
    (0, "net.ipv4.ip_local_port_range"),
    (0, "net.ipv4.tcp_syncookies"),
    (0, "net.ipv4.ping_group_range"),
    (0, "net.ipv4.ip_unprivileged_port_start"),
    (27, "net.ipv4.ip_local_reserved_ports"),
    (29, "net.ipv4.tcp_keepalive_time"),
    (29, "net.ipv4.tcp_fin_timeout"),
    (29, "net.ipv4.tcp_keepalive_intvl"),
    (29, "net.ipv4.tcp_keepalive_probes"),
    (32, "net.ipv4.tcp_rmem"),
    (32, "net.ipv4.tcp_wmem"),
];

/// Where probes and handlers may name a host.
const HOSTS: [&str; 10] = [
    "/livenessProbe/httpGet/host",
    "/livenessProbe/tcpSocket/host",
    "/readinessProbe/httpGet/host",
    "/readinessProbe/tcpSocket/host",
    "/startupProbe/httpGet/host",
    "/startupProbe/tcpSocket/host",
    "/lifecycle/postStart/httpGet/host",
    "/lifecycle/postStart/tcpSocket/host",
    "/lifecycle/preStop/httpGet/host",
    "/lifecycle/preStop/tcpSocket/host",
];

/// What a pod breaks. Below `restricted` those checks are left out that `restricted` has stricter ones for.
pub(super) fn violations(pod: &Pod<'_>, minor: u32, is_below: bool) -> Vec<Violation> {
    let pod = *pod;
    [
        app_armor(pod),
        (!is_below || minor < 22)
            .then(|| capabilities(pod))
            .flatten(),
        host_namespaces(pod),
        (!is_below).then(|| host_paths(pod)).flatten(),
        host_ports(pod),
        (minor >= 34).then(|| hosts_of_probes(pod)).flatten(),
        privileged(pod),
        proc_mount(pod, minor, is_below),
        se_linux(pod, minor),
        match minor {
            ..19 => seccomp_annotations(pod),
            _ => (!is_below).then(|| seccomp(pod)).flatten(),
        },
        sysctls(pod, minor),
        host_process(pod),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn app_armor(pod: Pod<'_>) -> Option<Violation> {
    const PREFIX: &str = "container.apparmor.security.beta.kubernetes.io/";
    let pointer = "/appArmorProfile/type";
    let is_bad = |value: &Value| {
        !["RuntimeDefault", "Localhost"]
            .map(Value::from)
            .contains(value)
    };
    let mut setters = pod.setters(pointer, is_bad);
    let values = texts(pod.values(pointer).filter(|value| is_bad(value)));
    let annotations: BTreeSet<String> = pod
        .annotations()
        .filter(|(name, value)| {
            let is_fine =
                value.is_empty() || *value == "runtime/default" || value.starts_with("localhost/");
            name.starts_with(PREFIX) && !is_fine
        })
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    if !annotations.is_empty() {
        setters.push(plural("annotation", annotations.len()));
    }
    let all: Vec<&str> = values
        .into_iter()
        .chain(annotations.iter().map(String::as_str))
        .collect();
    (!setters.is_empty()).then(|| Violation {
        reason: match all.len() {
            1 => "forbidden AppArmor profile",
            _ => "forbidden AppArmor profiles",
        },
        detail: format!(
            "{} must not set AppArmor profile type to {}",
            setters.join(" and "),
            quoted(all)
        ),
    })
}

fn capabilities(pod: Pod<'_>) -> Option<Violation> {
    let bad = |container| added(container, |capability| !CAPABILITIES.contains(&capability));
    let containers = pod.names(|container| !bad(container).is_empty());
    let found: BTreeSet<&str> = pod.containers().flat_map(bad).collect();
    (!containers.is_empty()).then(|| Violation {
        reason: "non-default capabilities",
        detail: format!(
            "{} must not include {} in securityContext.capabilities.add",
            the("container", &containers),
            quoted(found)
        ),
    })
}

/// The capabilities of a kind that a container adds.
pub(super) fn added(container: &Value, is_meant: impl Fn(&str) -> bool) -> Vec<&str> {
    let added = secured(container, "/capabilities/add").and_then(Value::as_array);
    let added = added.into_iter().flatten().filter_map(Value::as_str);
    added.filter(|capability| is_meant(capability)).collect()
}

fn host_namespaces(pod: Pod<'_>) -> Option<Violation> {
    let used: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|name| pod.is_true(name))
        .map(|name| format!("{name}=true"))
        .collect();
    (!used.is_empty()).then(|| Violation {
        reason: "host namespaces",
        detail: used.join(", "),
    })
}

fn host_paths(pod: Pod<'_>) -> Option<Violation> {
    let volumes: Vec<&str> = pod
        .items("volumes")
        .filter(|volume| volume.get("hostPath").is_some_and(|path| !path.is_null()))
        .map(|volume| text(volume, "/name"))
        .collect();
    (!volumes.is_empty()).then(|| Violation {
        reason: "hostPath volumes",
        detail: the("volume", &volumes),
    })
}

fn host_ports(pod: Pod<'_>) -> Option<Violation> {
    let ports = |container: &Value| -> Vec<String> {
        let ports = container.get("ports").and_then(Value::as_array);
        let ports = ports.into_iter().flatten();
        ports
            .filter_map(|port| port.get("hostPort")?.as_u64())
            .filter(|port| *port != 0)
            .map(|port| port.to_string())
            .collect()
    };
    let containers = pod.names(|container| !ports(container).is_empty());
    // As texts: 10 comes before 9.
    let found: BTreeSet<String> = pod.containers().flat_map(ports).collect();
    (!containers.is_empty()).then(|| Violation {
        reason: "hostPort",
        detail: format!(
            "{} {} {} {}",
            the("container", &containers),
            uses(containers.len()),
            plural("hostPort", found.len()),
            found.into_iter().collect::<Vec<_>>().join(", ")
        ),
    })
}

fn hosts_of_probes(pod: Pod<'_>) -> Option<Violation> {
    let hosts = |container| {
        let hosts = HOSTS.iter().map(|pointer| text(container, pointer));
        hosts.filter(|host| !host.is_empty()).collect::<Vec<_>>()
    };
    let containers: BTreeSet<&str> = pod
        .names(|container| !hosts(container).is_empty())
        .into_iter()
        .collect();
    let containers: Vec<&str> = containers.into_iter().collect();
    let found: BTreeSet<&str> = pod.containers().flat_map(hosts).collect();
    (!containers.is_empty()).then(|| Violation {
        reason: "probe or lifecycle host",
        detail: format!(
            "{} {} {} {}",
            the("container", &containers),
            uses(containers.len()),
            plural("probe or lifecycle host", found.len()),
            quoted(found)
        ),
    })
}

/// What one does, or several do.
pub(super) fn uses(count: usize) -> &'static str {
    if count == 1 { "uses" } else { "use" }
}

fn privileged(pod: Pod<'_>) -> Option<Violation> {
    let containers = pod.names(|container| secured(container, "/privileged") == Some(&true.into()));
    (!containers.is_empty()).then(|| Violation {
        reason: "privileged",
        detail: format!(
            "{} must not set securityContext.privileged=true",
            the("container", &containers)
        ),
    })
}

/// Since 1.35 `baseline` allows any to pods with users of their own; `restricted` has the check of before in its
/// own place.
fn proc_mount(pod: Pod<'_>, minor: u32, is_below: bool) -> Option<Violation> {
    let is_relaxed = minor >= 35 && (is_below || pod.has_own_users());
    (!is_relaxed).then(|| masked_proc(pod)).flatten()
}

/// That `/proc` is masked as usual.
pub(super) fn masked_proc(pod: Pod<'_>) -> Option<Violation> {
    let mount = |container| {
        let mount = secured(container, "/procMount").and_then(Value::as_str);
        mount.filter(|mount| *mount != "Default")
    };
    let containers = pod.names(|container| mount(container).is_some());
    let found: BTreeSet<&str> = pod.containers().filter_map(mount).collect();
    (!containers.is_empty()).then(|| Violation {
        reason: "procMount",
        detail: format!(
            "{} must not set securityContext.procMount to {}",
            the("container", &containers),
            quoted(found)
        ),
    })
}

fn se_linux(pod: Pod<'_>, minor: u32) -> Option<Violation> {
    let is_bad_type = |found: &str| match found {
        "" | "container_t" | "container_init_t" | "container_kvm_t" => false,
        "container_engine_t" => minor < 31,
        _ => true,
    };
    let is_set = |options: &Value, member: &str| !text(options, member).is_empty();
    let setters = pod.setters("/seLinuxOptions", |options| {
        is_bad_type(text(options, "/type")) || is_set(options, "/user") || is_set(options, "/role")
    });
    let types: BTreeSet<&str> = pod
        .values("/seLinuxOptions")
        .map(|options| text(options, "/type"))
        .filter(|found| is_bad_type(found))
        .collect();
    let mut what = Vec::new();
    if !types.is_empty() {
        what.push(format!("{} {}", plural("type", types.len()), quoted(types)));
    }
    for member in ["user", "role"] {
        let pointer = format!("/{member}");
        if pod
            .values("/seLinuxOptions")
            .any(|options| is_set(options, &pointer))
        {
            what.push(format!("{member} may not be set"));
        }
    }
    (!setters.is_empty()).then(|| Violation {
        reason: "seLinuxOptions",
        detail: format!(
            "{} set forbidden securityContext.seLinuxOptions: {}",
            setters.join(" and "),
            what.join("; ")
        ),
    })
}

/// Before 1.19 the profile was an annotation.
fn seccomp_annotations(pod: Pod<'_>) -> Option<Violation> {
    let containers: Vec<String> = pod
        .containers()
        .map(|container| {
            let name = text(container, "/name");
            format!("container.seccomp.security.alpha.kubernetes.io/{name}")
        })
        .collect();
    let found: BTreeSet<String> = pod
        .annotations()
        .filter(|(name, value)| {
            let is_meant = *name == "seccomp.security.alpha.kubernetes.io/pod"
                || containers.iter().any(|own| own == name);
            let is_fine = ["runtime/default", "docker/default"].contains(value)
                || value.starts_with("localhost/");
            is_meant && !is_fine
        })
        .map(|(name, value)| format!("{name}=\"{value}\""))
        .collect();
    (!found.is_empty()).then(|| Violation {
        reason: "seccompProfile",
        detail: format!(
            "forbidden {} {}",
            plural("annotation", found.len()),
            found.into_iter().collect::<Vec<_>>().join(", ")
        ),
    })
}

/// That no profile is set that leaves out what the runtime's own one forbids.
pub(super) fn seccomp(pod: Pod<'_>) -> Option<Violation> {
    let pointer = "/seccompProfile/type";
    let is_bad = |value: &Value| !is_seccomp(value);
    let setters = pod.setters(pointer, is_bad);
    (!setters.is_empty()).then(|| Violation {
        reason: "seccompProfile",
        detail: format!(
            "{} must not set securityContext.seccompProfile.type to {}",
            setters.join(" and "),
            quoted(texts(pod.values(pointer).filter(|value| is_bad(value))))
        ),
    })
}

/// Whether a type of profile is one that may be.
pub(super) fn is_seccomp(value: &Value) -> bool {
    ["RuntimeDefault", "Localhost"]
        .map(Value::from)
        .contains(value)
}

fn sysctls(pod: Pod<'_>, minor: u32) -> Option<Violation> {
    let set = pod.secured("/sysctls").and_then(Value::as_array);
    let set = set
        .into_iter()
        .flatten()
        .map(|sysctl| text(sysctl, "/name"));
    let is_safe = |name: &str| {
        let mut known = SYSCTLS.iter();
        known.any(|(since, known)| *known == name && *since <= minor)
    };
    let found: Vec<&str> = set.filter(|name| !is_safe(name)).collect();
    (!found.is_empty()).then(|| Violation {
        reason: "forbidden sysctls",
        detail: found.join(", "),
    })
}

fn host_process(pod: Pod<'_>) -> Option<Violation> {
    let setters = pod.setters("/windowsOptions/hostProcess", |value| *value == true);
    (!setters.is_empty()).then(|| Violation {
        reason: "hostProcess",
        detail: format!(
            "{} must not set securityContext.windowsOptions.hostProcess=true",
            setters.join(" and ")
        ),
    })
}
