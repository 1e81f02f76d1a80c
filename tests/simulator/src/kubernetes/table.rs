//! Tables for people (`meta.k8s.io/v1` `Table`), with the columns of `pkg/printers/internalversion`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::form::{Included, partial};
use super::kind::Kind;
use super::store::{name, text};

/// A column and what it shows of an object.
struct Column {
    name: &'static str,
    /// 0 is always shown, 1 with `-o wide`.
    priority: u8,
    cell: Cell,
}

/// What a column shows.
enum Cell {
    Name,
    Age,
    /// The text, number or time at a pointer; the second text where there is nothing.
    At(&'static str, &'static str),
    /// How many members or items are at a pointer.
    Count(&'static str),
    Other(fn(&Value) -> String),
}

const fn column(name: &'static str, cell: Cell) -> Column {
    Column {
        name,
        priority: 0,
        cell,
    }
}

const fn wide(name: &'static str, cell: Cell) -> Column {
    Column {
        name,
        priority: 1,
        cell,
    }
}

/// Objects as rows.
pub(crate) fn of(
    kind: &Kind,
    objects: &[&Value],
    metadata: &Value,
    included: Included,
    now: Timestamp,
) -> Value {
    let columns = columns(kind);
    let definitions: Value = columns
        .iter()
        .map(|column| {
            let (kind, format) = match column.cell {
                Cell::Name => ("string", "name"),
                Cell::Count(_) => ("integer", ""),
                _ => ("string", ""),
            };
            json!({
                "name": column.name,
                "type": kind,
                "format": format,
                "description": "",
                "priority": column.priority,
            })
        })
        .collect();
    let rows: Value = objects
        .iter()
        .map(|object| {
            let cells: Value = columns
                .iter()
                .map(|column| column.cell.of(object, now))
                .collect();
            let shown = match included {
                Included::Nothing => Value::Null,
                Included::Metadata => partial(object),
                Included::Object => (*object).clone(),
            };
            json!({ "cells": cells, "object": shown })
        })
        .collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions,
        "rows": rows,
    })
}

impl Cell {
    fn of(&self, object: &Value, now: Timestamp) -> Value {
        match self {
            Self::Name => name(object).into(),
            Self::Age => age(text(object, "/metadata/creationTimestamp"), now).into(),
            Self::At(pointer, nothing) => match object.pointer(pointer) {
                None | Some(Value::Null) => (*nothing).into(),
                Some(Value::String(text)) if text.is_empty() => (*nothing).into(),
                Some(value) => value.clone(),
            },
            Self::Count(pointer) => match object.pointer(pointer) {
                Some(Value::Object(members)) => members.len().into(),
                Some(Value::Array(items)) => items.len().into(),
                _ => 0.into(),
            },
            Self::Other(cell) => cell(object).into(),
        }
    }
}

fn columns(kind: &Kind) -> Vec<Column> {
    workload(kind)
        .or_else(|| core(kind))
        .or_else(|| policy(kind))
        .unwrap_or_else(|| vec![column("Name", Cell::Name), column("Age", Cell::Age)])
}

fn workload(kind: &Kind) -> Option<Vec<Column>> {
    use Cell::{Age, At, Count, Name, Other};
    let name = || column("Name", Name);
    let age = || column("Age", Age);
    let at = |title, pointer, nothing| column(title, At(pointer, nothing));
    let count = |title, pointer| column(title, Count(pointer));
    let other = |title, cell| column(title, Other(cell));
    Some(match kind.resource {
        "pods" => vec![
            name(),
            other("Ready", pod_ready),
            other("Status", pod_status),
            at("Restarts", "/status/restarts", "0"),
            age(),
            wide("IP", At("/status/podIP", "<none>")),
            wide("Node", At("/spec/nodeName", "<none>")),
        ],
        "deployments" => vec![
            name(),
            other("Ready", ready),
            at("Up-to-date", "/status/updatedReplicas", "0"),
            at("Available", "/status/availableReplicas", "0"),
            age(),
            wide("Containers", Other(containers)),
            wide("Images", Other(images)),
            wide(
                "Selector",
                Other(|own| selector(own, "/spec/selector/matchLabels")),
            ),
        ],
        "statefulsets" => vec![name(), other("Ready", ready), age()],
        "replicasets" => vec![
            name(),
            at("Desired", "/spec/replicas", "0"),
            at("Current", "/status/replicas", "0"),
            at("Ready", "/status/readyReplicas", "0"),
            age(),
        ],
        "daemonsets" => vec![
            name(),
            at("Desired", "/status/desiredNumberScheduled", "0"),
            at("Current", "/status/currentNumberScheduled", "0"),
            at("Ready", "/status/numberReady", "0"),
            at("Up-to-date", "/status/updatedNumberScheduled", "0"),
            at("Available", "/status/numberAvailable", "0"),
            age(),
        ],
        "jobs" => vec![
            name(),
            other("Status", |_| "Running".to_owned()),
            at("Completions", "/spec/completions", ""),
            age(),
        ],
        "cronjobs" => vec![
            name(),
            at("Schedule", "/spec/schedule", ""),
            at("Timezone", "/spec/timeZone", "<none>"),
            at("Suspend", "/spec/suspend", ""),
            count("Active", "/status/active"),
            at("Last Schedule", "/status/lastScheduleTime", "<none>"),
            age(),
        ],
        _ => return None,
    })
}

