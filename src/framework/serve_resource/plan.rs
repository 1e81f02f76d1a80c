//! `PlanResourceChange`: what apply will do, in the order of terraform-plugin-framework's
//! `server_planresourcechange.go`.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::{GONE, PENDING, REPLACES, Scope, ServedResource, guarded, undecodable};
use crate::{
    framework::{
        Block as _, Call, Diagnostic, Diagnostics, Event, Failure, Origin, Planned, Resource,
        Severity, State, plan,
        private::{read_private, write_private},
        replacement::{self, Replacement, replacements},
        resource::Verb,
        service::{PlanRequest, PlanResponse},
        way_out,
    },
    value::{Encoded, Path, Value},
};

impl<R: Resource> ServedResource<R> {
    /// The plan; the errors about an object that exists end with the way out, where it is one: a deletion can be refused
    /// as well.
    pub(super) async fn plan_change(
        &self,
        scope: Scope<R::Client>,
        request: PlanRequest,
    ) -> PlanResponse {
        let once_more = Scope {
            client: Arc::clone(&scope.client),
            cancelled: scope.cancelled.clone(),
        };
        let mut response = self.plan_as_asked(scope, &request).await;
        let mut told = response.diagnostics.iter();
        let is_refused = told.any(|told| told.severity == Severity::Error);
        // A client allows deferral when it plans once more, right before it applies.
        if is_refused
            && !request.client.deferral_allowed
            && !once_more.cancelled.is_cancelled()
            && self.may_be_destroyed(once_more, &request).await
        {
            response.diagnostics = way_out::of_plan(R::NAME, response.diagnostics);
        }
        response
    }

    /// Whether there is an object, which this plan was not to delete, and its deletion can be planned.
    async fn may_be_destroyed(&self, scope: Scope<R::Client>, request: &PlanRequest) -> bool {
        let (_, ty) = self.declared();
        let decode = |value: &Encoded| value.decode(ty).ok().filter(|value| !value.is_null());
        let (Some(prior), Some(_)) = (
            decode(&request.prior_state),
            decode(&request.proposed_new_state),
        ) else {
            return false;
        };
        let before = Self::state(&prior);
        let mut call = scope.call(read_private(&request.prior_private));
        call.timeout = self.timeout(&before.spec, Verb::Read);
        self.plan_removal(&call, Some(&before)).await.is_ok()
    }

    async fn plan_as_asked(&self, scope: Scope<R::Client>, request: &PlanRequest) -> PlanResponse {
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
        if let Some(before) = &before {
            self.resource.note(&call.client, before, Event::InState);
        }
        if proposed.is_null() {
            response.planned_state = Encoded::of(&Value::Null, ty);
            let outcome = self.plan_removal(&call, before.as_ref()).await;
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
            .map(|before| replacements(&self.resource, &call.client, &changes, before, &spec))
            .unwrap_or_default();
        let is_gone = before.is_some() && call.private(GONE).is_some();
        let replaces = is_gone || !replacements.is_empty();
        if let Some(before) = before.as_ref().filter(|_| !is_gone) {
            let refused = self.judge_replacements(&call, &replacements, before, &spec, request);
            response.diagnostics.extend(refused);
        }
        // What is made anew is made like anything else.
        let has = if replaces { &Value::Null } else { &prior };
        let mut unoffered = Diagnostics::default();
        plan::check_kept(block, has, &planned, &mut unoffered);
        response.diagnostics.extend(unoffered.into_vec());
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
            response.planned_identity = request
                .prior_identity
                .clone()
                .or_else(|| self.identity(&prior));
        }
        response.requires_replace = requires_replace(&replacements, is_gone);
        call.timeout = self.timeout(&spec, Verb::Read);
        let judged = Planned {
            prior: before.as_ref(),
            spec: Some(&spec),
            changes: &changes,
            replaces,
            after: &planned,
            block,
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

    async fn plan_removal(
        &self,
        call: &Call<R::Client>,
        before: Option<&State<R>>,
    ) -> Result<(), Failure> {
        let planned = Planned {
            prior: before,
            spec: None,
            changes: &[],
            replaces: false,
            after: &Value::Null,
            block: self.declared().0,
            outputs: Self::state(&Value::Null).outputs,
        };
        guarded(self.resource.plan(call, planned)).await
    }

    /// Refuses changes that need a new object where that is not allowed, and says how it is done where it is.
    fn judge_replacements(
        &self,
        call: &Call<R::Client>,
        replacements: &[Replacement<'_>],
        before: &State<R>,
        spec: &R::Spec,
        request: &PlanRequest,
    ) -> Vec<Diagnostic> {
        if replacements.is_empty() {
            return Vec::new();
        }
        let refusals = replacements.iter().map(Replacement::refusal::<R>);
        // Measured with Terraform 1.9 to 1.15: a client allows deferral when it plans once more, right before it applies.
        if request.client.deferral_allowed {
            return refusals.map(replacement::turned_out).collect();
        }
        if !self.resource.replacement_allowed(spec) {
            return refusals.collect();
        }
        let instance = self.resource.instance(&before.outputs);
        let instance = instance.map_or(Json::Bool(true), |instance| json!(instance));
        call.keep_private(REPLACES, instance);
        // Where a client creates first, it does not hand the create what the plan has kept.
        self.resource.note(&call.client, before, Event::Replaced);
        call.warn(replacement::destroy_first(R::NAME, replacements));
        Vec::new()
    }
}

/// Where the plan shows why the object is made anew.
fn requires_replace(replacements: &[Replacement<'_>], is_gone: bool) -> Vec<Path> {
    let mut paths: Vec<Path> = replacements
        .iter()
        .map(|replacement| replacement.change.path.clone())
        .collect();
    paths.extend(is_gone.then(|| Path::attribute("id")));
    paths.sort();
    paths.dedup();
    paths
}

fn finish_plan<C>(response: &mut PlanResponse, call: &Call<C>, outcome: Result<(), Failure>) {
    if let Err(failure) = outcome {
        response.diagnostics.extend(failure.told());
    }
    let record = call.record();
    response.diagnostics.extend(record.warnings);
    response.planned_private = write_private(&record.private);
}
