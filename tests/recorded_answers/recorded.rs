//! Reading the recordings, one JSON line an exchange.

use std::path::PathBuf;

use serde_json::Value;

/// All exchanges with Resource Manager, in the order of scenarios and files.
#[expect(
    clippy::disallowed_methods,
    reason = "where the records lie is said by the environment"
)]
pub(crate) fn exchanges() -> Vec<Value> {
    let folder = std::env::var_os("SECUREAKS_RECORDINGS").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.is_dir()).unwrap_or_else(|| {
        panic!("set SECUREAKS_RECORDINGS to the folder of recorded traffic, which this test reads")
    });
    let index = std::fs::read_to_string(folder.join("INDEX.json")).expect("an index");
    let index: Vec<Value> = serde_json::from_str(&index).expect("an index");
    let mut exchanges = Vec::new();
    for entry in index {
        let scenario = entry["scenario"].as_str().expect("a name");
        let lines = std::fs::read_to_string(folder.join(format!("{scenario}.jsonl")));
        for line in lines.expect("a recording").lines() {
            let mut exchange: Value = serde_json::from_str(line).expect("an exchange");
            exchange["scenario"] = scenario.into();
            let body = exchange["response_body"].as_str().map(serde_json::from_str);
            if let Some(Ok(body)) = body {
                exchange["response_body"] = body;
            }
            exchanges.push(exchange);
        }
    }
    exchanges
}

/// The path of an exchange, without query.
pub(crate) fn path(exchange: &Value) -> &str {
    let url = exchange["url"].as_str().expect("an address");
    url.split('?').next().unwrap_or_default()
}

/// Where an exchange is found again.
pub(crate) fn name(exchange: &Value) -> String {
    format!(
        "{} {} ({})",
        exchange["scenario"], exchange["file"], exchange["seq"]
    )
}

/// A document without what is null: to Azure null and absent are one.
pub(crate) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(name, member)| (name.clone(), without_nulls(member)))
            .collect(),
        Value::Array(elements) => elements.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}
