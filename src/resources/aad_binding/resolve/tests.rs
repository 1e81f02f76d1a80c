//! Tests of what an answer of Microsoft Graph, or none, makes of a principal.

use super::*;
use crate::framework::Attr;
use crate::resources::texts::{ObjectId, UserPrincipalName};

const ID: &str = "7c2f8b0e-5f3a-4d59-9a43-1f3f6f0a9a11";

fn principal(kind: Kind, id: Option<&str>, name: Option<&str>, display: Option<&str>) -> Principal {
    Principal {
        r#type: kind.into(),
        object_id: id.map(ObjectId::other).into(),
        user_principal_name: name.map(UserPrincipalName::other).into(),
        display_name: display.map(str::to_owned).into(),
    }
}

fn by_id(kind: Kind) -> Principal {
    principal(kind, Some(ID), None, None)
}

fn found(kind: graph::Kind) -> Answer {
    Answer::Found(graph::Principal {
        id: ID.to_owned(),
        kind,
        display_name: Some("developers".to_owned()),
    })
}

fn user(name: Option<&str>) -> Answer {
    found(graph::Kind::User {
        user_principal_name: name.map(str::to_owned),
    })
}

fn group(security_enabled: bool) -> Answer {
    found(graph::Kind::Group {
        security_enabled: Some(security_enabled),
    })
}

fn unreadable() -> Answer {
    Answer::Unreadable("Microsoft Graph answered 403".to_owned())
}

fn summary(principal: &Principal, answer: Answer) -> String {
    judge(principal, answer).unwrap_err().summary
}

#[test]
fn a_user_of_the_tenant_is_bound_by_name_in_the_directorys_letters() {
    let written = principal(Kind::User, None, Some("alice@contoso.com"), None);

    let subject = judge(&written, user(Some("Alice@contoso.com"))).unwrap();

    assert_eq!(subject.name, "Alice@contoso.com");
    assert_eq!(subject.object_id.as_deref(), Some(ID));
}

#[test]
fn a_guest_is_bound_by_object_id() {
    let answer = user(Some("bob_fabrikam.com#EXT#@contoso.onmicrosoft.com"));

    let subject = judge(&by_id(Kind::User), answer).unwrap();

    assert_eq!(subject, Subject::by_id(PrincipalType::User, ID));
}

#[test]
fn object_ids_of_groups_and_service_principals_need_no_graph() {
    let subjects = [Kind::Group, Kind::ServicePrincipal]
        .map(|kind| judge(&by_id(kind), unreadable()).unwrap());

    assert_eq!(
        subjects,
        [
            Subject::by_id(PrincipalType::Group, ID),
            Subject::by_id(PrincipalType::ServicePrincipal, ID)
        ]
    );
}

#[test]
fn a_user_by_object_id_alone_needs_graph() {
    let refused = judge(&by_id(Kind::User), unreadable()).unwrap_err();

    assert!(refused.detail.contains("Give `user_principal_name` too"));
    let both = principal(Kind::User, Some(ID), Some("alice@contoso.com"), None);
    assert_eq!(
        judge(&both, unreadable()).unwrap().name,
        "alice@contoso.com"
    );
}

#[test]
fn what_cannot_be_bound_is_refused() {
    let named = principal(Kind::Group, None, None, Some("developers"));
    let guest = principal(Kind::User, None, Some("bob@fabrikam.com"), None);
    let Answer::Found(other) = user(Some("bob_fabrikam.com#EXT#@contoso.com")) else {
        unreachable!()
    };
    let Answer::Found(deleted) = group(true) else {
        unreachable!()
    };

    let refusals = [
        summary(&by_id(Kind::Group), group(false)),
        summary(&by_id(Kind::Group), Answer::Unknown),
        summary(&by_id(Kind::Group), Answer::Deleted(deleted.clone())),
        summary(&by_id(Kind::User), group(true)),
        summary(&named, Answer::Several(vec![deleted.clone(), deleted])),
        summary(&named, unreadable()),
        summary(&guest, Answer::Guest(other)),
    ];

    assert_eq!(
        refusals,
        [
            "Group is not a security group",
            "Group does not exist",
            "Group is deleted",
            "Principal is of another type",
            "Several have this name",
            "Name cannot be looked up",
            "User is of another tenant",
        ]
    );
}

#[test]
fn an_object_id_is_bound_in_the_letters_of_tokens() {
    let written = principal(Kind::Group, Some(&ID.to_uppercase()), None, None);

    let subject = judge(&written, unreadable()).unwrap();

    assert_eq!(subject, Subject::by_id(PrincipalType::Group, ID));
}

#[test]
fn who_is_settled_is_judged_by_object_id_and_not_by_name() {
    let named = principal(Kind::Group, None, None, Some("developers"));
    let settled = Settled {
        object_id: ID.to_owned(),
        name: Some(ID.to_owned()),
    };
    let same = |answer: Answer| settled.judge(&named, &answer).map_err(|told| told.summary);

    let judged = [
        same(group(true)),
        same(unreadable()),
        same(Answer::Unknown),
        same(user(None)),
        same(group(false)),
    ];

    let bound = Subject::by_id(PrincipalType::Group, ID);
    assert_eq!(
        judged,
        [
            Ok(bound.clone()),
            Ok(bound),
            Err("Group does not exist any more".to_owned()),
            Err("Principal is of another type".to_owned()),
            Err("Group is not a security group".to_owned()),
        ]
    );
}

#[test]
fn a_plan_is_held_to_what_cannot_change_before_its_apply() {
    let found = |name: &str, is_seen: bool| Outcome::Found {
        subject: Subject {
            kind: PrincipalType::User,
            object_id: Some(ID.to_owned()),
            name: name.to_owned(),
        },
        is_seen,
    };
    let by_name = principal(Kind::User, None, Some("alice@contoso.com"), None);
    let by_id = by_id(Kind::User);
    let before = Settled {
        object_id: ID.to_owned(),
        name: Some("alice@contoso.com".to_owned()),
    };
    let name = |principal: &Principal, before: Option<&Settled>, outcome: Option<Outcome>| {
        let said = foretold(principal, before, outcome.as_ref());
        (said.object_id.value().cloned(), said.name.value().cloned())
    };

    let said = [
        name(&by_name, None, Some(found("Alice@contoso.com", true))),
        name(&by_name, None, Some(found("alice@contoso.com", false))),
        name(&by_id, None, Some(found("alice@contoso.com", true))),
        name(&by_id, None, Some(found(ID, true))),
        name(
            &by_id,
            Some(&before),
            Some(found("alice@contoso.com", true)),
        ),
        name(
            &by_id,
            Some(&before),
            Some(found("alice.b@contoso.com", true)),
        ),
        name(&by_id, Some(&before), None),
        name(&by_id, None, None),
    ];

    let known = |name: Option<&str>| (Some(ID.to_owned()), name.map(str::to_owned));
    assert_eq!(
        said,
        [
            known(Some("Alice@contoso.com")),
            known(None),
            known(None),
            known(Some(ID)),
            known(Some("alice@contoso.com")),
            known(None),
            known(None),
            (None, None),
        ]
    );
}

#[test]
fn what_is_not_known_yet_is_not_asked_about() {
    let unknown = Principal {
        object_id: Attr::unknown(),
        ..by_id(Kind::Group)
    };

    assert_eq!(question(&unknown), None);
    assert_eq!(
        question(&by_id(Kind::Group)),
        Some(Question::Id(ID.to_owned()))
    );
}
