//! What was deleted and can be restored for thirty days (Graph docs, "deletedItem (directory object)").

use serde_json::json;

use super::error::GraphError;
use super::filter::Filter;
use super::object::{Kind, directory_object, document};
use super::{Answer, Call};

/// Answers what follows `/directory/deletedItems`: one object by its id, or those of a kind.
pub(super) fn answer(call: &Call<'_>, rest: &[&str]) -> Answer {
    match rest {
        [name] => match Kind::ALL.into_iter().find(|kind| kind.type_name() == *name) {
            Some(kind) => list(call, kind),
            None => one(call, name),
        },
        _ => Ok(None),
    }
}

fn one(call: &Call<'_>, id: &str) -> Answer {
    let found = call
        .directory
        .deleted(call.now)
        .find(|one| one.object_id.eq_ignore_ascii_case(id));
    let found = found.ok_or_else(|| GraphError::not_found(id))?;
    call.rights.must_read(Kind::of(found))?;
    let object = directory_object(found, true, call.parameter("$select"));
    Ok(Some((200, call.entity("directoryObjects", object))))
}

fn list(call: &Call<'_>, kind: Kind) -> Answer {
    call.rights.must_read(kind)?;
    let filter = call
        .parameter("$filter")
        .map(|text| Filter::parse(text, call.advanced()))
        .transpose()?;
    let mut value = Vec::new();
    for principal in call.directory.deleted(call.now) {
        let wanted = match &filter {
            Some(filter) => filter.holds(kind, &document(principal))?,
            None => true,
        };
        if wanted && Kind::of(principal) == kind {
            value.push(directory_object(principal, true, call.parameter("$select")));
        }
    }
    let context = format!("{}/v1.0/$metadata#directoryObjects", call.origin);
    Ok(Some((
        200,
        json!({ "@odata.context": context, "value": value }),
    )))
}
