//! The simulator to beat: one that answers the last body written to a resource, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fields::{Fields, of_answer};
use crate::recording::Recorded;

/// The last bodies written, by path in lower case.
#[derive(Default)]
pub(crate) struct Echo {
    written: BTreeMap<String, Value>,
}

impl Echo {
    /// Its answer to a recorded request.
    pub(crate) fn answer(&mut self, recorded: &Recorded) -> Fields {
        let key = recorded.key();
        let (status, body) = match recorded.method.as_str() {
            "PUT" => {
                let body = recorded.request.clone().unwrap_or_default();
                let before = self.written.insert(key, body.clone());
                (if before.is_some() { 200 } else { 201 }, body)
            }
            "DELETE" => {
                self.written.remove(&key);
                (202, Value::Null)
            }
            "GET" => match self.written.get(&key) {
                Some(body) => (200, body.clone()),
                None => (404, Value::Null),
            },
            _ => (200, Value::Null),
        };
        of_answer(status, &BTreeMap::new(), &body)
    }
}
