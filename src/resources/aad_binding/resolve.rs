//! From what a user writes about principals to what can be bound: asked of Microsoft Graph where
//! that may be read, taken at the word where it may not.

mod settled;

use std::time::Duration;

pub(super) use self::settled::{Settled, foretold, to_bind};
use super::{
    spec::{Kind, Principal},
    subject::Subject,
};
use crate::{
    azure::{
        self, Client, Error,
        arm::role_assignment::PrincipalType,
        clock::later,
        graph::{self, Answer, Question},
    },
    framework::{Diagnostic, Text as _},
    resources::principals::Named,
};

/// How many groups a service principal's token can name; the API server refuses one of more
/// (Azure/guard, `auth/providers/azure`).
const MOST_GROUPS: usize = 200;

/// What a principal came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Something of it is not known yet.
    Open,
    /// It can be bound.
    Found {
        /// So it is bound.
        subject: Subject,
        /// Whether Graph says so; it is taken at the configuration's word else.
        is_seen: bool,
    },
    /// It cannot be bound.
    Refused(Diagnostic),
}

/// What principals came to.
#[derive(Debug, Default)]
pub(super) struct Resolution {
    /// One for each principal.
    pub(super) outcomes: Vec<Outcome>,
    /// What there is to know about them.
    pub(super) warnings: Vec<Diagnostic>,
}

/// Resolves `principals`; those that are settled are only looked at, by their object ids. One that
/// Graph does not know is asked for again for as long as `patience`: the directory takes a moment
/// to spread what was created just now.
pub(super) async fn resolve(
    azure: &Client,
    principals: &[Principal],
    settled: &[Option<Settled>],
    patience: Duration,
    limits: &azure::Call,
) -> Result<Resolution, Error> {
    let asked = |(principal, settled): (&Principal, &Option<Settled>)| match settled {
        Some(settled) => Some(Question::Id(settled.object_id.to_ascii_lowercase())),
        None => question(principal),
    };
    let questions: Vec<Option<Question>> = principals.iter().zip(settled).map(asked).collect();
    let asked: Vec<Question> = questions.iter().flatten().cloned().collect();
    let answers = ask(azure, &asked, patience, limits).await?;
    let mut answers = answers.into_iter();
    let mut resolution = Resolution::default();
    let mut checked = Vec::new();
    for ((principal, settled), question) in principals.iter().zip(settled).zip(questions) {
        let answer = question.and_then(|_| answers.next());
        let Some(answer) = answer else {
            resolution.outcomes.push(Outcome::Open);
            continue;
        };
        let is_seen = matches!(answer, Answer::Found(_));
        let judged = match settled {
            Some(settled) => settled.judge(principal, &answer),
            None => judge(principal, answer),
        };
        resolution.outcomes.push(match judged {
            Ok(subject) => {
                if let (PrincipalType::ServicePrincipal, true, Some(id)) =
                    (subject.kind, is_seen, &subject.object_id)
                {
                    checked.push((principal, id.clone()));
                }
                Outcome::Found { subject, is_seen }
            }
            Err(error) => Outcome::Refused(error),
        });
    }
    resolution.warnings = warn_of_groups(azure, &checked, limits).await?;
    Ok(resolution)
}

async fn ask(
    azure: &Client,
    questions: &[Question],
    patience: Duration,
    limits: &azure::Call,
) -> Result<Vec<Answer>, Error> {
    let until = later(azure.clock().now(), patience);
    loop {
        let answers = azure.look_up(questions, limits).await?;
        let missing = answers.contains(&Answer::Unknown);
        if !missing || azure.clock().now() >= until {
            return Ok(answers);
        }
        let pause = async {
            azure.clock().sleep(azure.poll_interval()).await;
            Ok(())
        };
        limits.guard(azure.clock(), pause).await?;
    }
}

