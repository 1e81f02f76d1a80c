//! PUT, PATCH and DELETE of a cluster.

use serde_json::{Value, json};

use super::answer::{Problem, document, empty};
use super::cluster::Cluster;
use super::defaults;
use super::document::{is_empty, items, owned, put, remove, remove_if, renew_etag, text};
use super::operation::Kind;
use super::path::ClusterAddress;
use super::refusals::busy;
use super::versions::{self, Chosen};
use super::{Engine, World, immutable, merge, random, rules};
use crate::arm::exchange::{Moment, Request, Response};

impl Engine {
    pub(super) fn put_cluster(
        &mut self,
        address: &ClusterAddress,
        request: &Request,
        moment: &mut Moment<'_>,
        world: &World<'_>,
    ) -> Result<Response, Problem> {
        let key = address.key();
        let existing = self.clusters.get(&key);
        preconditions(request, existing.map(|cluster| &cluster.object))?;
        let body = resource_body(request)?;
        if text(body, "/location").is_none() {
            return Err(Problem::gateway(
                400,
                "LocationRequired",
                "The location property is required for this definition.",
            ));
        }
        if existing.is_some() {
            self.idle(address, None)?;
        }
        let wish = merge::cluster_wish(body);
        // Names keep the spelling they were created with.
        let address = existing.map_or_else(|| address.clone(), Cluster::address);
        let mut draft = existing.map_or(json!({}), |cluster| cluster.object.clone());
        let known = merge::identities(&draft);
        let version = cluster_version(existing, &wish, &address.name)?;
        merge::cluster(&mut draft, &wish);
        check_identity_values(&wish, existing.map(|cluster| &cluster.object))?;
        if let Some(location) = existing.and_then(|cluster| text(&cluster.object, "/location")) {
            // A region spelled another way is the same region, and stays as first spelled.
            if super::cluster::region(location)
                == super::cluster::region(&owned(&draft, "/location"))
            {
                put(&mut draft, "location", location);
            }
        }
        pool_versions(&mut draft, existing, &version)?;
        let context = defaults::Context {
            address: &address,
            tenant: moment.tenant_id,
            now: moment.now,
            version: &version,
            minor: self
                .quirks
                .defaults_of_minor
                .unwrap_or(version.current.minor),
        };
        defaults::cluster(&mut draft, &context, moment.random);
        merge::tidy_cluster(&mut draft);
        if let Some(existing) = existing {
            immutable::check(&existing.object, &draft)?;
            for pool in existing.pools() {
                let name = text(pool, "/name");
                if let Some(after) = items(&draft, "/properties/agentPoolProfiles")
                    .iter()
                    .find(|pool| text(pool, "/name") == name)
                {
                    immutable::check_pool(pool, after, "agentPoolProfile")?;
                }
            }
        }
        let rules = rules::Context {
            cluster: &address.name,
            tenant: moment.tenant_id,
            caller: &request.caller,
            world,
        };
        rules::check(&draft, &rules)?;
        identities(&mut draft, world);
        let kind = match existing {
            None => Kind::Create,
            Some(cluster) => kind_of_update(&cluster.object, &draft),
        };
        let new: Vec<String> = merge::identities(&draft)
            .into_iter()
            .filter(|id| !known.contains(id))
            .collect();
        Ok(self.accept(&address, draft, kind, &new, moment))
    }

    fn accept(
        &mut self,
        address: &ClusterAddress,
        draft: Value,
        kind: Kind,
        new_identities: &[String],
        moment: &mut Moment<'_>,
    ) -> Response {
        let key = address.key();
        let cluster = self.clusters.entry(key.clone()).or_insert_with(|| {
            let instance = random::guid(moment.random);
            Cluster::new(address, instance, random::hexadecimal(moment.random, 128))
        });
        let before = std::mem::replace(&mut cluster.object, draft);
        cluster.heals = None;
        if let Some(properties) = cluster.object.get_mut("properties") {
            remove(properties, "status");
        }
        renew(&mut cluster.object, moment);
        cluster.set_state(kind.state(), kind != Kind::Scale);
        if kind == Kind::Scale {
            mark_scaled(cluster, &before);
        }
        let body = cluster.written(new_identities);
        if let Some(properties) = cluster.object.get_mut("properties") {
            remove_if(properties, "apiServerAccessProfile", is_empty);
        }
        let headers = self.begin(&key, None, kind, false, moment);
        document(if kind == Kind::Create { 201 } else { 200 }, headers, body)
    }

