//! Principals as Graph writes them: users, groups and service principals.

use serde_json::{Map, Value, json};

use super::error::GraphError;
use crate::entra::{Principal, PrincipalKind};

/// The kinds of directory objects, as paths name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Group,
    ServicePrincipal,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::User, Self::Group, Self::ServicePrincipal];

    /// The kind a path's collection holds, such as `users`.
    pub(super) fn of_collection(collection: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.collection().eq_ignore_ascii_case(collection))
    }

    pub(super) fn of(principal: &Principal) -> Self {
        match principal.kind {
            PrincipalKind::User => Self::User,
            PrincipalKind::Group => Self::Group,
            PrincipalKind::ServicePrincipal => Self::ServicePrincipal,
        }
    }

    pub(super) fn collection(self) -> &'static str {
        match self {
            Self::User => "users",
            Self::Group => "groups",
            Self::ServicePrincipal => "servicePrincipals",
        }
    }

    /// Its type in the metadata, such as `microsoft.graph.user`.
    pub(super) fn type_name(self) -> String {
        format!("microsoft.graph.{}", self.short_name())
    }

    /// What `getByIds` calls it.
    pub(super) fn short_name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::ServicePrincipal => "servicePrincipal",
        }
    }

    /// What errors call it.
    pub(super) fn resource_name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::ServicePrincipal => "ServicePrincipal",
        }
    }

    /// The properties an answer has when none is selected (Graph docs, resource types).
    fn default_properties(self) -> Option<&'static [&'static str]> {
        match self {
            Self::User => Some(&[
                "businessPhones",
                "displayName",
                "givenName",
                "jobTitle",
                "mail",
                "mobilePhone",
                "officeLocation",
                "preferredLanguage",
                "surname",
                "userPrincipalName",
                "id",
            ]),
            Self::Group | Self::ServicePrincipal => None,
        }
    }
}

/// Everything Graph tells about a principal.
pub(super) fn document(principal: &Principal) -> Map<String, Value> {
    let created = principal.created.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let document = match Kind::of(principal) {
        Kind::User => json!({
            "id": principal.object_id,
            "accountEnabled": true,
            "businessPhones": [],
            "createdDateTime": created,
            "deletedDateTime": null,
            "displayName": principal.display_name,
            "givenName": null,
            "jobTitle": null,
            "mail": principal.mail,
            "mobilePhone": null,
            "officeLocation": null,
            "preferredLanguage": null,
            "surname": null,
            "userPrincipalName": principal.user_principal_name,
            "userType": if principal.is_guest() { "Guest" } else { "Member" },
        }),
        Kind::Group => json!({
            "id": principal.object_id,
            "deletedDateTime": null,
            "classification": null,
            "createdDateTime": created,
            "creationOptions": [],
            "description": principal.description,
            "displayName": principal.display_name,
            "expirationDateTime": null,
            "groupTypes": [],
            "isAssignableToRole": null,
            "mail": principal.mail,
            "mailEnabled": principal.distribution,
            "mailNickname": principal.mail_nickname,
            "membershipRule": null,
            "onPremisesSyncEnabled": null,
            "proxyAddresses": [],
            "renewedDateTime": created,
            "securityEnabled": !principal.distribution,
            "visibility": null,
        }),
        Kind::ServicePrincipal => {
            let managed = principal.managed_identity || principal.secrets.is_empty();
            let kind = if managed && principal.federations.is_empty() {
                "ManagedIdentity"
            } else {
                "Application"
            };
            json!({
                "id": principal.object_id,
                "deletedDateTime": null,
                "accountEnabled": true,
                "appDisplayName": principal.display_name,
                "appId": principal.app_id,
                "appRoleAssignmentRequired": false,
                "appRoles": [],
                "createdDateTime": created,
                "displayName": principal.display_name,
                "oauth2PermissionScopes": [],
                "servicePrincipalNames": [principal.app_id],
                "servicePrincipalType": kind,
                "tags": [],
            })
        }
    };
    match document {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The part of a document that an answer has: what `$select` names, or the usual properties.
pub(super) fn select(
    kind: Kind,
    document: &Map<String, Value>,
    selected: Option<&str>,
) -> Result<Map<String, Value>, GraphError> {
    let names: Vec<&str> = match (selected, kind.default_properties()) {
        (Some(selected), _) => selected.split(',').map(str::trim).collect(),
        (None, Some(names)) => names.to_vec(),
        (None, None) => return Ok(document.clone()),
    };
    names
        .into_iter()
        .map(|name| {
            let found = document.get_key_value(name);
            found
                .map(|(name, value)| (name.clone(), value.clone()))
                .ok_or_else(|| {
                    GraphError::bad_request(format!(
                        "Parsing OData Select and Expand failed: Could not find a property named \
                         '{name}' on type '{}'.",
                        kind.type_name()
                    ))
                })
        })
        .collect()
}

/// An object in a list of objects of many kinds. Who may not read its kind sees that it is there.
pub(super) fn directory_object(
    principal: &Principal,
    readable: bool,
    selected: Option<&str>,
) -> Value {
    let kind = Kind::of(principal);
    let mut object = Map::new();
    object.insert(
        "@odata.type".into(),
        json!(format!("#{}", kind.type_name())),
    );
    let document = document(principal);
    // Here a property of another kind is left out instead of refused.
    let usual = || select(kind, &document, None).unwrap_or_default();
    let shown = match selected {
        Some(selected) => selected
            .split(',')
            .filter_map(|name| document.get_key_value(name.trim()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
        None => usual(),
    };
    for (name, value) in shown {
        let value = if readable || name == "id" {
            value
        } else {
            Value::Null
        };
        object.insert(name, value);
    }
    Value::Object(object)
}