/// What Graph is asked about a principal; `None` while that is not known.
fn question(principal: &Principal) -> Option<Question> {
    let kind = principal.r#type.if_known()?;
    if let Some(id) = principal.object_id.if_known()? {
        return Some(Question::Id(id.as_ref().to_ascii_lowercase()));
    }
    if let Some(name) = principal.user_principal_name.if_known()? {
        return Some(Question::UserPrincipalName(
            name.as_ref().to_ascii_lowercase(),
        ));
    }
    let name = principal.display_name.if_known()?.clone()?;
    Some(Question::Named(kind.principal_type(), name))
}

/// The attribute that names a principal, and what it says.
fn named(principal: &Principal) -> Named {
    let kind = principal
        .r#type
        .if_known()
        .map_or(PrincipalType::User, Kind::principal_type);
    let (name, text, place) = if let Some(id) = principal.object_id.if_set() {
        ("object_id", id.text(), principal.object_id.path())
    } else if let Some(name) = principal.user_principal_name.if_set() {
        (
            "user_principal_name",
            name.text(),
            principal.user_principal_name.path(),
        )
    } else {
        let name = principal.display_name.if_set().cloned();
        (
            "display_name",
            name.unwrap_or_default(),
            principal.display_name.path(),
        )
    };
    Named {
        kind,
        written: format!("`{name}` is {text:?}"),
        place: place.clone(),
    }
}

/// An error on the attribute that names the principal.
fn refuse(principal: &Principal, summary: &str, found: &str, advice: &str) -> Diagnostic {
    named(principal).refuse(summary, found, advice)
}

fn judge(principal: &Principal, answer: Answer) -> Result<Subject, Diagnostic> {
    let kind = principal.r#type.known()?;
    match answer {
        Answer::Found(found) => found_one(principal, kind, &found),
        Answer::Several(found) => {
            let shown: Vec<String> = found.iter().map(graph::Principal::shown).collect();
            Err(refuse(
                principal,
                "Several have this name",
                &format!(", and so are {}: {}.", found.len(), shown.join(", ")),
                "Name the one that is meant by `object_id`.",
            ))
        }
        Answer::Deleted(found) => Err(named(principal).deleted(&found)),
        Answer::Guest(found) => Err(refuse(
            principal,
            "User is of another tenant",
            &format!(", who is a guest of this tenant as {}.", found.shown()),
            &format!(
                "The tokens of guests have no user principal name: set `object_id = \"{}\"` instead.",
                found.id
            ),
        )),
        Answer::Unknown => Err(named(principal).unknown()),
        Answer::Groups(_) | Answer::Unreadable(_) => without_graph(principal, kind, &answer),
    }
}

fn found_one(
    principal: &Principal,
    kind: &Kind,
    found: &graph::Principal,
) -> Result<Subject, Diagnostic> {
    let named = named(principal);
    if let Some(is) = named.other_type(found) {
        return Err(principal.r#type.error(
            "Principal is of another type",
            format!("`type` is \"{}\", and {} is a {is}. Set `type = \"{is}\"`, or name another principal.", kind.text(), found.shown()),
        ));
    }
    if let Some(told) = named.without_security(found) {
        return Err(told);
    }
    match &found.kind {
        graph::Kind::User {
            user_principal_name,
        } => user(principal, found, user_principal_name.as_deref()),
        _ => Ok(Subject::by_id(kind.principal_type(), &found.id)),
    }
}

