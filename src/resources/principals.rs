//! Whom an id or a name of a configuration stands for, by what Microsoft Graph answers: judged alike wherever principals
//! are named.

use std::collections::BTreeSet;

use crate::{
    azure::{
        self, Client, Error,
        arm::role_assignment::PrincipalType,
        graph::{self, Answer, Question},
    },
    framework::{Attr, Diagnostic, Text as _},
    resources::texts::GroupId,
    value::Path,
};

/// A principal as a configuration names it.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    /// What it is to be.
    pub(crate) kind: PrincipalType,
    /// The attribute and what it says, such as "`object_id` is \"...\"".
    pub(crate) written: String,
    /// The attribute.
    pub(crate) place: Path,
}

impl Named {
    /// An error on the attribute that names the principal; `found` goes on with what is written there.
    pub(crate) fn refuse(&self, summary: &str, found: &str, advice: &str) -> Diagnostic {
        Diagnostic::error(summary, format!("{}{found} {advice}", self.written)).at(&self.place)
    }

    /// The error about one that is deleted.
    pub(crate) fn deleted(&self, found: &graph::Principal) -> Diagnostic {
        let kind = self.kind.as_str();
        self.refuse(
            &format!("{kind} is deleted"),
            &format!(
                ", which was the {kind} {}; it is deleted and can be restored for 30 days.",
                found.shown()
            ),
            "Restore it (Entra admin center, \"Deleted groups\" or \"Deleted users\"), or name another.",
        )
    }

    /// The error about one that the tenant does not have.
    pub(crate) fn unknown(&self) -> Diagnostic {
        let advice = match self.kind {
            PrincipalType::User => {
                "A user of another tenant must be invited as a guest first, and is then named by `object_id`. Check the name or id (`az ad user list`), and that the provider signs in to the right tenant."
            }
            PrincipalType::Group => {
                "Check the name or id (`az ad group list`), and that the provider signs in to the right tenant. One that was created a moment ago may take a minute to be known."
            }
            PrincipalType::ServicePrincipal => {
                "The client id of an application is not the object id of its service principal (`az ad sp show --id CLIENT_ID --query id`). One of another tenant has no rights here."
            }
        };
        let kind = self.kind.as_str();
        self.refuse(
            &format!("{kind} does not exist"),
            &format!(
                ", and Microsoft Graph finds no {kind} of that {} in the tenant.",
                self.by()
            ),
            advice,
        )
    }

    /// What `found` is, where it is not of the type it is to be.
    pub(crate) fn other_type<'a>(&self, found: &'a graph::Principal) -> Option<&'a str> {
        match (&found.kind, self.kind) {
            (graph::Kind::User { .. }, PrincipalType::User)
            | (graph::Kind::Group { .. }, PrincipalType::Group)
            | (graph::Kind::ServicePrincipal, PrincipalType::ServicePrincipal) => None,
            (graph::Kind::User { .. }, _) => Some("User"),
            (graph::Kind::Group { .. }, _) => Some("Group"),
            (graph::Kind::ServicePrincipal, _) => Some("ServicePrincipal"),
            (graph::Kind::Other(other), _) => Some(other),
        }
    }

    /// The error about a group that no token names.
    pub(crate) fn without_security(&self, found: &graph::Principal) -> Option<Diagnostic> {
        let is_distribution = matches!(
            found.kind,
            graph::Kind::Group {
                security_enabled: Some(false)
            }
        );
        is_distribution.then(|| {
            self.refuse(
                "Group is not a security group",
                &format!(
                    ", which is the distribution group {}: no token names it, so its members would get nothing.",
                    found.shown()
                ),
                "Name a security group, or create one with these members.",
            )
        })
    }

    fn by(&self) -> &'static str {
        if self.written.contains("name`") {
            "name"
        } else {
            "object id"
        }
    }
}

/// What is wrong with the groups that `attribute` names by their object ids, but for those in `known`, which were there
/// before. Where Graph may not be read, nothing is.
pub(crate) async fn check_groups(
    azure: &Client,
    attribute: &Attr<Option<BTreeSet<GroupId>>>,
    known: &BTreeSet<String>,
    limits: &azure::Call,
) -> Result<Vec<Diagnostic>, Error> {
    let ids: Vec<String> = attribute
        .if_set()
        .into_iter()
        .flatten()
        .map(|id| id.text().to_ascii_lowercase())
        .filter(|id| !known.contains(id))
        .collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let questions: Vec<Question> = ids.iter().cloned().map(Question::Id).collect();
    let answers = azure.look_up(&questions, limits).await?;
    let judged = ids.iter().zip(answers).filter_map(|(id, answer)| {
        let named = Named {
            kind: PrincipalType::Group,
            written: format!("`{}` names {id}", attribute.path()),
            place: attribute.path().clone(),
        };
        match answer {
            Answer::Found(found) => match named.other_type(&found) {
                Some(is) => Some(named.refuse(
                    "Principal is not a group",
                    &format!(", and {} is a {is}.", found.shown()),
                    "Name a security group; its members are administrators.",
                )),
                None => named.without_security(&found),
            },
            Answer::Deleted(found) => Some(named.deleted(&found)),
            Answer::Unknown => Some(named.unknown()),
            Answer::Several(_) | Answer::Guest(_) | Answer::Groups(_) | Answer::Unreadable(_) => {
                None
            }
        }
    });
    Ok(judged.collect())
}
