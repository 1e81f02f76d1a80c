//! Groups made, filled and deleted through Graph.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::error::GraphError;
use super::object::{Kind, document};
use super::permission::Rights;
use crate::entra::{Directory, Principal, PrincipalKind};

/// `POST /groups`. The group is known here only after a while.
pub(super) fn create(
    directory: &mut Directory,
    rights: &Rights,
    body: &Value,
    id: String,
    now: Timestamp,
) -> Result<Map<String, Value>, GraphError> {
    rights.must_create_groups()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let required = |name: &str| {
        text(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| GraphError::value_required(name, Kind::Group.resource_name()))
    };
    let switch = |name: &str| {
        body.get(name)
            .and_then(Value::as_bool)
            .ok_or_else(|| GraphError::value_required(name, Kind::Group.resource_name()))
    };
    let group = Principal {
        object_id: id,
        kind: PrincipalKind::Group,
        display_name: required("displayName")?,
        mail_nickname: Some(required("mailNickname")?),
        description: text("description"),
        created: now,
        ..Principal::default()
    };
    if switch("mailEnabled")? || !switch("securityEnabled")? {
        return Err(GraphError::request(
            "The service does not currently support writes of mail-enabled groups. Please ensure \
             that the mail-enablement property is unset and the security-enablement property is \
             set.",
        ));
    }
    let members = body.get("members@odata.bind").and_then(Value::as_array);
    let members: Vec<String> = members
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|address| referenced(address).to_owned())
        .collect();
    if let Some(unknown) = members.iter().find(|id| directory.principal(id).is_none()) {
        return Err(GraphError::not_found(unknown));
    }
    let created = document(&group);
    let id = group.object_id.clone();
    directory.put(group);
    for member in members {
        directory.add_member(&id, &member);
    }
    Ok(created)
}

/// `POST /groups/{id}/members/$ref`.
pub(super) fn add_member(
    directory: &mut Directory,
    rights: &Rights,
    group: &str,
    body: &Value,
) -> Result<(), GraphError> {
    rights.must_write_members()?;
    let address = body.get("@odata.id").and_then(Value::as_str);
    let address = address.ok_or_else(|| {
        GraphError::bad_request(
            "A null value was found for the property named '@odata.id', which has the expected \
             type 'Edm.String[Nullable=False]'.",
        )
    })?;
    let member = referenced(address);
    if directory.principal(member).is_none() {
        return Err(GraphError::not_found(member));
    }
    if !directory.add_member(group, member) {
        return Err(GraphError::request(
            "One or more added object references already exist for the following modified \
             properties: 'members'.",
        ));
    }
    Ok(())
}

/// `DELETE /groups/{id}/members/{id}/$ref`.
pub(super) fn remove_member(
    directory: &mut Directory,
    rights: &Rights,
    group: &str,
    member: &str,
) -> Result<(), GraphError> {
    rights.must_write_members()?;
    if directory.remove_member(group, member) {
        Ok(())
    } else {
        Err(GraphError::not_found(member))
    }
}

/// `DELETE /groups/{id}`.
pub(super) fn delete(
    directory: &mut Directory,
    rights: &Rights,
    group: &str,
    now: Timestamp,
) -> Result<(), GraphError> {
    rights.must_write_groups()?;
    if directory.delete(group, now) {
        Ok(())
    } else {
        Err(GraphError::not_found(group))
    }
}

/// The object an address ends in, such as `https://…/v1.0/directoryObjects/ID`.
fn referenced(address: &str) -> &str {
    address.rsplit('/').next().unwrap_or(address)
}
