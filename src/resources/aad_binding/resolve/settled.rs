//! Whom a principal was found to be before: by the state, or by the plan that is applied. It is asked about by object id
//! from then on, because the name it is written with may be another's by now.

use std::ops::Deref as _;

use super::{
    super::{
        AadBinding, check,
        outputs::{BoundSubject, Outputs},
        spec::{Kind, Principal},
        subject::Subject,
    },
    Outcome, found_one, refuse, without_graph,
};
use crate::{
    azure::graph::Answer,
    framework::{Blocks, Computed, Diagnostic, State, Text as _},
};

/// Whom a principal was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Settled {
    /// The object id.
    pub(in super::super) object_id: String,
    /// The name in Kubernetes; `None` where a plan leaves it to the apply.
    pub(in super::super) name: Option<String>,
}

impl Settled {
    /// Whom `principals` are by the state: those that are written there as they are now.
    pub(in super::super) fn in_state(
        state: &State<AadBinding>,
        principals: &[Principal],
    ) -> Vec<Option<Self>> {
        let written = state.spec.principals.if_known().map(Blocks::deref);
        let written = written.unwrap_or_default();
        let bound = state.outputs.subjects.value().map(Vec::as_slice);
        let bound = bound.unwrap_or_default();
        // Those of whom only a right is left come after them.
        if written.len() > bound.len() {
            return vec![None; principals.len()];
        }
        let find = |principal: &Principal| {
            let mut pairs = written.iter().zip(bound);
            let (_, subject) = pairs.find(|(before, _)| check::is_same(before, principal))?;
            Self::of(subject)
        };
        principals.iter().map(find).collect()
    }

    /// Whom `principals` are by the outputs of a plan.
    pub(in super::super) fn in_plan(
        outputs: &Outputs,
        principals: &[Principal],
    ) -> Vec<Option<Self>> {
        let planned = outputs.subjects.value().map(Vec::as_slice);
        let Some(planned) = planned.filter(|planned| planned.len() == principals.len()) else {
            return vec![None; principals.len()];
        };
        let is_it = |settled: &Self, principal: &Principal| {
            let id = principal.object_id.if_set().map(AsRef::as_ref);
            id.is_none_or(|id| settled.object_id.eq_ignore_ascii_case(id))
        };
        let pairs = planned.iter().map(Self::of).zip(principals);
        pairs
            .map(|(settled, principal)| settled.filter(|settled| is_it(settled, principal)))
            .collect()
    }

    fn of(subject: &BoundSubject) -> Option<Self> {
        Some(Self {
            object_id: subject.object_id.value()?.clone(),
            name: subject.name.value().cloned(),
        })
    }

    /// The subject that it was bound as; `None` where the name is left to the apply.
    pub(in super::super) fn as_bound(&self, kind: &Kind) -> Option<Subject> {
        Some(Subject {
            kind: kind.principal_type(),
            object_id: Some(self.object_id.clone()),
            name: self.name.clone()?,
        })
    }

    /// The subject that an apply binds: the planned one, as long as `found`, which has its object id, is still it.
    fn held(&self, principal: &Principal, found: Subject) -> Result<Subject, Diagnostic> {
        let name = match &self.name {
            None => found.name,
            Some(planned) if planned.eq_ignore_ascii_case(&found.name) => planned.clone(),
            Some(planned) => {
                return Err(refuse(
                    principal,
                    "User has another name now",
                    &format!(
                        ", which the plan found to be {planned} ({}); this user signs in as {} by now.",
                        self.object_id, found.name
                    ),
                    "Nothing was bound by the old name, which may be another's. Make a new plan.",
                ));
            }
        };
        Ok(Subject {
            kind: found.kind,
            object_id: Some(self.object_id.clone()),
            name,
        })
    }

