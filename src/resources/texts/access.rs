//! Texts about who may do what: principals, roles and bindings.

use super::names::ruled;
use crate::{framework::Text, text_content};

ruled! {
    /// The object id of a user, group or service principal.
    ObjectId,
    "an object id, a UUID (`az ad user show`, `az ad group show` or `az ad sp show`, with `--query id`)",
    |text| uuid::Uuid::parse_str(text).map(|_| ()).map_err(|_| "it is not a UUID; a name goes into `user_principal_name` or `display_name`".to_owned()),
    str::eq_ignore_ascii_case
}

ruled! {
    /// The name a user signs in with. Tokens have it in the directory's letters, so case is kept.
    UserPrincipalName,
    "a user principal name such as `alice@contoso.com` (`az ad user show --query userPrincipalName`)",
    |text| match text.split_once('@') {
        Some((name, domain)) => check_parts(name, domain),
        None => Err("it has no `@`".to_owned()),
    },
    str::eq_ignore_ascii_case
}

ruled! {
    /// The name of a Kubernetes role, such as `edit` or `system:node`.
    RoleName,
    "the name of a role, such as `edit`",
    check_segment,
    |left, right| left == right
}

ruled! {
    /// The name of a Kubernetes role binding. It is part of our id, too.
    BindingName,
    "a name such as `developers`: up to 253 letters, digits, `-`, `.`, `_` or `:`",
    |text| {
        check_segment(text)?;
        match text.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._:".contains(*c)) {
            Some(wrong) => Err(format!("it contains {wrong:?}")),
            None if text.starts_with("system:") => Err("names that begin with `system:` belong to Kubernetes".to_owned()),
            None => Ok(()),
        }
    },
    |left, right| left == right
}

/// The rule for user principal names (Microsoft Graph, `user`: "Allowed characters are A - Z, a - z, 0 - 9, ' . - _ !
/// # ^ ~"; names that were made in older directories have some more).
fn check_parts(name: &str, domain: &str) -> Result<(), String> {
    let check = |text: &str, besides: &str| match text
        .chars()
        .find(|c| !c.is_alphanumeric() && !besides.contains(*c))
    {
        Some(wrong) => Err(format!("it contains {wrong:?}")),
        None if text.is_empty() => Err("it has nothing before or after its `@`".to_owned()),
        None => Ok(()),
    };
    check(name, "'.-_!#^~$&+=*")?;
    check(domain, ".-")
}

/// The rule for names of RBAC objects (Kubernetes, `ValidatePathSegmentName`).
fn check_segment(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if matches!(text, "." | "..") {
        return Err("it is a path".to_owned());
    }
    if text.len() > 253 {
        return Err(format!("it has {} characters", text.len()));
    }
    match text
        .chars()
        .find(|c| "/%".contains(*c) || c.is_whitespace() || c.is_control())
    {
        Some(wrong) => Err(format!("it contains {wrong:?}")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_from_an_object_id() {
        let refused = ObjectId::parse("alice@contoso.com").unwrap_err();

        assert_eq!(
            refused,
            "it is not a UUID; a name goes into `user_principal_name` or `display_name`"
        );
    }

    #[test]
    fn a_user_principal_name_has_two_parts_of_entras_characters() {
        let names = [
            "alice@contoso.com",
            "o'neill@contoso.com",
            "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com",
            "alice",
            "@contoso.com",
            "alice@",
            "a/b@contoso.com",
            "a?b@contoso.com",
            "..\\a@contoso.com",
            "a@contoso.com/x",
            "a@contoso.com#x",
            "a\n@contoso.com",
        ];

        let accepted = names.map(|name| UserPrincipalName::parse(name).is_ok());

        let mut wanted = [false; 12];
        wanted[..3].fill(true);
        assert_eq!(accepted, wanted);
    }

    #[test]
    fn names_of_roles_are_those_that_an_address_of_kubernetes_can_hold() {
        let names = [
            "edit",
            "system:node",
            "a?b",
            "..",
            "a/b",
            "a%2Fb",
            "a\u{1b}b",
        ];

        let accepted = names.map(|name| RoleName::parse(name).is_ok());

        assert_eq!(accepted, [true, true, true, false, false, false, false]);
    }

    #[test]
    fn names_of_bindings_follow_kubernetes_rules() {
        let names = [
            "devs",
            "a.b:c_d",
            "",
            ".",
            "a/b",
            "a b",
            "system:x",
            &"a".repeat(254),
        ];

        let accepted: Vec<bool> = names
            .iter()
            .map(|name| BindingName::parse(name).is_ok())
            .collect();

        assert_eq!(
            accepted,
            [true, true, false, false, false, false, false, false]
        );
    }
}
