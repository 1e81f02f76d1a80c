//! Which services tokens can be asked for, and how each names itself.

use super::error::SignInError;
use crate::origins::Origins;

/// The application id of the API server of every AKS cluster.
const AKS_SERVER: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// A service tokens are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    ResourceManager,
    Graph,
    KeyVault,
    AksServer,
}

impl Audience {
    /// The service a resource identifier stands for.
    fn of(resource: &str, origins: &Origins) -> Option<Self> {
        let resource = resource.trim_end_matches('/');
        let known: [(&[&str], Self); 4] = [
            (
                &[
                    "https://management.azure.com",
                    "https://management.core.windows.net",
                    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
                    &origins.arm,
                ],
                Self::ResourceManager,
            ),
            (
                &[
                    "https://graph.microsoft.com",
                    "00000003-0000-0000-c000-000000000000",
                    &origins.graph,
                ],
                Self::Graph,
            ),
            (
                &[
                    "https://vault.azure.net",
                    "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
                ],
                Self::KeyVault,
            ),
            (&[AKS_SERVER], Self::AksServer),
        ];
        known
            .into_iter()
            .find(|(names, _)| names.iter().any(|name| name.eq_ignore_ascii_case(resource)))
            .map(|(_, audience)| audience)
    }
}

/// Whether a token with this `aud` is for a service.
pub(super) fn is_for(service: Audience, audience: &str, origins: &Origins) -> bool {
    Audience::of(audience, origins) == Some(service)
}

/// The `aud` of the token asked for by scope (v2) or resource (v1).
///
/// Entra keeps the spelling of the scope, less `/.default`: the scope
/// `https://management.azure.com//.default` gives an audience with a slash at its end.
pub(super) fn requested(
    form: &std::collections::BTreeMap<String, String>,
    application: bool,
    tenant: &str,
    origins: &Origins,
) -> Result<String, SignInError> {
    let resource = match (form.get("scope"), form.get("resource")) {
        (Some(scope), _) => resource_of_scope(scope, application)?,
        (None, Some(resource)) => resource.clone(),
        (None, None) => return Err(SignInError::missing_parameter("scope")),
    };
    if Audience::of(&resource, origins).is_none() {
        return Err(SignInError::unknown_resource(&resource, tenant));
    }
    Ok(resource)
}

fn resource_of_scope(scope: &str, application: bool) -> Result<String, SignInError> {
    let scopes: Vec<&str> = scope
        .split_whitespace()
        .filter(|scope| !["openid", "profile", "offline_access", "email"].contains(scope))
        .collect();
    let [wanted] = scopes.as_slice() else {
        return Err(SignInError::invalid_scope(scope));
    };
    if let Some(resource) = wanted.strip_suffix("/.default") {
        Ok(resource.to_owned())
    } else if application {
        Err(SignInError::scope_without_default(wanted))
    } else {
        // A delegated scope, such as `https://management.azure.com/user_impersonation`.
        match wanted.rsplit_once('/') {
            Some((resource, _)) => Ok(resource.to_owned()),
            None => Err(SignInError::invalid_scope(scope)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn origins() -> Origins {
        Origins {
            arm: "https://127.0.0.1:1".into(),
            login: "https://127.0.0.1:2".into(),
            graph: "https://127.0.0.1:3".into(),
            control: "http://127.0.0.1:4".into(),
        }
    }

    fn audience(name: &str, value: &str) -> Result<String, SignInError> {
        let form = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        requested(&form, true, "t", &origins())
    }

    #[test]
    fn the_audience_keeps_the_spelling_of_the_scope() {
        let cases = [
            "https://management.azure.com",
            "https://management.azure.com/",
            "https://127.0.0.1:1",
            AKS_SERVER,
        ];

        for resource in cases {
            assert_eq!(
                audience("scope", &format!("{resource}/.default")),
                Ok(resource.to_owned())
            );
            assert_eq!(audience("resource", resource), Ok(resource.to_owned()));
        }
    }

    #[test]
    fn scopes_that_name_no_service_are_refused() {
        let no_default = "https://management.azure.com/user_impersonation";

        assert_eq!(
            audience("scope", "a b"),
            Err(SignInError::invalid_scope("a b"))
        );
        assert_eq!(
            audience("scope", no_default),
            Err(SignInError::scope_without_default(no_default))
        );
        assert_eq!(
            audience("scope", "x/.default"),
            Err(SignInError::unknown_resource("x", "t"))
        );
        assert_eq!(
            audience("other", "x"),
            Err(SignInError::missing_parameter("scope"))
        );
    }
}
