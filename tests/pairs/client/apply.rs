//! Apply and destroy: a plan is carried out, and the state is saved after each object.

use std::collections::{BTreeMap, BTreeSet};

use secureaks::{
    framework::service::{ApplyRequest, Private, Service as _},
    value::{Encoded, Value},
};

use super::{
    Broken, Client, Kept, Unanswered,
    plan::{Action, Planned, decoded},
};
use crate::objects::{CLUSTER, Edition, TYPES, config, depends_on, ty};

/// What is asked of the provider for one object.
struct Deed {
    type_name: &'static str,
    prior: Value,
    planned: Value,
    private: Private,
    config: Value,
}

impl Client<'_> {
    pub(super) fn try_apply(&mut self, edition: Edition) -> Result<usize, Broken> {
        self.start();
        let (plans, refreshed) = self.plan_all(edition)?;
        self.end();
        self.state = refreshed;
        let count = plans.values().filter(|plan| plan.changes()).count();
        if count == 0 {
            return Ok(0);
        }
        self.start();
        let mut failed = BTreeSet::new();
        let mut failures = Vec::new();
        let replaced = TYPES.into_iter().rev();
        for type_name in replaced.filter(|name| plans[name].action == Action::Replace) {
            let private = plans[type_name].private.clone();
            self.step(type_name, &mut failed, &mut failures, |client| {
                client.delete(type_name, private)
            })?;
        }
        for type_name in TYPES {
            let is_reached = !depends_on(type_name)
                .iter()
                .any(|needed| failed.contains(needed));
            if !is_reached || failed.contains(type_name) {
                failed.insert(type_name);
                continue;
            }
            self.step(type_name, &mut failed, &mut failures, |client| {
                client.carry_out(type_name, edition, &plans)
            })?;
        }
        self.outcome(count, &failures)
    }

    pub(super) fn try_destroy(&mut self, edition: Edition) -> Result<usize, Broken> {
        if self.state.is_empty() {
            return Ok(0);
        }
        // The configuration is planned first, and its errors end the command.
        self.start();
        let (_, refreshed) = self.plan_all(edition)?;
        self.end();
        self.state = refreshed;
        self.start();
        let mut plans: BTreeMap<&'static str, Private> = BTreeMap::new();
        for (type_name, kept) in self.state.clone() {
            let destroyed = Kept {
                tainted: false,
                ..kept
            };
            let plan = self.planned(type_name, Some(&destroyed), &Value::Null, false)?;
            plans.insert(type_name, plan.private);
        }
        if self.interrupted {
            return Err(Broken::Failed("the plan was interrupted".to_owned()));
        }
        self.end();
        self.start();
        let (mut failed, mut failures) = (BTreeSet::new(), Vec::new());
        let count = plans.len();
        for type_name in TYPES.into_iter().rev() {
            let Some(private) = plans.remove(type_name) else {
                continue;
            };
            let needs_it = |other: &&str| depends_on(other).contains(&type_name);
            if failed.iter().any(needs_it) {
                failed.insert(type_name);
                continue;
            }
            self.step(type_name, &mut failed, &mut failures, |client| {
                client.delete(type_name, private)
            })?;
        }
        self.outcome(count, &failures)
    }

    fn outcome(&self, count: usize, failures: &[String]) -> Result<usize, Broken> {
        if failures.is_empty() && !self.interrupted {
            return Ok(count);
        }
        Err(Broken::Failed(failures.join("\n")))
    }

    /// One step of a walk, which goes on with what does not depend on it when it fails.
    fn step(
        &mut self,
        type_name: &'static str,
        failed: &mut BTreeSet<&'static str>,
        failures: &mut Vec<String>,
        work: impl FnOnce(&mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        // Nothing is begun after Ctrl-C.
        let done = if self.interrupted {
            Err(Broken::Failed("the walk was interrupted".to_owned()))
        } else {
            work(self)
        };
        match done {
            Ok(()) => {}
            Err(Broken::Killed) => return Err(Broken::Killed),
            Err(Broken::Failed(text)) => {
                failed.insert(type_name);
                failures.push(text);
            }
        }
        Ok(())
    }

    /// Creates or updates an object, after one more plan with what is known by now.
    fn carry_out(
        &mut self,
        type_name: &'static str,
        edition: Edition,
        plans: &BTreeMap<&'static str, Planned>,
    ) -> Result<(), Broken> {
        let plan = &plans[type_name];
        if !plan.changes() {
            return Ok(());
        }
        let kept = self.state.get(type_name).cloned();
        let cluster = self.state.get(CLUSTER).map(|kept| kept.value.clone());
        let config = config(
            type_name,
            edition,
            self.world,
            &cluster.unwrap_or(Value::Null),
        );
        let last = self.planned(type_name, kept.as_ref(), &config, true)?;
        let expected = match plan.action {
            Action::Replace => Action::Create,
            action => action,
        };
        let became_nothing = (plan.action, last.action) == (Action::Update, Action::Nothing);
        assert!(
            last.action == expected || became_nothing,
            "{type_name} was planned as {:?}, and then as {:?}",
            plan.action,
            last.action
        );
        assert_kept_promises(type_name, &plan.value, &last.value);
        if became_nothing {
            return Ok(());
        }
        let prior = kept.map_or(Value::Null, |kept| kept.value);
        let is_new = prior.is_null();
        let planned = last.value.clone();
        let deed = Deed {
            type_name,
            prior,
            planned: last.value,
            private: last.private,
            config,
        };
        let text = self.ask_to_apply(deed, is_new)?;
        if let Some(text) = text {
            return Err(Broken::Failed(text));
        }
        assert_kept_promises(type_name, &planned, &self.state[type_name].value);
        Ok(())
    }

    fn delete(&mut self, type_name: &'static str, private: Private) -> Result<(), Broken> {
        let Some(kept) = self.state.get(type_name).cloned() else {
            return Ok(());
        };
        let deed = Deed {
            type_name,
            prior: kept.value,
            planned: Value::Null,
            private,
            config: Value::Null,
        };
        let text = self.ask_to_apply(deed, false)?;
        text.map_or(Ok(()), |text| Err(Broken::Failed(text)))
    }

    /// Has it done, and saves what is answered; the errors.
    fn ask_to_apply(&mut self, deed: Deed, is_new: bool) -> Result<Option<String>, Broken> {
        let (type_name, ty) = (deed.type_name, ty(deed.type_name));
        let request = ApplyRequest {
            type_name: type_name.to_owned(),
            prior_state: Encoded::of(&deed.prior, ty),
            planned_state: Encoded::of(&deed.planned, ty),
            config: Encoded::of(&deed.config, ty),
            planned_private: deed.private,
            ..ApplyRequest::default()
        };
        let was_tainted = self.state.get(type_name).is_some_and(|kept| kept.tainted);
        let answer = self.ask(|server| async move { server.apply_resource(request).await });
        let response = match answer {
            Ok(response) => response,
            Err(Unanswered::Killed) => return Err(Broken::Killed),
            Err(Unanswered::PluginDied) => {
                // Terraform keeps the prior value, and no private state.
                if let Some(kept) = self.state.get_mut(type_name) {
                    kept.private.clear();
                }
                return Ok(Some("the plugin did not respond".to_owned()));
            }
        };
        let value = decoded(&response.new_state, type_name);
        let text = self.errors(&response.diagnostics);
        assert!(value.is_wholly_known(), "{type_name}: {value:?}");
        if value.is_null() {
            self.state.remove(type_name);
        } else {
            let tainted = was_tainted || (is_new && text.is_some());
            if tainted {
                self.tainted.insert(type_name);
            }
            let kept = Kept {
                value,
                private: response.private,
                tainted,
            };
            self.state.insert(type_name, kept);
        }
        Ok(text)
    }
}

/// Fails when something that was known became something else.
fn assert_kept_promises(type_name: &str, before: &Value, after: &Value) {
    let known = before.members().into_iter().flatten();
    for (name, promise) in known.filter(|(_, promise)| promise.is_wholly_known()) {
        assert_eq!(promise, after.member(name), "{type_name}.{name}");
    }
}