fn core(kind: &Kind) -> Option<Vec<Column>> {
    use Cell::{Age, At, Count, Name, Other};
    let name = || column("Name", Name);
    let age = || column("Age", Age);
    let at = |title, pointer, nothing| column(title, At(pointer, nothing));
    let count = |title, pointer| column(title, Count(pointer));
    let other = |title, cell| column(title, Other(cell));
    Some(match kind.resource {
        "services" => vec![
            name(),
            at("Type", "/spec/type", ""),
            at("Cluster-IP", "/spec/clusterIP", "<none>"),
            other("External-IP", |_| "<none>".to_owned()),
            other("Port(s)", ports),
            age(),
            wide("Selector", Other(|own| selector(own, "/spec/selector"))),
        ],
        "namespaces" | "persistentvolumeclaims" => {
            vec![name(), at("Status", "/status/phase", ""), age()]
        }
        "nodes" => vec![
            name(),
            other("Status", |_| "Ready".to_owned()),
            other("Roles", |_| "<none>".to_owned()),
            age(),
            at("Version", "/status/nodeInfo/kubeletVersion", ""),
            wide("OS-Image", At("/status/nodeInfo/osImage", "<unknown>")),
        ],
        "serviceaccounts" => vec![name(), count("Secrets", "/secrets"), age()],
        "configmaps" => vec![name(), count("Data", "/data"), age()],
        "secrets" => vec![
            name(),
            at("Type", "/type", ""),
            count("Data", "/data"),
            age(),
        ],
        "resourcequotas" => vec![
            name(),
            other("Request", |own| quota(own, false)),
            other("Limit", |own| quota(own, true)),
            age(),
        ],
        "limitranges" | "roles" | "clusterroles" => {
            vec![name(), at("Created At", "/metadata/creationTimestamp", "")]
        }
        "events" => vec![
            column("Last Seen", Age),
            at("Type", "/type", ""),
            at("Reason", "/reason", ""),
            at("Object", "/involvedObject/name", ""),
            at("Message", "/message", ""),
        ],
        _ => return None,
    })
}

fn policy(kind: &Kind) -> Option<Vec<Column>> {
    use Cell::{Age, At, Name, Other};
    let name = || column("Name", Name);
    let age = || column("Age", Age);
    let at = |title, pointer, nothing| column(title, At(pointer, nothing));
    let other = |title, cell| column(title, Other(cell));
    Some(match kind.resource {
        "rolebindings" | "clusterrolebindings" => vec![
            name(),
            other("Role", role),
            age(),
            wide("Users", Other(|own| subjects(own, "User"))),
            wide("Groups", Other(|own| subjects(own, "Group"))),
            wide(
                "ServiceAccounts",
                Other(|own| subjects(own, "ServiceAccount")),
            ),
        ],
        "networkpolicies" => vec![
            name(),
            other("Pod-Selector", |own| {
                selector(own, "/spec/podSelector/matchLabels")
            }),
            age(),
        ],
        "ingresses" => vec![
            name(),
            at("Class", "/spec/ingressClassName", "<none>"),
            at("Hosts", "/spec/rules/0/host", "*"),
            at("Address", "/status/loadBalancer/ingress/0/ip", ""),
            other("Ports", |_| "80".to_owned()),
            age(),
        ],
        "poddisruptionbudgets" => vec![
            name(),
            at("Min Available", "/spec/minAvailable", "N/A"),
            at("Max Unavailable", "/spec/maxUnavailable", "N/A"),
            at("Allowed Disruptions", "/status/disruptionsAllowed", "0"),
            age(),
        ],
        _ => return None,
    })
}

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn ready(object: &Value) -> String {
    let ready = number(object, "/status/readyReplicas");
    format!("{ready}/{}", number(object, "/spec/replicas"))
}

