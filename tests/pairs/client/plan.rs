//! A plan: every object is read, and then planned with what is known of those it depends on.

use std::collections::BTreeMap;

use secureaks::{
    framework::service::{ClientCapabilities, PlanRequest, Private, ReadRequest, Service as _},
    value::{Encoded, Value},
};

use super::{Broken, Client, Kept, State, Unanswered};
use crate::objects::{CLUSTER, Edition, TYPES, config, depends_on, ty};

/// What is to be done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Nothing,
    Create,
    Update,
    Replace,
}

/// What a plan says of one object.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub(super) action: Action,
    pub(super) value: Value,
    pub(super) private: Private,
}

impl Planned {
    pub(super) fn changes(&self) -> bool {
        self.action != Action::Nothing
    }
}

/// What is asked of the provider for one plan of one object.
struct Question<'a> {
    type_name: &'static str,
    prior: &'a Value,
    private: Private,
    config: &'a Value,
    is_last: bool,
}

impl Client<'_> {
    /// Refreshes and plans all objects. The states as they were read are saved by whoever goes on.
    pub(super) fn plan_all(
        &mut self,
        edition: Edition,
    ) -> Result<(BTreeMap<&'static str, Planned>, State), Broken> {
        let mut plans: BTreeMap<&'static str, Planned> = BTreeMap::new();
        let mut refreshed = State::new();
        let mut failures = Vec::new();
        for type_name in TYPES {
            let is_reached = depends_on(type_name)
                .iter()
                .all(|needed| plans.contains_key(needed));
            if !is_reached {
                continue;
            }
            match self.plan_one(type_name, edition, &plans, &mut refreshed) {
                Ok(planned) => drop(plans.insert(type_name, planned)),
                Err(Broken::Killed) => return Err(Broken::Killed),
                Err(Broken::Failed(text)) => failures.push(text),
            }
        }
        if self.interrupted {
            failures.push("the plan was interrupted".to_owned());
        }
        if failures.is_empty() {
            return Ok((plans, refreshed));
        }
        Err(Broken::Failed(failures.join("\n")))
    }

    fn plan_one(
        &mut self,
        type_name: &'static str,
        edition: Edition,
        plans: &BTreeMap<&'static str, Planned>,
        refreshed: &mut State,
    ) -> Result<Planned, Broken> {
        if self.interrupted {
            return Err(Broken::Failed("the plan was interrupted".to_owned()));
        }
        let kept = self.read(type_name)?;
        if let Some(kept) = &kept {
            refreshed.insert(type_name, kept.clone());
        }
        let cluster = plans.get(CLUSTER).map_or(&Value::Null, |plan| &plan.value);
        let config = config(type_name, edition, self.world, cluster);
        self.planned(type_name, kept.as_ref(), &config, false)
    }

    /// What the object is now; `None` when it is not there, or not in the state.
    fn read(&mut self, type_name: &'static str) -> Result<Option<Kept>, Broken> {
        let Some(kept) = self.state.get(type_name).cloned() else {
            return Ok(None);
        };
        let request = ReadRequest {
            type_name: type_name.to_owned(),
            current_state: Encoded::of(&kept.value, ty(type_name)),
            private: kept.private.clone(),
            ..ReadRequest::default()
        };
        let response = self.ask(|server| async move { server.read_resource(request).await })?;
        if let Some(text) = self.errors(&response.diagnostics) {
            return Err(Broken::Failed(text));
        }
        let value = decoded(&response.new_state, type_name);
        Ok((!value.is_null()).then_some(Kept {
            value,
            private: response.private,
            tainted: kept.tainted,
        }))
    }

    /// Plans one object; `is_last` right before the plan is carried out.
    pub(super) fn planned(
        &mut self,
        type_name: &'static str,
        kept: Option<&Kept>,
        config: &Value,
        is_last: bool,
    ) -> Result<Planned, Broken> {
        // A tainted object is planned like a new one, and without its private state.
        let known = kept.filter(|kept| !kept.tainted);
        let prior = known.map_or(Value::Null, |kept| kept.value.clone());
        let mut question = Question {
            type_name,
            prior: &prior,
            private: known.map(|kept| kept.private.clone()).unwrap_or_default(),
            config,
            is_last,
        };
        let (mut planned, replaces) = self.ask_for_plan(&question)?;
        if known.is_some() && replaces {
            question.prior = &Value::Null;
            question.private = planned.private;
            (planned, _) = self.ask_for_plan(&question)?;
        }
        planned.action = match known {
            None if kept.is_some() => Action::Replace,
            None => Action::Create,
            Some(_) if replaces => Action::Replace,
            Some(kept) if kept.value == planned.value => Action::Nothing,
            Some(_) => Action::Update,
        };
        Ok(planned)
    }

    /// What the provider plans, and whether that takes a new object.
    fn ask_for_plan(&mut self, question: &Question<'_>) -> Result<(Planned, bool), Broken> {
        let type_name = question.type_name;
        let request = PlanRequest {
            type_name: type_name.to_owned(),
            prior_state: Encoded::of(question.prior, ty(type_name)),
            // The provider takes from it only whether the object is to be destroyed.
            proposed_new_state: Encoded::of(question.config, ty(type_name)),
            config: Encoded::of(question.config, ty(type_name)),
            prior_private: question.private.clone(),
            client: ClientCapabilities {
                deferral_allowed: question.is_last,
                write_only_attributes_allowed: true,
            },
            ..PlanRequest::default()
        };
        let response = self.ask(|server| async move { server.plan_resource(request).await })?;
        if let Some(text) = self.errors(&response.diagnostics) {
            return Err(Broken::Failed(text));
        }
        let planned = Planned {
            action: Action::Nothing,
            value: decoded(&response.planned_state, type_name),
            private: response.planned_private,
        };
        Ok((planned, !response.requires_replace.is_empty()))
    }
}

/// A value of the provider's.
pub(super) fn decoded(encoded: &Encoded, type_name: &str) -> Value {
    encoded
        .decode(ty(type_name))
        .expect("a value of the resource's type")
}

impl From<Unanswered> for Broken {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Killed => Self::Killed,
            Unanswered::PluginDied => Self::Failed("the plugin did not respond".to_owned()),
        }
    }
}
