//! Role assignments: made, listed, removed.

use jiff::{SignedDuration, Timestamp};
use rand::Rng as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::access::{Access, Removed, covers};
use super::error::{empty, ok, service_error};
use super::exchange::{Moment, Request, Response};
use super::path::Address;
use super::role;
use crate::entra::{Directory, Principal, REPLICATION};

/// Simulated seconds until the data planes of other services follow a new or removed assignment;
/// Azure RBAC for Kubernetes says "up to five minutes" (AKS docs, entra-id-authorization).
const SPREAD: std::ops::RangeInclusive<i64> = 5..=300;

/// How much sooner Resource Manager follows it, when it is late at all.
const SOONER: i32 = 5;

/// Who follows role assignments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plane {
    /// Resource Manager.
    Management,
    /// The services behind it, such as the API servers of clusters.
    Data,
}

/// A role assignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RoleAssignment {
    pub(super) name: String,
    pub(super) scope: String,
    /// GUID of the role.
    pub(super) role: String,
    pub(super) principal_id: String,
    principal_type: String,
    description: Value,
    condition: Value,
    condition_version: Value,
    created: Timestamp,
    updated_by: String,
    /// Simulated seconds its making and its removal take to spread.
    #[serde(default)]
    spread: i64,
}

impl RoleAssignment {
    pub(super) fn seeded(name: String, principal: &str, role: &str, scope: &str) -> Self {
        Self {
            name,
            scope: scope.into(),
            role: role.into(),
            principal_id: principal.into(),
            principal_type: "ServicePrincipal".into(),
            description: Value::Null,
            condition: Value::Null,
            condition_version: Value::Null,
            created: Timestamp::UNIX_EPOCH,
            updated_by: String::new(),
            spread: 0,
        }
    }

    /// How long it takes to be followed, and to be forgotten.
    pub(super) fn spread(&self, plane: Plane) -> SignedDuration {
        let whole = SignedDuration::from_secs(self.spread);
        match plane {
            Plane::Management => whole / SOONER,
            Plane::Data => whole,
        }
    }

    /// Whether it has spread by now.
    pub(super) fn known(&self, plane: Plane, now: Timestamp) -> bool {
        now.duration_since(self.created) >= self.spread(plane)
    }

    fn id(&self) -> String {
        format!(
            "{}/providers/Microsoft.Authorization/roleAssignments/{}",
            self.scope, self.name
        )
    }

    fn grants_the_same(&self, other: &Self) -> bool {
        self.role.eq_ignore_ascii_case(&other.role)
            && self.principal_id.eq_ignore_ascii_case(&other.principal_id)
            && self.scope.eq_ignore_ascii_case(&other.scope)
    }

    fn document(&self) -> Value {
        let subscription: Vec<&str> = self.scope.split('/').take(3).collect();
        let created = self.created.strftime("%Y-%m-%dT%H:%M:%S%.7fZ").to_string();
        json!({
            "properties": {
                "roleDefinitionId": format!(
                    "{}/providers/Microsoft.Authorization/roleDefinitions/{}",
                    subscription.join("/"),
                    self.role
                ),
                "principalId": self.principal_id,
                "principalType": self.principal_type,
                "scope": self.scope,
                "condition": self.condition,
                "conditionVersion": self.condition_version,
                "createdOn": created,
                "updatedOn": created,
                "createdBy": null,
                "updatedBy": self.updated_by,
                "delegatedManagedIdentityResourceId": null,
                "description": self.description,
            },
            "id": self.id(),
            "type": "Microsoft.Authorization/roleAssignments",
            "name": self.name,
        })
    }
}

impl Access {
    /// The assignment with an id, as GET answers it.
    pub(super) fn assignment(&self, id: &str) -> Option<Value> {
        let found = self
            .assignments
            .iter()
            .find(|one| one.id().eq_ignore_ascii_case(id));
        found.map(RoleAssignment::document)
    }

    /// The ids of the assignments on resource groups and what is in them; those on the
    /// subscription are no resources of anybody's.
    pub(super) fn assignment_ids(&self) -> Vec<String> {
        let below = self
            .assignments
            .iter()
            .filter(|one| one.scope.to_lowercase().contains("/resourcegroups/"));
        below.map(RoleAssignment::id).collect()
    }

    pub(super) fn handle_assignment(
        &mut self,
        request: &Request,
        address: &Address,
        directory: &Directory,
        clusters: &[Value],
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        if address.is_collection() {
            return (request.method == "GET").then(|| self.list(request, address, directory));
        }
        let name = address.name(0);
        let position = self.assignments.iter().position(|one| {
            one.name.eq_ignore_ascii_case(name) && one.scope.eq_ignore_ascii_case(&address.scope)
        });
        let found = position.and_then(|position| self.assignments.get(position));
        match request.method.as_str() {
            "GET" => Some(found.map_or_else(
                || {
                    let text = format!("The role assignment '{name}' is not found.");
                    service_error(404, "RoleAssignmentNotFound", text)
                },
                |assignment| ok(200, assignment.document()),
            )),
            "PUT" => Some(
                read(request, address, directory, clusters, moment)
                    .map_or_else(|error| error, |wanted| self.put(wanted)),
            ),
            "DELETE" => Some(match position {
                Some(position) => {
                    let assignment = self.assignments.remove(position);
                    let document = assignment.document();
                    self.removed.push(Removed {
                        assignment,
                        at: moment.now,
                    });
                    ok(200, document)
                }
                None => empty(204),
            }),
            _ => None,
        }
    }

