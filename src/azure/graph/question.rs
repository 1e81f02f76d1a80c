//! What can be asked about principals, the steps that ask it, and what their replies mean.

use serde_json::{Value, json};

use super::batch::{Reply, Step};
use super::principal::Principal;
use crate::azure::arm::role_assignment::PrincipalType;
use crate::azure::segment::InvalidSegment;

/// How many objects `getByIds` takes at once (Graph, "directoryObject: getByIds").
const MOST_IDS: usize = 1000;

const USER: &str = "id,displayName,userPrincipalName";
const GROUP: &str = "id,displayName,securityEnabled";
const SERVICE_PRINCIPAL: &str = "id,displayName,appId";

/// A question about principals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// What has this object id?
    Id(String),
    /// Who signs in with this user principal name?
    UserPrincipalName(String),
    /// What things of a kind have this display name?
    Named(PrincipalType, String),
    /// How many security groups is the service principal with this object id in, through other
    /// groups too?
    GroupsOf(String),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This one.
    Found(Principal),
    /// Any of these; a name does not tell them apart.
    Several(Vec<Principal>),
    /// This one, which is deleted and can be restored for thirty days.
    Deleted(Principal),
    /// Nobody of this tenant; a guest has it as an address.
    Guest(Principal),
    /// None that is known in this tenant.
    Unknown,
    /// So many groups.
    Groups(usize),
    /// Graph does not say, and why.
    Unreadable(String),
}

impl Answer {
    /// Whether it stays true for as long as a plan or apply lasts. What is not there yet may come.
    pub(super) fn lasts(&self) -> bool {
        !matches!(self, Self::Unknown | Self::Deleted(_))
    }
}

/// A step and the questions it answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Asked {
    pub(super) questions: Vec<Question>,
    pub(super) step: Step,
}

/// The steps that ask `questions`: object ids together, the rest one by one.
pub(super) fn asked(questions: &[Question]) -> Result<Vec<Asked>, InvalidSegment> {
    let ids: Vec<&Question> = questions
        .iter()
        .filter(|question| matches!(question, Question::Id(_)))
        .collect();
    let together = ids.chunks(MOST_IDS).map(|chunk| {
        let ids: Vec<&str> = chunk
            .iter()
            .filter_map(|question| match question {
                Question::Id(id) => Some(id.as_str()),
                _ => None,
            })
            .collect();
        let body = json!({"ids": ids, "types": ["user", "group", "servicePrincipal"]});
        Ok(Asked {
            questions: chunk.iter().map(|question| (*question).clone()).collect(),
            step: Step::post(&["directoryObjects", "getByIds"], body)?,
        })
    });
    let single = questions.iter().filter_map(|question| {
        let step = match question {
            Question::Id(_) => return None,
            Question::UserPrincipalName(name) => Step::get(&["users", name], &[("$select", USER)]),
            Question::Named(kind, name) => {
                let (collection, select) = collection(*kind);
                let filter = format!("displayName eq {}", quoted(name));
                Step::get(&[collection], &[("$filter", &filter), ("$select", select)])
            }
            Question::GroupsOf(id) => Step::post(
                &["servicePrincipals", id, "getMemberGroups"],
                json!({"securityEnabledOnly": true}),
            ),
        };
        Some(step.map(|step| Asked {
            questions: vec![question.clone()],
            step,
        }))
    });
    together.chain(single).collect()
}

/// What a reply to the first step about `question` says.
pub(super) fn answer(question: &Question, reply: &Reply) -> Answer {
    if reply.status == 404 {
        return Answer::Unknown;
    }
    if reply.status != 200 {
        return Answer::Unreadable(reply.reason());
    }
    match question {
        Question::Id(id) => {
            let found = Principal::read_all(&reply.body, "");
            let found = found
                .into_iter()
                .find(|one| one.id.eq_ignore_ascii_case(id));
            found.map_or(Answer::Unknown, Answer::Found)
        }
        Question::UserPrincipalName(_) => {
            Principal::read(&reply.body, "user").map_or(Answer::Unknown, Answer::Found)
        }
        Question::Named(kind, _) => one_of(Principal::read_all(&reply.body, type_name(*kind))),
        Question::GroupsOf(_) => {
            let groups = reply.body.get("value").and_then(Value::as_array);
            Answer::Groups(groups.map_or(0, Vec::len))
        }
    }
}