    /// PATCH changes tags and nothing else.
    pub(super) fn patch_cluster(
        &mut self,
        address: &ClusterAddress,
        request: &Request,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Problem> {
        let existing = self.cluster(address)?;
        preconditions(request, Some(&existing.object))?;
        let mut draft = existing.object.clone();
        let address = existing.address();
        let body = resource_body(request)?;
        self.idle(&address, None)?;
        if let Some(tags) = body.get("tags").filter(|tags| tags.is_object()) {
            put(&mut draft, "tags", tags.clone());
            merge::tidy_cluster(&mut draft);
        }
        Ok(self.accept(&address, draft, Kind::Update, &[], moment))
    }

    /// A missing cluster answers 204, as the `OpenAPI` description of the operation says.
    pub(super) fn delete_cluster(
        &mut self,
        address: &ClusterAddress,
        request: &Request,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Problem> {
        let key = address.key();
        let Some(cluster) = self.clusters.get_mut(&key) else {
            return Ok(empty(204, Vec::new()));
        };
        preconditions(request, Some(&cluster.object))?;
        if let Some(operation) = self.running(&key, None) {
            // A second DELETE joins the first; nothing recorded shows what Azure answers.
            if operation.kind == Kind::Delete {
                let headers = self.addresses(&operation.polled(), true, moment);
                return Ok(empty(202, headers));
            }
            // What a pool is doing does not keep the whole from going (recorded nodepool_add_scale_delete).
            if operation.pool.is_none() {
                return Err(busy(operation));
            }
        }
        if let Some(cluster) = self.clusters.get_mut(&key) {
            cluster.heals = None;
            cluster.set_state(Kind::Delete.state(), true);
            renew(&mut cluster.object, moment);
        }
        let headers = self.begin(&key, None, Kind::Delete, true, moment);
        Ok(empty(202, headers))
    }
}

/// The table of AKS docs use-etags.
pub(super) fn preconditions(request: &Request, existing: Option<&Value>) -> Result<(), Problem> {
    let wanted = request.headers.get("if-match");
    let absent = request.headers.get("if-none-match");
    let failed = |message: String| Err(Problem::provider(412, "PreconditionFailed", message));
    match (wanted, absent) {
        (Some(_), Some(_)) => Err(Problem::provider(
            400,
            "BadRequest",
            "If-Match and If-None-Match cannot be used together.",
        )),
        (None, Some(absent)) if absent.trim_matches('"') != "*" => Err(Problem::provider(
            400,
            "BadRequest",
            "If-None-Match only accepts '*'.",
        )),
        (None, Some(_)) if existing.is_some() => {
            failed("The resource exists already, and If-None-Match is '*'.".to_owned())
        }
        (Some(wanted), None) => {
            let wanted = wanted.trim_matches('"');
            match existing.map(|resource| {
                text(resource, "/eTag")
                    .or_else(|| text(resource, "/properties/eTag"))
                    .unwrap_or_default()
            }) {
                None => failed("The resource does not exist, and If-Match was sent.".to_owned()),
                Some(own) if wanted == "*" || wanted == own => Ok(()),
                Some(own) => failed(format!(
                    "The eTag '{wanted}' does not match the eTag '{own}' of the resource."
                )),
            }
        }
        _ => Ok(()),
    }
}

pub(super) fn resource_body(request: &Request) -> Result<&Value, Problem> {
    request
        .body
        .as_ref()
        .filter(|body| body.is_object())
        .ok_or_else(|| {
            Problem::gateway(
                400,
                "InvalidRequestContent",
                "The request content was invalid and could not be deserialized.",
            )
        })
}

fn renew(object: &mut Value, moment: &mut Moment<'_>) {
    put(object, "eTag", random::guid(moment.random));
    if let Some(pools) = object
        .pointer_mut("/properties/agentPoolProfiles")
        .and_then(Value::as_array_mut)
    {
        pools.iter_mut().for_each(renew_etag);
    }
}

fn cluster_version(
    existing: Option<&Cluster>,
    wish: &Value,
    name: &str,
) -> Result<Chosen, Problem> {
    let asked = text(wish, "/properties/kubernetesVersion");
    let chosen = match existing.and_then(Cluster::version) {
        None => versions::choose(asked),
        Some(in_use) => versions::change(&in_use, asked),
    };
    chosen.map_err(|refusal| refusal.of_cluster(name, asked.unwrap_or_default()))
}

/// Gives every pool of a draft the version it asks for, keeps, or takes from its cluster.
fn pool_versions(
    draft: &mut Value,
    existing: Option<&Cluster>,
    cluster: &Chosen,
) -> Result<(), Problem> {
    for pool in draft
        .pointer_mut("/properties/agentPoolProfiles")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        let name = owned(pool, "/name");
        let before = existing.and_then(|cluster| cluster.pool(&name));
        pool_version(pool, before, cluster)?;
    }
    Ok(())
}

/// Gives one pool its version.
pub(super) fn pool_version(
    pool: &mut Value,
    before: Option<&Value>,
    cluster: &Chosen,
) -> Result<(), Problem> {
    let asked = text(pool, "/orchestratorVersion").map(str::to_owned);
    let in_use = before.and_then(|before| {
        Some(Chosen {
            asked: owned(before, "/orchestratorVersion"),
            current: versions::parse(text(before, "/currentOrchestratorVersion")?)?,
        })
    });
    let chosen = match (&in_use, &asked) {
        (None, None) => cluster.clone(),
        (Some(in_use), None) => in_use.clone(),
        (Some(in_use), Some(asked)) if in_use.asked == *asked => in_use.clone(),
        // The alias of the control plane is the control plane's patch.
        (_, Some(asked))
            if *asked == cluster.asked || *asked == format!("1.{}", cluster.current.minor) =>
        {
            Chosen {
                asked: asked.clone(),
                current: cluster.current,
            }
        }
        (None, Some(asked)) => {
            versions::choose(Some(asked)).map_err(|refusal| refusal.of_pool(asked))?
        }
        (Some(in_use), Some(asked)) => {
            versions::change(in_use, Some(asked)).map_err(|refusal| refusal.of_pool(asked))?
        }
    };
    put(pool, "orchestratorVersion", chosen.asked);
    put(
        pool,
        "currentOrchestratorVersion",
        chosen.current.to_string(),
    );
    Ok(())
}

/// Azure/azure-rest-api-specs issue 13631: on a write the values under `userAssignedIdentities` are
/// empty, null, or exactly what is there. The code is not in that source (unverified).
fn check_identity_values(wish: &Value, existing: Option<&Value>) -> Result<(), Problem> {
    for id in merge::identities(wish) {
        let value = wish
            .pointer("/identity/userAssignedIdentities")
            .and_then(|map| map.get(&id));
        let own = existing
            .and_then(|cluster| cluster.pointer("/identity/userAssignedIdentities"))
            .and_then(|map| map.get(&id));
        let blank = value.is_some_and(is_empty);
        if !blank && value != own {
            return Err(Problem::gateway(
                400,
                "InvalidIdentityValues",
                format!(
                    "Invalid value for the identities '{id}'. The 'UserAssignedIdentities' property \
                     keys should only be empty json objects, null or the resource exisiting \
                     property."
                ),
            ));
        }
    }
    Ok(())
}

/// Fills in the ids of user-assigned identities, as GET shows them.
fn identities(draft: &mut Value, world: &World<'_>) {
    for id in merge::identities(draft) {
        let Some(identity) = (world.identity)(&id) else {
            continue;
        };
        if let Some(map) = draft.pointer_mut("/identity/userAssignedIdentities") {
            let filled = json!({
                "clientId": owned(&identity, "/properties/clientId"),
                "principalId": owned(&identity, "/properties/principalId"),
            });
            put(map, &id, filled);
        }
    }
}

fn kind_of_update(before: &Value, after: &Value) -> Kind {
    let version = "/properties/currentKubernetesVersion";
    if text(before, version) != text(after, version) {
        return Kind::Upgrade;
    }
    // A count changed beside something else is an update (recorded
    // identity_user_assigned_control_plane).
    if before != after && without_counts(before) == without_counts(after) {
        Kind::Scale
    } else {
        Kind::Update
    }
}

fn without_counts(cluster: &Value) -> Value {
    let mut cluster = cluster.clone();
    if let Some(pools) = cluster
        .pointer_mut("/properties/agentPoolProfiles")
        .and_then(Value::as_array_mut)
    {
        for pool in pools {
            remove(pool, "count");
        }
    }
    cluster
}

/// While a cluster scales, so do the pools whose count changed (recorded `authorized_ip_ranges`).
fn mark_scaled(cluster: &mut Cluster, before: &Value) {
    for pool in cluster.pools_mut().into_iter().flatten() {
        let name = text(pool, "/name");
        let same = items(before, "/properties/agentPoolProfiles")
            .iter()
            .any(|own| text(own, "/name") == name && own.get("count") == pool.get("count"));
        if !same {
            put(pool, "provisioningState", Kind::Scale.state());
        }
    }
}