fn list<'a>(object: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    let list = object.pointer(pointer).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn pod_ready(object: &Value) -> String {
    let ready = list(object, "/status/containerStatuses")
        .filter(|status| status.get("ready").is_some_and(|ready| *ready == true))
        .count();
    format!("{ready}/{}", list(object, "/spec/containers").count())
}

fn pod_status(object: &Value) -> String {
    if text(object, "/metadata/deletionTimestamp").is_empty() {
        text(object, "/status/phase").to_owned()
    } else {
        "Terminating".to_owned()
    }
}

fn joined(texts: impl Iterator<Item = String>) -> String {
    let texts: Vec<String> = texts.collect();
    texts.join(",")
}

fn containers(object: &Value) -> String {
    let containers = list(object, "/spec/template/spec/containers");
    joined(containers.map(|own| text(own, "/name").to_owned()))
}

fn images(object: &Value) -> String {
    let containers = list(object, "/spec/template/spec/containers");
    joined(containers.map(|own| text(own, "/image").to_owned()))
}

fn selector(object: &Value, pointer: &str) -> String {
    let labels = object.pointer(pointer).and_then(Value::as_object);
    let text = joined(
        labels
            .into_iter()
            .flatten()
            .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())),
    );
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text
    }
}

fn ports(object: &Value) -> String {
    joined(
        list(object, "/spec/ports")
            .map(|port| format!("{}/{}", number(port, "/port"), text(port, "/protocol"))),
    )
}

fn quota(object: &Value, limits: bool) -> String {
    let hard = object.pointer("/status/hard").and_then(Value::as_object);
    let lines: Vec<String> = hard
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("limits.") == limits)
        .map(|(name, value)| {
            let used = object
                .pointer("/status/used")
                .and_then(|used| used.get(name));
            let plain = |value: &Value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let used = used.map_or_else(|| "0".to_owned(), plain);
            format!("{name}: {used}/{}", plain(value))
        })
        .collect();
    lines.join(", ")
}

fn role(object: &Value) -> String {
    format!(
        "{}/{}",
        text(object, "/roleRef/kind"),
        text(object, "/roleRef/name")
    )
}

fn subjects(object: &Value, kind: &str) -> String {
    let subjects = list(object, "/subjects").filter(|own| text(own, "/kind") == kind);
    let texts: Vec<String> = subjects
        .map(|own| match text(own, "/namespace") {
            "" => text(own, "/name").to_owned(),
            namespace => format!("{namespace}/{}", text(own, "/name")),
        })
        .collect();
    texts.join(", ")
}

/// As people read it (`duration.HumanDuration`).
fn age(created: &str, now: Timestamp) -> String {
    let Ok(created) = created.parse::<Timestamp>() else {
        return "<unknown>".to_owned();
    };
    let seconds = now.duration_since(created).as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let both = |large: i64, unit: char, small: i64, other: char| {
        if small == 0 {
            format!("{large}{unit}")
        } else {
            format!("{large}{unit}{small}{other}")
        }
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        both(minutes, 'm', seconds % 60, 's')
    } else if hours < 3 {
        format!("{minutes}m")
    } else if hours < 8 {
        both(hours, 'h', minutes % 60, 'm')
    } else if hours < 48 {
        format!("{hours}h")
    } else if days < 8 {
        both(days, 'd', hours % 24, 'h')
    } else {
        format!("{days}d")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_gets_coarser_as_it_grows() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let cases = [
            ("2026-11-21T09:59:30Z", "30s"),
            ("2026-11-21T09:55:30Z", "4m30s"),
            ("2026-11-21T09:00:00Z", "60m"),
            ("2026-11-21T05:00:00Z", "5h"),
            ("2026-11-18T09:00:00Z", "3d1h"),
            ("2026-10-21T10:00:00Z", "31d"),
        ];

        for (created, expected) in cases {
            assert_eq!(age(created, now), expected, "{created}");
        }
    }
}