    /// What the answer about its object id makes of it.
    pub(super) fn judge(
        &self,
        principal: &Principal,
        answer: &Answer,
    ) -> Result<Subject, Diagnostic> {
        let kind = principal.r#type.known()?;
        match answer {
            Answer::Found(found) => found_one(principal, kind, found),
            Answer::Deleted(_) => Err(self.gone(
                principal,
                kind,
                "is deleted",
                "It is deleted, and can be restored for 30 days (Entra admin center, \"Deleted groups\" or \"Deleted users\").",
            )),
            Answer::Unknown => {
                Err(self.gone(principal, kind, "does not exist any more", "Microsoft Graph finds nothing of that id in the tenant any more."))
            }
            Answer::Several(_) | Answer::Guest(_) | Answer::Groups(_) | Answer::Unreadable(_) => {
                let bound = self.as_bound(kind).map(Ok);
                bound.unwrap_or_else(|| without_graph(principal, kind, answer))
            }
        }
    }

    fn gone(&self, principal: &Principal, kind: &Kind, what: &str, fate: &str) -> Diagnostic {
        let advice = if principal.display_name.if_set().is_some() {
            "Take it out of `principals`. If another has the name now and is meant, name that one by `object_id`."
        } else {
            "Take it out of `principals`, or name another."
        };
        refuse(
            principal,
            &format!("{} {what}", kind.text()),
            &format!(
                ", which was found to be the {} {}. {fate}",
                kind.text(),
                self.object_id
            ),
            advice,
        )
    }
}

/// Whom an apply binds, of what `principals` came to: the planned ones, where the plan knew them.
pub(in super::super) fn to_bind(
    principals: &[Principal],
    settled: &[Option<Settled>],
    outcomes: Vec<Outcome>,
) -> Result<Vec<Subject>, Vec<Diagnostic>> {
    let (mut subjects, mut errors) = (Vec::new(), Vec::new());
    for ((principal, settled), outcome) in principals.iter().zip(settled).zip(outcomes) {
        let held = match outcome {
            Outcome::Found { subject, .. } => match settled {
                Some(settled) => settled.held(principal, subject),
                None => Ok(subject),
            },
            Outcome::Refused(error) => Err(error),
            Outcome::Open => continue,
        };
        match held {
            Ok(subject) => subjects.push(subject),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(subjects)
    } else {
        Err(errors)
    }
}

/// What a plan says of a principal, as far as an apply can be held to it. A user who is known by object id may be given
/// another name before the apply, and the plan that Terraform makes again just before it would say that one: the name
/// is in the plan only where it follows from the object id, from the configuration, or from a state that is still right.
pub(in super::super) fn foretold(
    principal: &Principal,
    settled: Option<&Settled>,
    outcome: Option<&Outcome>,
) -> BoundSubject {
    let Some(kind) = principal.r#type.if_known() else {
        return said(Computed::unknown(), None, None);
    };
    let is_id = |name: &str, id: &str| name.eq_ignore_ascii_case(id);
    let (id, name) = match (settled, outcome) {
        (Some(settled), asked) => {
            let name = settled.name.as_deref();
            let name = name.filter(|name| match asked {
                None => is_id(name, &settled.object_id),
                Some(Outcome::Found { subject, .. }) => subject.name == *name,
                Some(Outcome::Open | Outcome::Refused(_)) => true,
            });
            (Some(settled.object_id.as_str()), name)
        }
        (None, Some(Outcome::Found { subject, is_seen })) => {
            let id = subject.object_id.as_deref();
            let is_written = *is_seen && principal.user_principal_name.if_set().is_some();
            let name = Some(subject.name.as_str());
            let name = name.filter(|name| is_written || id.is_some_and(|id| is_id(name, id)));
            (id, name)
        }
        (None, _) => (None, None),
    };
    said(kind.principal_type().as_str().to_owned().into(), id, name)
}

fn said(r#type: Computed<String>, id: Option<&str>, name: Option<&str>) -> BoundSubject {
    let text = |known: Option<&str>| {
        known.map_or_else(Computed::unknown, |text| Computed::from(text.to_owned()))
    };
    BoundSubject {
        r#type,
        object_id: text(id),
        name: text(name),
    }
}
