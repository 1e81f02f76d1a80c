//! `PlanResourceChange`: what apply will do, in the order of terraform-plugin-framework's
//! `server_planresourcechange.go`.

use super::{PENDING, Scope, ServedResource, guarded, undecodable};
use crate::{
    framework::{
        Block as _, Diagnostic, Diagnostics, Failure, Origin, Planned, Resource, Severity, State,
        plan,
        private::{read_private, write_private},
        resource::{Call, Verb},
        schema::Kind,
        service::{PlanRequest, PlanResponse},
    },
    value::{Encoded, Path, Value},
};

impl<R: Resource> ServedResource<R> {
    pub(super) async fn plan_change(
        &self,
        scope: Scope<R::Client>,
        request: PlanRequest,
    ) -> PlanResponse {
        let (block, ty) = self.declared();
        let mut response = PlanResponse {
            planned_state: request.prior_state.clone(),
            planned_private: request.prior_private.clone(),
            ..Default::default()
        };
        let decoded = request.prior_state.decode(ty).and_then(|prior| {
            Ok((
                prior,
                request.config.decode(ty)?,
                request.proposed_new_state.decode(ty)?,
            ))
        });
        let (prior, config, proposed) = match decoded {
            Ok(values) => values,
            Err(error) => {
                response.diagnostics.push(undecodable("plan", &error));
                return response;
            }
        };
        let before = (!prior.is_null()).then(|| Self::state(&prior));
        let mut call = scope.call(read_private(&request.prior_private));
        if proposed.is_null() {
            let planned = Planned {
                prior: before.as_ref(),
                spec: None,
                changes: &[],
                replaces: false,
                outputs: Self::state(&Value::Null).outputs,
            };
            let outcome = guarded(self.resource.plan(&call, planned)).await;
            response.planned_state = Encoded::of(&Value::Null, ty);
            finish_plan(&mut response, &call, outcome);
            return response;
        }
        let filled = self.filled(block, &config, &prior);
        let mut errors = Diagnostics::default();
        let written = R::Spec::from_value(&filled, Origin::Configuration, &mut errors);
        self.resource.check(&written, &mut errors);
        if errors.has_errors() {
            response.diagnostics = errors.into_vec();
            return response;
        }
        let mut planned = plan::merge(block, &filled, &prior);
        let spec = R::Spec::from_value(&planned, Origin::Service, &mut Diagnostics::default());
        let changes = plan::changes(block, &prior, &planned);
        let replacements = before
            .as_ref()
            .map(|before| self.replacements(&changes, before, &spec))
            .unwrap_or_default();
        if !self.resource.replacement_allowed(&spec) {
            response.diagnostics.extend(
                replacements
                    .iter()
                    .map(|(change, reason)| Self::refuse(change, reason)),
            );
        }
        let replaces = !replacements.is_empty();
        let pending = call.private(PENDING).is_some();
        if before.is_none() || replaces {
            plan::forget(block, &mut planned, &|_, _| false);
        } else if pending || !plan::only_local(block, &prior, &planned) {
            let touched: Vec<Path> = changes.iter().map(|change| change.path.clone()).collect();
            plan::forget(block, &mut planned, &|attribute, value| {
                // What is under way may change whatever an update can.
                let may_change =
                    (pending && !attribute.is_stable()) || attribute.may_change(&touched);
                !may_change && !value.is_null()
            });
        } else {
            response
                .planned_identity
                .clone_from(&request.prior_identity);
        }
        if before.is_some() && !replaces {
            response.planned_identity = request.prior_identity.or_else(|| self.identity(&prior));
        }
        let mut paths: Vec<Path> = replacements
            .iter()
            .map(|(change, _)| change.path.clone())
            .collect();
        paths.sort();
        paths.dedup();
        response.requires_replace = paths;
        call.timeout = self.timeout(&spec, Verb::Read);
        let judged = Planned {
            prior: before.as_ref(),
            spec: Some(&spec),
            changes: &changes,
            replaces,
            outputs: Self::state(&planned).outputs,
        };
        let outcome = guarded(self.resource.plan(&call, judged)).await;
        if let Some(outputs) = call.record().planned_outputs {
            plan::foretell(&mut planned, &outputs);
        }
        response.planned_state = Encoded::of(&planned, ty);
        finish_plan(&mut response, &call, outcome);
        response
    }

    /// The changes that need a new object, and why.
    fn replacements<'a>(
        &self,
        changes: &'a [plan::Change<'a>],
        prior: &State<R>,
        spec: &R::Spec,
    ) -> Vec<(&'a plan::Change<'a>, &'static str)> {
        let allowed = self.resource.replacement_allowed(spec);
        let reason = |change: &'a plan::Change<'a>| {
            // A default that is new to an old state is no change of the object.
            if change.from.is_null() && change.attribute.default.is_some() {
                return None;
            }
            // Nor is it one to leave to the service what it has, or to write down what it chose.
            if change.attribute.kind == Kind::UnmanagedWhenNull
                && (change.to.is_null()
                    || change.from.is_null() && self.resource.is_already(change, prior))
            {
                return None;
            }
            // What is not known may turn out to be what it was. Where a replacement is refused
            // anyway, apply decides; else it is planned, as everywhere in Terraform.
            if !change.to.is_wholly_known() && !allowed {
                return None;
            }
            let reason = change
                .attribute
                .replace
                .or_else(|| self.resource.replaces(change, prior, spec))?;
            Some((change, reason))
        };
        changes.iter().filter_map(reason).collect()
    }

    fn refuse(change: &plan::Change<'_>, reason: &str) -> Diagnostic {
        let shown = |value: &Value| {
            if change.attribute.has_secrets() {
                "(sensitive)".to_owned()
            } else {
                crate::value::to_json(value).to_string()
            }
        };
        let detail = format!(
            "`{}` changes from {} to {}: {reason}. {}",
            change.path,
            shown(&change.from),
            shown(&change.to),
            R::LOSS
        );
        Diagnostic::error(format!("Change needs a new {}", R::NAME), detail.trim_end())
            .at(&change.path)
    }
}

fn finish_plan<C>(response: &mut PlanResponse, call: &Call<C>, outcome: Result<(), Failure>) {
    match outcome {
        Ok(()) => {}
        Err(Failure::Failed(errors)) => response.diagnostics.extend(errors),
        Err(Failure::Interrupted(word)) => response.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            ..word
        }),
    }
    let record = call.record();
    response.diagnostics.extend(record.warnings);
    response.planned_private = write_private(&record.private);
}
