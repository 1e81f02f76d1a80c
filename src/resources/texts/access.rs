//! Texts about who may do what: principals, roles and bindings.

use super::names::ruled;
use crate::{framework::Text, text_content};

ruled! {
    /// The object id of a user, group or service principal.
    ObjectId,
    "an object id, a UUID (`az ad user show`, `az ad group show` or `az ad sp show`, with `--query id`)",
    |text| uuid::Uuid::parse_str(text).map(|_| ()).map_err(|_| "it is no UUID; a name goes into `user_principal_name` or `display_name`".to_owned()),
    str::eq_ignore_ascii_case
}

ruled! {
    /// The name a user signs in with. Tokens have it in the directory's letters, so case is kept.
    UserPrincipalName,
    "a user principal name such as `alice@contoso.com` (`az ad user show --query userPrincipalName`)",
    |text| match text.split_once('@') {
        Some((name, domain)) if !name.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace) => Ok(()),
        Some(_) => Err("it is no user principal name".to_owned()),
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
        .find(|c| "/%".contains(*c) || c.is_whitespace())
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
            "it is no UUID; a name goes into `user_principal_name` or `display_name`"
        );
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
