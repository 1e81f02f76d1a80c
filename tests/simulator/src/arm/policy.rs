//! A policy assignment that denies, as far as clients see it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Refuses to write resources of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyDenial {
    /// Such as `Microsoft.ContainerService/managedClusters`.
    pub resource_type: String,
    /// Name of the policy assignment.
    pub assignment: String,
    /// Name of the policy definition.
    pub definition: String,
}

impl PolicyDenial {
    pub(super) fn denies(&self, resource_type: &str) -> bool {
        self.resource_type.eq_ignore_ascii_case(resource_type)
    }

    /// The body of the 403 (shape: ARM docs, error-policy-requestdisallowedbypolicy).
    pub(super) fn error(&self, subscription: &str, name: Option<&String>) -> Value {
        let Self {
            resource_type,
            assignment,
            definition,
        } = self;
        let name = name.map(String::as_str).unwrap_or_default();
        let scope = format!("/subscriptions/{subscription}");
        let authorization = format!("{scope}/providers/Microsoft.Authorization");
        let assignment_id = format!("{authorization}/policyAssignments/{assignment}");
        let definition_id = format!("{authorization}/policyDefinitions/{definition}");
        let identifiers = json!([{
            "policyAssignment": { "name": assignment, "id": assignment_id },
            "policyDefinition": { "name": definition, "id": definition_id },
        }]);
        json!({ "error": {
            "code": "RequestDisallowedByPolicy",
            "target": name,
            "message": format!(
                "Resource '{name}' was disallowed by policy. Policy identifiers: '{identifiers}'."
            ),
            "additionalInfo": [{
                "type": "PolicyViolation",
                "info": {
                    "evaluationDetails": { "evaluatedExpressions": [{
                        "result": "True",
                        "expressionKind": "Field",
                        "expression": "type",
                        "path": "type",
                        "expressionValue": resource_type,
                        "targetValue": resource_type,
                        "operator": "Equals",
                    }] },
                    "policyDefinitionId": definition_id,
                    "policyDefinitionName": definition,
                    "policyDefinitionDisplayName": definition,
                    "policyDefinitionEffect": "deny",
                    "policyAssignmentId": assignment_id,
                    "policyAssignmentName": assignment,
                    "policyAssignmentDisplayName": assignment,
                    "policyAssignmentScope": scope,
                    "policyAssignmentParameters": {},
                    "policyExemptionIds": [],
                },
            }],
        } })
    }
}
