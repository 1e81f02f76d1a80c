//! Acting as somebody else, as `kubectl --as` does (apiserver, `endpoints/filters/impersonation`).

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;

use super::attributes::{Attributes, ResourceAttributes, Target};
use super::authorization::{Memory, authorize, forbidden};
use super::status::Status;
use super::user::{AUTHENTICATED, User};
use super::view::View;
use crate::message::Message;

const USER: &str = "impersonate-user";
const GROUP: &str = "impersonate-group";
const UID: &str = "impersonate-uid";
const EXTRA: &str = "impersonate-extra-";

/// The user a request is to be handled as. Its sender must be allowed to `impersonate` each part.
pub(crate) fn impersonate(
    view: &View<'_>,
    memory: &mut Memory,
    user: User,
    message: &Message,
) -> Result<User, Status> {
    let wanted = wanted(message)?;
    let Some(wanted) = wanted else {
        return Ok(user);
    };
    for target in targets(&wanted) {
        let attributes = Attributes {
            verb: "impersonate".into(),
            target: Target::Resource(target),
        };
        let decision = authorize(view, memory, &user, &attributes);
        if !decision.allowed {
            return Err(forbidden(&user, &attributes, &decision));
        }
    }
    Ok(completed(wanted))
}

/// The user the headers name; `None` when they name nobody.
fn wanted(message: &Message) -> Result<Option<User>, Status> {
    let groups: BTreeSet<String> = values(message.header(GROUP)).collect();
    let extra: BTreeMap<String, Vec<String>> = message
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let key = percent_decode_str(name.strip_prefix(EXTRA)?);
            let key = key.decode_utf8_lossy().to_lowercase();
            Some((key, values(Some(value)).collect()))
        })
        .collect();
    let uid = message.header(UID).unwrap_or_default().to_owned();
    let Some(name) = message.header(USER).filter(|name| !name.is_empty()) else {
        if groups.is_empty() && extra.is_empty() && uid.is_empty() {
            return Ok(None);
        }
        return Err(Status {
            code: 500,
            reason: "InternalError",
            message: "Internal error occurred: requested impersonation of groups, uid or extra \
                      without impersonating a user"
                .into(),
            details: None,
        });
    };
    Ok(Some(User {
        name: name.to_owned(),
        uid,
        groups,
        extra,
    }))
}

/// The values of a header that may come several times.
fn values(header: Option<&str>) -> impl Iterator<Item = String> {
    let parts = header.into_iter().flat_map(|text| text.split(','));
    parts
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
}

/// What the sender must be allowed to impersonate.
fn targets(wanted: &User) -> Vec<ResourceAttributes> {
    let target = |group: &str, resource: &str, name: &str| ResourceAttributes {
        group: group.into(),
        version: "v1".into(),
        resource: resource.into(),
        name: name.into(),
        ..ResourceAttributes::default()
    };
    let account = service_account(&wanted.name);
    let mut targets = vec![match account {
        Some((namespace, name)) => ResourceAttributes {
            namespace: namespace.into(),
            ..target("", "serviceaccounts", name)
        },
        None => target("", "users", &wanted.name),
    }];
    if !wanted.uid.is_empty() {
        targets.push(target("authentication.k8s.io", "uids", &wanted.uid));
    }
    targets.extend(
        wanted
            .groups
            .iter()
            .map(|group| target("", "groups", group)),
    );
    for (key, values) in &wanted.extra {
        targets.extend(values.iter().map(|value| ResourceAttributes {
            subresource: key.clone(),
            ..target("authentication.k8s.io", "userextras", value)
        }));
    }
    targets
}

/// With the groups that everybody is in.
fn completed(mut user: User) -> User {
    if let Some((namespace, _)) = service_account(&user.name)
        && user.groups.is_empty()
    {
        user.groups.insert("system:serviceaccounts".into());
        let own = format!("system:serviceaccounts:{namespace}");
        user.groups.insert(own);
    }
    let everybody = if user.name == "system:anonymous" {
        "system:unauthenticated"
    } else {
        AUTHENTICATED
    };
    user.groups.insert(everybody.into());
    user
}

/// Namespace and name of a service account's user.
fn service_account(user: &str) -> Option<(&str, &str)> {
    user.strip_prefix("system:serviceaccount:")?.split_once(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(headers: &[(&str, &str)]) -> Message {
        let headers = headers.iter();
        Message {
            headers: headers
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Message::default()
        }
    }

    #[test]
    fn headers_name_user_groups_and_extra() {
        let message = message(&[
            (USER, "dev@example"),
            (GROUP, "a, b"),
            ("impersonate-extra-oid", "1"),
        ]);

        let user = completed(wanted(&message).unwrap().unwrap());

        let groups = ["a", "b", AUTHENTICATED].map(str::to_owned);
        assert_eq!(
            (user.name.as_str(), user.groups),
            ("dev@example", groups.into())
        );
        assert_eq!(user.extra["oid"], ["1"]);
    }

    #[test]
    fn groups_without_a_user_are_an_error() {
        let status = wanted(&message(&[(GROUP, "a")])).unwrap_err();

        assert_eq!((status.code, status.reason), (500, "InternalError"));
    }

    #[test]
    fn a_service_account_is_asked_for_in_its_namespace() {
        let user = User {
            name: "system:serviceaccount:team:builder".into(),
            ..User::default()
        };

        let targets = targets(&user);

        let asked = &targets[0];
        assert_eq!(
            (
                asked.resource.as_str(),
                asked.namespace.as_str(),
                asked.name.as_str()
            ),
            ("serviceaccounts", "team", "builder")
        );
    }
}