fn user(
    principal: &Principal,
    found: &graph::Principal,
    name: Option<&str>,
) -> Result<Subject, Diagnostic> {
    let written = principal.user_principal_name.if_set();
    if let (Some(written), Some(name)) = (written, name)
        && !written.as_ref().eq_ignore_ascii_case(name)
    {
        if principal.object_id.if_set().is_none() {
            return Err(principal.user_principal_name.error(
                "User has another name now",
                format!("`user_principal_name` is {:?}, which was found to be the user {}, who signs in as {name:?} by now. If that person is meant, write the new name. A user who has the old name now is named by `object_id`.", written.text(), found.id),
            ));
        }
        return Err(principal.user_principal_name.error(
            "Id and name are of different users",
            format!("`user_principal_name` is {:?}, and `object_id` is that of {}. Remove the one that is wrong.", written.text(), found.shown()),
        ));
    }
    if found.is_guest() {
        return Ok(Subject::by_id(PrincipalType::User, &found.id));
    }
    match name.or(written.map(AsRef::as_ref)) {
        Some(name) => Ok(Subject {
            kind: PrincipalType::User,
            object_id: Some(found.id.clone()),
            name: name.to_owned(),
        }),
        None => Err(nameless(
            principal,
            "Microsoft Graph shows no more than the id",
        )),
    }
}

/// A user whose name in the cluster nobody can tell.
fn nameless(principal: &Principal, reason: &str) -> Diagnostic {
    principal.object_id.error(
        "User's name is not known",
        format!("The cluster knows a user of this tenant by the user principal name, and {reason}. Give `user_principal_name` too, or let the signed-in identity read users (Microsoft Graph `User.ReadBasic.All`)."),
    )
}

/// What can be bound without asking anybody.
fn without_graph(
    principal: &Principal,
    kind: &Kind,
    answer: &Answer,
) -> Result<Subject, Diagnostic> {
    let reason = match answer {
        Answer::Unreadable(reason) => reason.trim_end_matches('.'),
        _ => "Microsoft Graph gave another answer",
    };
    // Tokens have object ids in small letters, and Kubernetes compares letter by letter.
    let id = principal.object_id.if_set();
    let id = id.map(|id| id.as_ref().to_ascii_lowercase());
    let name = principal.user_principal_name.if_set().map(AsRef::as_ref);
    match (kind, id, name) {
        (Kind::User, id, Some(name)) => {
            let guest = name.to_ascii_uppercase().contains("#EXT#");
            match (guest, id) {
                (true, Some(id)) => Ok(Subject::by_id(PrincipalType::User, &id)),
                (true, None) => Err(principal.user_principal_name.error(
                    "Guest's object id is not known",
                    format!("The cluster knows a guest by object id, and it cannot be looked up: {reason}. Set `object_id`."),
                )),
                (false, id) => Ok(Subject {
                    kind: PrincipalType::User,
                    object_id: id,
                    name: name.to_owned(),
                }),
            }
        }
        (Kind::User, Some(_), None) => Err(nameless(
            principal,
            &format!("it cannot be looked up: {reason}"),
        )),
        (kind, Some(id), _) => Ok(Subject::by_id(kind.principal_type(), &id)),
        (_, None, _) => Err(refuse(
            principal,
            "Name cannot be looked up",
            &format!(
                ", and names are looked up in Microsoft Graph, which cannot be read: {reason}."
            ),
            "Set `object_id` instead, or let the signed-in identity read the directory (Microsoft Graph `Group.Read.All` or `Directory.Read.All`).",
        )),
    }
}

/// Warns of service principals whose tokens the API server will refuse.
async fn warn_of_groups(
    azure: &Client,
    service_principals: &[(&Principal, String)],
    limits: &azure::Call,
) -> Result<Vec<Diagnostic>, Error> {
    let questions: Vec<Question> = service_principals
        .iter()
        .map(|(_, id)| Question::GroupsOf(id.clone()))
        .collect();
    let answers = azure.look_up(&questions, limits).await?;
    let warnings = service_principals.iter().zip(answers);
    Ok(warnings
        .filter_map(|((principal, id), answer)| match answer {
            Answer::Groups(count) if count > MOST_GROUPS => {
                let detail = format!("The service principal {id} is in {count} groups. Tokens of service principals name at most {MOST_GROUPS} groups, and the API server refuses one that would need more. Take it out of groups, or use another identity.");
                Some(principal.object_id.warning("Service principal is in too many groups to sign in", detail))
            }
            _ => None,
        })
        .collect())
}

#[cfg(test)]
mod tests;
