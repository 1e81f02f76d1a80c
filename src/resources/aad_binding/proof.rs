//! Proving that principals may do what they were given the right to, by asking the API server as the
//! authorizer would be asked.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::api::authorization::v1::{SubjectAccessReview, SubjectAccessReviewSpec};

use super::{
    probes::{self, Probe},
    spec::{AzureRole, Spec},
    subject::Subject,
};
use crate::{
    azure::{arm::role_assignment::PrincipalType, clock::later},
    framework::Diagnostic,
    kube::Error,
    resources::inside::Inside,
};

/// How long a binding of Kubernetes may take until every API server knows it.
const BINDING: Duration = Duration::from_secs(30);
/// How long between two looks at it.
const BINDING_LOOK: Duration = Duration::from_millis(500);
/// How long a role of Azure may take until clusters know it (AKS, "up to five minutes"; Azure RBAC, ten).
const ASSIGNMENT: Duration = Duration::from_mins(10);

/// One thing that must be allowed.
#[derive(Clone, Debug)]
struct Case {
    subject: Subject,
    namespace: Option<String>,
    /// What may be asked; one after the other, each time something else.
    probes: Vec<Probe>,
}

/// What asking came to.
#[derive(Debug)]
pub(super) enum Proof {
    /// They may.
    Effective,
    /// Not yet.
    NotYet(String),
    /// They may not, and somebody has decided that.
    Refused(String),
    /// Nobody could say, and why.
    Open(String),
}

/// How long to ask, and how often.
struct Patience {
    whole: Duration,
    pause: Duration,
}

impl Patience {
    /// The pause after a round; longer each time, up to three times, so that there is always something new to ask.
    fn after(&self, round: usize) -> Duration {
        let times = (round / 2 + 1).min(3);
        self.pause * u32::try_from(times).unwrap_or(1)
    }
}

/// Asks whether `subjects` may do what a role of Azure allows.
pub(super) async fn of_azure_role(
    inside: &Inside<'_>,
    spec: &Spec,
    role: &AzureRole,
    subjects: &[Subject],
) -> Result<Proof, Error> {
    let probes = probes::of_azure_role(role);
    let cases = places(spec, subjects)
        .into_iter()
        .map(|(subject, namespace)| Case {
            subject,
            namespace,
            probes: probes.clone(),
        })
        .collect();
    let patience = Patience {
        whole: ASSIGNMENT,
        pause: inside.cluster.azure().poll_interval(),
    };
    prove(inside, cases, true, &patience).await
}

/// Asks whether `subjects` may do what `probes` name.
pub(super) async fn of_binding(
    inside: &Inside<'_>,
    spec: &Spec,
    probes: &[Probe],
    subjects: &[Subject],
) -> Result<Proof, Error> {
    if probes.is_empty() {
        return Ok(Proof::Open("the role has no rule about objects".to_owned()));
    }
    let mut cases = Vec::new();
    for (subject, namespace) in places(spec, subjects) {
        cases.extend(probes.iter().map(|probe| Case {
            subject: subject.clone(),
            namespace: namespace.clone(),
            probes: vec![probe.clone()],
        }));
    }
    let patience = Patience {
        whole: BINDING,
        pause: BINDING_LOOK,
    };
    prove(inside, cases, false, &patience).await
}

/// Each principal in the first place, and the first principal in each place: every subject and every binding is
/// in it once.
fn places(spec: &Spec, subjects: &[Subject]) -> Vec<(Subject, Option<String>)> {
    let namespaces = spec.places();
    let first = namespaces.first().cloned().unwrap_or_default();
    let mut places: Vec<_> = subjects
        .iter()
        .map(|subject| (subject.clone(), first.clone()))
        .collect();
    if let Some(subject) = subjects.first() {
        let further = namespaces.into_iter().skip(1);
        places.extend(further.map(|namespace| (subject.clone(), namespace)));
    }
    places
}

async fn prove(
    inside: &Inside<'_>,
    mut cases: Vec<Case>,
    may_spread: bool,
    patience: &Patience,
) -> Result<Proof, Error> {
    let clock = inside.cluster.azure().clock();
    let until = later(clock.now(), patience.whole);
    let mut reason = String::new();
    for round in 0.. {
        let mut open = Vec::new();
        for case in cases {
            let answer = match inside
                .cluster
                .review(&case.question(round), &inside.limits)
                .await
            {
                Ok(answer) => answer.status.unwrap_or_default(),
                Err(error) if error.is_forbidden() => {
                    return Ok(Proof::Open(
                        "the signed-in identity may not create subject access reviews".to_owned(),
                    ));
                }
                // What was said in an earlier round is what there is to tell when time runs out.
                Err(Error::TimedOut) if round > 0 => return Ok(Proof::NotYet(reason)),
                Err(error) => return Err(error),
            };
            if answer.allowed {
                continue;
            }
            reason = case.told(round, answer.reason.as_deref().unwrap_or_default());
            // Where a right still spreads, the authorizer says no until it knows better.
            if answer.denied == Some(true) && !may_spread {
                return Ok(Proof::Refused(reason));
            }
            open.push(case);
        }
        if open.is_empty() {
            return Ok(Proof::Effective);
        }
        if clock.now() >= until {
            return Ok(Proof::NotYet(reason));
        }
        match inside.pause(patience.after(round)).await {
            // What is bound stays bound when the time is up.
            Err(Error::TimedOut) => return Ok(Proof::NotYet(reason)),
            outcome => outcome?,
        }
        cases = open;
    }
    Ok(Proof::Effective)
}

