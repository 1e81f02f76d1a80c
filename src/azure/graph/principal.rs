//! A user, group or service principal as Microsoft Graph describes it.

use serde_json::Value;

/// Something that can be given rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Its object id.
    pub id: String,
    /// What it is, and what only things of its kind have.
    pub kind: Kind,
    /// What people call it; not unique.
    pub display_name: Option<String>,
}

/// What a principal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A person.
    User {
        /// The name the person signs in with, in the letters tokens have.
        user_principal_name: Option<String>,
    },
    /// A group.
    Group {
        /// Whether it can be given rights; a distribution group cannot. `None` where it may not be
        /// read.
        security_enabled: Option<bool>,
    },
    /// An application in this tenant, or a managed identity.
    ServicePrincipal,
    /// Something else, by Graph's name for it.
    Other(String),
}

impl Principal {
    /// Reads an object of Graph's. `expected` is its type where the request allows only one: Graph
    /// then leaves `@odata.type` out.
    pub(super) fn read(object: &Value, expected: &str) -> Option<Self> {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let kind = text("@odata.type");
        let kind = kind.as_deref().unwrap_or(expected);
        let kind = match kind.trim_start_matches("#microsoft.graph.") {
            "user" => Kind::User {
                user_principal_name: text("userPrincipalName"),
            },
            "group" => Kind::Group {
                security_enabled: object.get("securityEnabled").and_then(Value::as_bool),
            },
            "servicePrincipal" => Kind::ServicePrincipal,
            other => Kind::Other(other.to_owned()),
        };
        Some(Self {
            id: text("id")?,
            kind,
            display_name: text("displayName"),
        })
    }

    /// Reads the objects of a list.
    pub(super) fn read_all(body: &Value, expected: &str) -> Vec<Self> {
        let objects = body.get("value").and_then(Value::as_array);
        let objects = objects.into_iter().flatten();
        objects
            .filter_map(|object| Self::read(object, expected))
            .collect()
    }

    /// Whether it is a person who signs in elsewhere. The tokens of guests name no user principal
    /// name (Azure/guard, `auth/providers/azure`), and the one in the directory says `#EXT#`.
    pub fn is_guest(&self) -> bool {
        let Kind::User {
            user_principal_name: Some(name),
        } = &self.kind
        else {
            return false;
        };
        name.to_ascii_uppercase().contains("#EXT#")
    }

    /// The principal for messages: its name, where it has one, and its object id.
    pub fn shown(&self) -> String {
        let name = match &self.kind {
            Kind::User {
                user_principal_name: Some(name),
            } => Some(name),
            _ => self.display_name.as_ref(),
        };
        name.map_or_else(|| self.id.clone(), |name| format!("{name} ({})", self.id))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_guest_is_told_from_a_user_of_the_tenant() {
        let read = |name: &str| {
            let object = json!({"id": "1", "userPrincipalName": name});
            Principal::read(&object, "user").unwrap().is_guest()
        };

        let guests = [
            read("alice@contoso.com"),
            read("bob_fabrikam.com#EXT#@contoso.onmicrosoft.com"),
        ];

        assert_eq!(guests, [false, true]);
    }

    #[test]
    fn what_may_not_be_read_of_a_group_stays_open() {
        let object =
            json!({"@odata.type": "#microsoft.graph.group", "id": "1", "securityEnabled": null});

        let group = Principal::read(&object, "").unwrap();

        let kind = Kind::Group {
            security_enabled: None,
        };
        assert_eq!((group.kind, group.display_name), (kind, None));
    }
}
