//! States of the time when `principals` was a list, and `subjects` had its order.

use serde_json::Value as Json;

use super::spec::Principal;
use crate::{
    framework::{Block as _, Diagnostics, Origin},
    value::{Value, from_json},
};

/// The state with `subjects` in the order in which principals are read from a set. Whom only a right is left of stays
/// behind them.
pub(super) fn subjects(mut state: Json) -> Json {
    let (Some(principals), Some(subjects)) =
        (state["principals"].as_array(), state["subjects"].as_array())
    else {
        return state;
    };
    let mut pairs: Vec<(Principal, Json)> = principals
        .iter()
        .map(principal)
        .zip(subjects.iter().cloned())
        .collect();
    pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
    let others = subjects.iter().skip(pairs.len()).cloned();
    let ordered: Vec<Json> = pairs
        .iter()
        .map(|(_, subject)| subject.clone())
        .chain(others)
        .collect();
    state["subjects"] = ordered.into();
    state
}

fn principal(written: &Json) -> Principal {
    let value = from_json(written.to_string().as_bytes(), &Principal::schema().ty());
    let value = value.unwrap_or(Value::Null);
    Principal::from_value(&value, Origin::Service, &mut Diagnostics::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn subjects_follow_the_principals_they_are_of() {
        let principal = |kind: &str, id: &str| json!({ "type": kind, "object_id": id });
        let state = json!({
            "principals": [
                principal("User", "b"),
                { "type": "Group", "display_name": "Z" },
                principal("Group", "c"),
                { "type": "Group", "display_name": "A" },
            ],
            "subjects": ["b", "z", "c", "a", "left"],
        });

        let ordered = subjects(state);

        assert_eq!(ordered["subjects"], json!(["a", "z", "b", "c", "left"]));
    }
}