impl Case {
    fn probe(&self, round: usize) -> Option<&Probe> {
        self.probes.get(round.checked_rem(self.probes.len())?)
    }

    fn question(&self, round: usize) -> SubjectAccessReview {
        let id = self.subject.object_id.clone();
        let group = self.subject.kind == PrincipalType::Group;
        let everybody = "system:authenticated".to_owned();
        let groups = if group {
            vec![self.subject.name.clone(), everybody]
        } else {
            vec![everybody]
        };
        SubjectAccessReview {
            spec: SubjectAccessReviewSpec {
                // A group cannot sign in; somebody who is in it and in nothing else stands for it.
                user: Some(if group {
                    id.clone().unwrap_or_default()
                } else {
                    self.subject.name.clone()
                }),
                groups: Some(groups),
                // By it Azure knows whose role assignments count.
                extra: id.map(|id| BTreeMap::from([("oid".to_owned(), vec![id])])),
                resource_attributes: self
                    .probe(round)
                    .map(|probe| probe.attributes(self.namespace.as_deref())),
                ..SubjectAccessReviewSpec::default()
            },
            ..SubjectAccessReview::default()
        }
    }

    fn told(&self, round: usize, reason: &str) -> String {
        let place = self.namespace.as_ref().map_or_else(
            || "in all namespaces".to_owned(),
            |name| format!("in {name}"),
        );
        let probe = self.probe(round).map(Probe::shown).unwrap_or_default();
        let said = match reason.trim_end_matches('.') {
            "" => String::new(),
            reason => format!(" (the API server says: {reason})"),
        };
        format!(
            "{} {} may not {probe} {place}{said}",
            self.subject.kind.as_str(),
            self.subject.name
        )
    }
}

/// What is said about a proof that did not succeed; `Err` where it is an error.
pub(super) fn told(proof: &Proof) -> Result<Option<Diagnostic>, Diagnostic> {
    match proof {
        Proof::Effective => Ok(None),
        Proof::NotYet(reason) => Ok(Some(Diagnostic::warning(
            "Bound but not yet effective",
            format!(
                "The binding is made, and Azure or the cluster does not act on it yet: {reason}. Roles of Azure take up to ten minutes. Nothing needs to be done now; the next apply looks again."
            ),
        ))),
        Proof::Refused(reason) => Err(Diagnostic::error(
            "Access is refused",
            format!(
                "The binding is made, and another authorizer of the cluster forbids what it allows: {reason}. Find out which (`kubectl auth can-i --as`), or set `verify = false` if that is meant."
            ),
        )),
        Proof::Open(reason) => Ok(Some(Diagnostic::warning(
            "Access could not be verified",
            format!(
                "The binding is made; whether it has effect was not proved, as {reason}. Set `verify = false` to leave the question out."
            ),
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7c2f8b0e-5f3a-4d59-9a43-1f3f6f0a9a11";

    fn case(kind: PrincipalType, probes: Vec<Probe>) -> Case {
        Case {
            subject: Subject::by_id(kind, ID),
            namespace: Some("shop".to_owned()),
            probes,
        }
    }

    #[test]
    fn a_group_is_asked_about_through_somebody_in_it() {
        let asked = case(PrincipalType::Group, Vec::new()).question(0).spec;

        assert_eq!(
            asked.groups,
            Some(vec![ID.to_owned(), "system:authenticated".to_owned()])
        );
        assert_eq!(asked.extra.unwrap()["oid"], [ID]);
    }

    #[test]
    fn each_round_asks_about_something_else() {
        let case = case(
            PrincipalType::User,
            probes::of_azure_role(&AzureRole::Reader),
        );

        let asked: Vec<String> = (0..22)
            .filter_map(|round| case.probe(round).map(Probe::shown))
            .collect();

        let mut distinct = asked.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!((asked.len(), distinct.len()), (22, 22));
    }

    #[test]
    fn not_yet_is_a_warning_and_refused_an_error() {
        let reason = || "x".to_owned();

        let told = [
            told(&Proof::NotYet(reason())),
            told(&Proof::Refused(reason())),
            told(&Proof::Effective),
        ];

        assert!(matches!(told, [Ok(Some(_)), Err(_), Ok(None)]));
    }
}
