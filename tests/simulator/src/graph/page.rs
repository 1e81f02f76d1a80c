//! Lists: filtered, cut into pages, counted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Call;
use super::error::GraphError;
use super::filter::Filter;
use super::object::{Kind, document, select};
use crate::entra::Principal;

/// How many objects a page has (Graph docs, "Paging").
const USUAL_SIZE: usize = 100;
const LARGEST_SIZE: usize = 999;

/// A page of the objects of one kind, as `$filter` and `$select` ask for.
pub(super) fn list(call: &Call<'_>, kind: Kind) -> Result<Value, GraphError> {
    let found = filtered(call, kind)?;
    let selected = call.parameter("$select");
    let mut objects = Vec::new();
    for principal in &found {
        let object = select(kind, &document(principal), selected)?;
        objects.push(Value::Object(object));
    }
    page(call, kind.collection(), objects)
}

/// How many objects of a kind there are, as a plain number.
pub(super) fn count(call: &Call<'_>, kind: Kind) -> Result<usize, GraphError> {
    if !call.eventual() {
        return Err(GraphError::request("$count is not currently supported."));
    }
    Ok(filtered(call, kind)?.len())
}

fn filtered<'a>(call: &Call<'a>, kind: Kind) -> Result<Vec<&'a Principal>, GraphError> {
    let filter = call
        .parameter("$filter")
        .map(|text| Filter::parse(text, call.advanced()))
        .transpose()?;
    let mut found = Vec::new();
    for principal in call.replicated().filter(|one| Kind::of(one) == kind) {
        let wanted = match &filter {
            Some(filter) => filter.holds(kind, &document(principal))?,
            None => true,
        };
        if wanted {
            found.push(principal);
        }
    }
    Ok(found)
}

/// The part of a list that a page shows, with the address of the next one.
pub(super) fn page(
    call: &Call<'_>,
    context: &str,
    objects: Vec<Value>,
) -> Result<Value, GraphError> {
    let size = match call.parameter("$top") {
        None => USUAL_SIZE,
        Some(text) => text
            .parse()
            .ok()
            .filter(|size| (1..=LARGEST_SIZE).contains(size))
            .ok_or_else(|| {
                GraphError::unsupported_query(format!(
                    "Invalid page size specified: '{text}'. Must be between 1 and {LARGEST_SIZE} \
                     inclusive."
                ))
            })?,
    };
    let start = match call.parameter("$skiptoken") {
        None => 0,
        Some(token) => position(token)
            .ok_or_else(|| GraphError::bad_request("The specified page token value is invalid."))?,
    };
    let total = objects.len();
    let mut body = Map::new();
    let origin = call.origin;
    body.insert(
        "@odata.context".into(),
        json!(format!("{origin}/v1.0/$metadata#{context}")),
    );
    if call.advanced() {
        body.insert("@odata.count".into(), json!(total));
    }
    if start + size < total {
        body.insert("@odata.nextLink".into(), json!(next(call, start + size)));
    }
    let shown: Vec<Value> = objects.into_iter().skip(start).take(size).collect();
    body.insert("value".into(), Value::Array(shown));
    Ok(Value::Object(body))
}

/// The address of the page that begins at a position: everything asked for, and a token nobody
/// should look into.
fn next(call: &Call<'_>, start: usize) -> String {
    let token = URL_SAFE_NO_PAD.encode(format!("from {start}"));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(call.query.iter().filter(|(name, _)| *name != "$skiptoken"))
        .append_pair("$skiptoken", &token)
        .finish();
    format!("{}{}?{query}", call.origin, call.path)
}

fn position(token: &str) -> Option<usize> {
    let text = URL_SAFE_NO_PAD.decode(token).ok()?;
    let text = String::from_utf8(text).ok()?;
    text.strip_prefix("from ")?.parse().ok()
}