/// The step that asks what became of something that is not there; `None` where Graph cannot say.
pub(super) fn asked_again(question: &Question) -> Result<Option<Step>, InvalidSegment> {
    let step = match question {
        Question::Id(id) => Step::get(&["directory", "deletedItems", id], &[]),
        Question::UserPrincipalName(name) => {
            let filter = format!("mail eq {}", quoted(name));
            Step::get(&["users"], &[("$filter", &filter), ("$select", USER)])
        }
        Question::Named(PrincipalType::Group, name) => {
            let filter = format!("displayName eq {}", quoted(name));
            let path = ["directory", "deletedItems", "microsoft.graph.group"];
            Step::get(&path, &[("$filter", &filter), ("$select", GROUP)])
        }
        Question::Named(..) | Question::GroupsOf(_) => return Ok(None),
    };
    step.map(Some)
}

/// What a reply to [`asked_again`] says. Whoever may not read what was deleted knows no more.
pub(super) fn answer_again(question: &Question, reply: &Reply) -> Answer {
    if reply.status != 200 {
        return Answer::Unknown;
    }
    let mut listed = Principal::read_all(&reply.body, "").into_iter();
    match question {
        Question::Id(_) => {
            Principal::read(&reply.body, "").map_or(Answer::Unknown, Answer::Deleted)
        }
        Question::UserPrincipalName(_) => Principal::read_all(&reply.body, "user")
            .into_iter()
            .next()
            .map_or(Answer::Unknown, Answer::Guest),
        Question::Named(..) => listed.next().map_or(Answer::Unknown, Answer::Deleted),
        Question::GroupsOf(_) => Answer::Unknown,
    }
}

fn one_of(mut found: Vec<Principal>) -> Answer {
    if found.len() > 1 {
        found.sort_by(|left, right| left.id.cmp(&right.id));
        return Answer::Several(found);
    }
    found.pop().map_or(Answer::Unknown, Answer::Found)
}

fn collection(kind: PrincipalType) -> (&'static str, &'static str) {
    match kind {
        PrincipalType::User => ("users", USER),
        PrincipalType::Group => ("groups", GROUP),
        PrincipalType::ServicePrincipal => ("servicePrincipals", SERVICE_PRINCIPAL),
    }
}

fn type_name(kind: PrincipalType) -> &'static str {
    match kind {
        PrincipalType::User => "user",
        PrincipalType::Group => "group",
        PrincipalType::ServicePrincipal => "servicePrincipal",
    }
}

/// A text in a filter; a quote in it is written twice (`OData` 4.01, ABNF `SQUOTE-in-string`).
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(body: Value) -> Reply {
        Reply { status: 200, body }
    }

    #[test]
    fn object_ids_are_asked_for_together() {
        let questions = [
            Question::Id("1".into()),
            Question::Named(PrincipalType::Group, "O'Neill".into()),
            Question::Id("2".into()),
        ];

        let steps: Vec<(String, usize)> = asked(&questions)
            .unwrap()
            .into_iter()
            .map(|asked| (asked.step.url, asked.questions.len()))
            .collect();

        let group = "/groups?$filter=displayName%20eq%20%27O%27%27Neill%27&$select=id%2CdisplayName%2CsecurityEnabled";
        assert_eq!(
            steps,
            [
                ("/directoryObjects/getByIds".to_owned(), 2),
                (group.to_owned(), 1)
            ]
        );
    }

    #[test]
    fn a_name_that_several_have_is_told_from_one() {
        let question = Question::Named(PrincipalType::Group, "devs".into());
        let one = json!({"id": "1", "displayName": "devs"});
        let two = json!({"id": "2", "displayName": "devs"});

        let answers = [json!([one]), json!([one, two]), json!([])]
            .map(|value| answer(&question, &ok(json!({"value": value}))));

        assert!(matches!(
            answers,
            [Answer::Found(_), Answer::Several(_), Answer::Unknown]
        ));
    }

    #[test]
    fn a_refusal_is_no_absence() {
        let body = json!({"error": {"code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation."}});
        let reply = Reply { status: 403, body };

        let answer = answer(&Question::UserPrincipalName("a@b.c".into()), &reply);

        let reason = "Microsoft Graph answered 403: Authorization_RequestDenied: Insufficient privileges to complete the operation.";
        assert_eq!(answer, Answer::Unreadable(reason.into()));
    }

    #[test]
    fn what_was_deleted_is_told_from_what_never_was() {
        let question = Question::Id("1".into());
        let deleted =
            ok(json!({"@odata.type": "#microsoft.graph.group", "id": "1", "displayName": "devs"}));
        let never = Reply {
            status: 404,
            body: Value::Null,
        };

        let answers = [deleted, never].map(|reply| answer_again(&question, &reply));

        assert!(matches!(answers, [Answer::Deleted(_), Answer::Unknown]));
    }
}
