//! Who is in which group, directly and through other groups.

use serde_json::{Value, json};

use super::Call;
use super::error::GraphError;
use super::object::{Kind, directory_object};
use super::page::page;
use crate::entra::Principal;

/// How many groups can be checked at once (Graph docs, "Check member groups").
const MOST_CHECKED: usize = 20;

/// The members of a group; with `transitive` also those of the groups in it.
pub(super) fn members(
    call: &Call<'_>,
    group: &Principal,
    transitive: bool,
    only: Option<Kind>,
) -> Result<Value, GraphError> {
    call.rights.must_read(Kind::Group)?;
    let id = group.object_id.to_lowercase();
    let is_member = |one: &&Principal| {
        if transitive {
            call.directory.memberships(&one.object_id).contains(&id)
        } else {
            one.member_of
                .iter()
                .any(|own| own.eq_ignore_ascii_case(&id))
        }
    };
    objects(call, call.replicated().filter(is_member).collect(), only)
}

/// The groups an object is in; with `transitive` also those these groups are in.
pub(super) fn groups_of(
    call: &Call<'_>,
    principal: &Principal,
    transitive: bool,
    only: Option<Kind>,
) -> Result<Value, GraphError> {
    call.rights.must_read_memberships(principal)?;
    let ids = if transitive {
        call.directory.memberships(&principal.object_id)
    } else {
        principal.member_of.clone()
    };
    let groups = ids.iter().filter_map(|id| call.find(id)).collect();
    objects(call, groups, only)
}

/// `checkMemberGroups`: which of the named groups an object is in.
pub(super) fn check_member_groups(
    call: &Call<'_>,
    principal: &Principal,
) -> Result<Value, GraphError> {
    call.rights.must_read_memberships(principal)?;
    let asked = call.texts("groupIds")?;
    if asked.len() > MOST_CHECKED {
        let text = format!("The number of groups to check exceeds the limit of {MOST_CHECKED}.");
        return Err(GraphError::request(text));
    }
    let own = call.directory.memberships(&principal.object_id);
    let found: Vec<String> = asked
        .into_iter()
        .filter(|id| own.contains(&id.to_lowercase()))
        .collect();
    Ok(strings(call, &found))
}

/// `getMemberGroups`: all groups an object is in, or all security groups.
pub(super) fn get_member_groups(
    call: &Call<'_>,
    principal: &Principal,
) -> Result<Value, GraphError> {
    call.rights.must_read_memberships(principal)?;
    let only = call.body.get("securityEnabledOnly");
    let only = only.and_then(Value::as_bool).ok_or_else(|| {
        GraphError::request("The parameter 'securityEnabledOnly' is required and a boolean.")
    })?;
    let own = if only {
        call.directory.groups(&principal.object_id)
    } else {
        call.directory.memberships(&principal.object_id)
    };
    Ok(strings(call, &own))
}

fn objects(
    call: &Call<'_>,
    found: Vec<&Principal>,
    only: Option<Kind>,
) -> Result<Value, GraphError> {
    let selected = call.parameter("$select");
    let shown = found
        .into_iter()
        .filter(|one| only.is_none_or(|kind| Kind::of(one) == kind))
        .map(|one| directory_object(one, call.rights.reads_object(one), selected));
    page(call, "directoryObjects", shown.collect())
}

fn strings(call: &Call<'_>, value: &[String]) -> Value {
    let origin = call.origin;
    json!({
        "@odata.context": format!("{origin}/v1.0/$metadata#Collection(Edm.String)"),
        "value": value,
    })
}
