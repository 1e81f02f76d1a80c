//! A recorded request as a client of the simulator would send it.
//!
//! A client that changes a resource sends back what it read. So where a recorded request repeats the recorded answer,
//! ours repeats the simulator's: ids, versions and defaults are then those of the cluster that is there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::recording::Recorded;

/// What a recording's requests are rewritten with.
pub(crate) struct Rewriting {
    subscription: String,
    /// The newest minor version the recording asks for, which stands for `newest`.
    asked: Option<u32>,
    newest: u32,
    /// Newest patch by minor version, of what the simulator offers.
    patches: BTreeMap<u32, u32>,
    /// By path in lower case: the last answer of Azure and of the simulator.
    read: BTreeMap<String, (Value, Value)>,
}

impl Rewriting {
    /// `offers` is the simulator's answer to `kubernetesVersions`.
    pub(crate) fn new(subscription: &str, exchanges: &[Recorded], offers: &Value) -> Self {
        let mut patches: BTreeMap<u32, u32> = BTreeMap::new();
        let mut newest = 0;
        for offer in offers["values"].as_array().into_iter().flatten() {
            for version in offer["patchVersions"].as_object().unwrap().keys() {
                let (minor, patch) = numbers(version).unwrap();
                let own = patches.entry(minor).or_default();
                *own = patch.unwrap_or_default().max(*own);
                if offer["isDefault"] == true {
                    newest = minor;
                }
            }
        }
        let mut asked = None;
        for exchange in exchanges {
            visit(exchange.request.as_ref(), &mut |name, value| {
                if is_version(name) {
                    asked = asked.max(numbers(value).map(|(minor, _)| minor));
                }
            });
        }
        Self {
            subscription: subscription.to_owned(),
            asked,
            newest,
            patches,
            read: BTreeMap::new(),
        }
    }

    /// The path with the simulator's subscription.
    pub(crate) fn path(&self, path: &str) -> String {
        let mut segments: Vec<&str> = path.split('/').collect();
        for at in 1..segments.len() {
            if segments[at - 1].eq_ignore_ascii_case("subscriptions") {
                segments[at] = &self.subscription;
            }
        }
        segments.join("/")
    }

    /// Remembers what was read of a resource.
    pub(crate) fn remember(&mut self, recorded: &Recorded, ours: &Value) {
        let both = (recorded.response.clone(), ours.clone());
        self.read.insert(recorded.key(), both);
    }

    /// The body to send.
    pub(crate) fn body(&self, recorded: &Recorded) -> Option<Value> {
        let mut body = recorded.request.clone()?;
        if let Some((azure, ours)) = self.read.get(&recorded.key()) {
            repeat(&mut body, azure, ours);
        }
        self.rewrite("", &mut body);
        Some(body)
    }

    fn rewrite(&self, name: &str, value: &mut Value) {
        match value {
            Value::Object(members) => {
                let renamed = members
                    .iter()
                    .map(|(name, member)| {
                        let mut member = member.clone();
                        self.rewrite(name, &mut member);
                        (self.identifier(name), member)
                    })
                    .collect();
                *members = renamed;
            }
            Value::Array(elements) => {
                for element in elements {
                    self.rewrite(name, element);
                }
            }
            Value::String(text) if is_version(name) => *text = self.version(text),
            // The word of API 2021-05-01 for what is `Standard` since 2023-02-01.
            Value::String(text) if name == "tier" && text == "Paid" => {
                "Standard".clone_into(text);
            }
            Value::String(text) => *text = self.identifier(text),
            _ => {}
        }
    }

    fn identifier(&self, text: &str) -> String {
        if text.starts_with('/') {
            self.path(text)
        } else {
            text.to_owned()
        }
    }

    /// The version of today that has the place of a recorded one. No recorded request asks for one still on offer.
    fn version(&self, text: &str) -> String {
        let (Some((minor, patch)), Some(asked)) = (numbers(text), self.asked) else {
            return text.to_owned();
        };
        if self.patches.contains_key(&minor) {
            return text.to_owned();
        }
        let minor = self.newest + minor - asked;
        match (patch, self.patches.get(&minor)) {
            (Some(_), Some(newest)) => format!("1.{minor}.{newest}"),
            _ => format!("1.{minor}"),
        }
    }
}

/// Puts the simulator's value wherever the request has Azure's.
fn repeat(request: &mut Value, azure: &Value, ours: &Value) {
    let Some(members) = request.as_object_mut() else {
        return;
    };
    let mut lost = Vec::new();
    for (name, value) in members.iter_mut() {
        let (azure, own) = (azure.get(name), ours.get(name));
        let nested = value.as_object().is_some_and(|own| !own.is_empty());
        let named = value.as_array().is_some_and(|list| {
            !list.is_empty() && list.iter().all(|element| element.get("name").is_some())
        });
        if Some(&*value) == azure {
            match own {
                Some(own) => *value = own.clone(),
                None => lost.push(name.clone()),
            }
        } else if nested && let Some(azure) = azure {
            repeat(value, azure, own.unwrap_or(&Value::Null));
            if value.as_object().is_some_and(serde_json::Map::is_empty) {
                lost.push(name.clone());
            }
        } else if named && let Some(azure) = azure {
            for element in value.as_array_mut().into_iter().flatten() {
                let key = element["name"].clone();
                let of = |all: &Value| {
                    let all = all.as_array()?;
                    all.iter().find(|own| own["name"] == key).cloned()
                };
                if let Some(azure) = of(azure) {
                    let own = own.and_then(of).unwrap_or_default();
                    repeat(element, &azure, &own);
                }
            }
        }
    }
    for name in lost {
        members.shift_remove(&name);
    }
}

fn is_version(name: &str) -> bool {
    matches!(name, "kubernetesVersion" | "orchestratorVersion")
}

/// Minor and patch of `1.35` or `1.35.7`.
fn numbers(version: &str) -> Option<(u32, Option<u32>)> {
    let mut parts = version.strip_prefix("1.")?.split('.');
    let minor = parts.next()?.parse().ok()?;
    Some((minor, parts.next().and_then(|patch| patch.parse().ok())))
}

fn visit(body: Option<&Value>, see: &mut dyn FnMut(&str, &str)) {
    match body {
        Some(Value::Object(members)) => {
            for (name, member) in members {
                if let Value::String(text) = member {
                    see(name, text);
                }
                visit(Some(member), see);
            }
        }
        Some(Value::Array(elements)) => {
            for element in elements {
                visit(Some(element), see);
            }
        }
        _ => {}
    }
}