    fn put(&mut self, wanted: RoleAssignment) -> Response {
        let same = self
            .assignments
            .iter_mut()
            .find(|one| one.name.eq_ignore_ascii_case(&wanted.name));
        if let Some(same) = same {
            if same.grants_the_same(&wanted) {
                let before = same.document();
                same.description = wanted.description;
                same.condition = wanted.condition;
                same.condition_version = wanted.condition_version;
                let document = same.document();
                // Recorded: what changes is answered like what is new.
                return ok(if document == before { 200 } else { 201 }, document);
            }
            let text = "Tenant ID, application ID, principal ID, and scope are not allowed to be \
                        updated.";
            return service_error(400, "RoleAssignmentUpdateNotPermitted", text);
        }
        if self
            .assignments
            .iter()
            .any(|one| one.grants_the_same(&wanted))
        {
            let text = "The role assignment already exists.";
            return service_error(409, "RoleAssignmentExists", text);
        }
        let document = wanted.document();
        self.assignments.push(wanted);
        ok(201, document)
    }

    /// Without a filter: at the scope, above and below it. `atScope()`: not below.
    fn list(&self, request: &Request, address: &Address, directory: &Directory) -> Response {
        let filter = request
            .query
            .get("$filter")
            .map(String::as_str)
            .unwrap_or_default();
        let at_scope = filter.contains("atScope()");
        let quoted = |after: &str| {
            let (_, rest) = filter.split_once(after)?;
            rest.split('\'').nth(1).map(str::to_lowercase)
        };
        let mut principals = quoted("principalId eq").map(|id| vec![id]);
        if let Some(id) = quoted("assignedTo(") {
            let mut ids = directory.groups(&id);
            ids.push(id);
            principals = Some(ids);
        }
        let value: Vec<Value> = self
            .assignments
            .iter()
            .filter(|one| {
                covers(&one.scope, &address.scope)
                    || (!at_scope && covers(&address.scope, &one.scope))
            })
            .filter(|one| {
                principals
                    .as_ref()
                    .is_none_or(|ids| ids.contains(&one.principal_id.to_lowercase()))
            })
            .map(RoleAssignment::document)
            .collect();
        ok(200, json!({ "value": value }))
    }
}

/// The assignment a PUT asks for, or why it cannot be.
fn read(
    request: &Request,
    address: &Address,
    directory: &Directory,
    clusters: &[Value],
    moment: &mut Moment<'_>,
) -> Result<RoleAssignment, Response> {
    let name = address.name(0);
    if uuid::Uuid::try_parse(name).is_err() {
        let text = format!(
            "The role assignment ID '{name}' is not valid. The role assignment ID must be a GUID."
        );
        return Err(service_error(400, "InvalidRoleAssignmentId", text));
    }
    let properties = request
        .body
        .as_ref()
        .and_then(|body| body.get("properties"));
    let value = |name: &str| {
        properties
            .and_then(|all| all.get(name))
            .cloned()
            .unwrap_or_default()
    };
    let text = |name: &str| value(name).as_str().unwrap_or_default().to_owned();
    let principal_id = text("principalId");
    if uuid::Uuid::try_parse(&principal_id).is_err() {
        let text =
            format!("The Principal ID '{principal_id}' is not valid. Principal ID must be a GUID.");
        return Err(service_error(400, "InvalidPrincipalId", text));
    }
    let definition = text("roleDefinitionId");
    let role_id = definition.rsplit('/').next().unwrap_or_default();
    let role = role::find(role_id).ok_or_else(|| role::does_not_exist(role_id))?;
    let principal_type = principal_type(
        &principal_id,
        &text("principalType"),
        directory,
        clusters,
        moment,
    )?;
    Ok(RoleAssignment {
        name: name.to_owned(),
        scope: address.scope.clone(),
        role: role.id.to_owned(),
        principal_id,
        principal_type,
        description: value("description"),
        condition: value("condition"),
        condition_version: value("conditionVersion"),
        created: moment.now,
        updated_by: request.caller.object_id.clone(),
        spread: moment.random.random_range(SPREAD),
    })
}

/// The principal's type. Naming it in the request skips the look into the directory, and with
/// that the replication delay (Azure docs, role-assignments-template, "new service principal").
fn principal_type(
    principal_id: &str,
    named: &str,
    directory: &Directory,
    clusters: &[Value],
    moment: &Moment<'_>,
) -> Result<String, Response> {
    let known = directory.principal(principal_id);
    if !named.is_empty() {
        return match known.map(kind) {
            Some(kind) if kind != named => {
                let text = format!(
                    "The PrincipalId '{principal_id}' has type '{kind}' , which is different from \
                     specified PrinciaplType '{named}'."
                );
                Err(service_error(400, "UnmatchedPrincipalType", text))
            }
            _ => Ok(named.to_owned()),
        };
    }
    let replicated = |principal: &&Principal| {
        let age = moment.now.duration_since(principal.created);
        age >= REPLICATION
    };
    if let Some(principal) = known.filter(replicated) {
        return Ok(kind(principal));
    }
    // The identities of clusters belong to the clusters, not to the directory's own list.
    let id = principal_id.to_lowercase();
    if clusters
        .iter()
        .any(|cluster| cluster.to_string().to_lowercase().contains(&id))
    {
        return Ok("ServicePrincipal".into());
    }
    let text = format!(
        "Principal {} does not exist in the directory {}. Check that you have the correct \
         principal ID. If you are creating this principal and then immediately assigning a role, \
         this error might be related to a replication delay. In this case, set the role \
         assignment principalType property to a value, such as ServicePrincipal, User, or Group.  \
         See https://aka.ms/docs-principaltype",
        principal_id.replace('-', ""),
        moment.tenant_id
    );
    Err(service_error(400, "PrincipalNotFound", text))
}

fn kind(principal: &Principal) -> String {
    format!("{:?}", principal.kind)
}
