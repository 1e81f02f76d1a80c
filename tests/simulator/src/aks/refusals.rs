//! Refusals that more than one request meets.

use super::answer::Problem;
use super::cluster::Cluster;
use super::document::owned;
use super::operation::Operation;
use super::path::ClusterAddress;
use crate::arm::exchange::Request;

/// A resource the front door does not know (recorded for clusters).
pub(super) fn not_found(kind: &str, group: &str) -> Problem {
    Problem::gateway(
        404,
        "ResourceNotFound",
        format!(
            "The Resource 'Microsoft.ContainerService/{kind}' under resource group '{group}' was \
             not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        ),
    )
}

/// A cluster that is not there.
pub(super) fn missing(address: &ClusterAddress) -> Problem {
    not_found(&format!("managedClusters/{}", address.name), &address.group)
}

/// A parent that is not there: recorded for children of resources that are gone.
pub(super) fn missing_parent(address: &ClusterAddress, verb: &str, kind: &str) -> Problem {
    Problem::gateway(
        404,
        "ParentResourceNotFound",
        format!(
            "Failed to perform '{verb}' on resource(s) of type 'managedClusters/{kind}', because \
             the parent resource '/subscriptions/{}/resourceGroups/{}/providers/\
             Microsoft.ContainerService/managedClusters/{}' could not be found.",
            address.subscription, address.group, address.name
        ),
    )
}

/// The wording of 2026-05 (azure-cli-extensions pull request 9855); the command it ends with is cut
/// short in the source.
pub(super) fn busy(operation: &Operation) -> Problem {
    Problem::provider(
        409,
        "OperationNotAllowed",
        format!(
            "Operation is not allowed because there's an in progress {} operation (operation ID: \
             {}) on the managed cluster started on UTC {}. Please wait for it to finish before \
             starting a new operation. You can also use 'az aks operation-abort' to abort the \
             ongoing operation.",
            operation.kind.words(),
            operation.id,
            operation.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        ),
    )
}

/// Formed after the text of MicrosoftDocs/azure-docs issue 85161, recorded for a stop.
pub(super) fn stopped(cluster: &Cluster, what: &str) -> Problem {
    Problem::provider(
        409,
        "OperationNotAllowed",
        format!(
            "managed cluster is in Provisioning State({}) and Power State(Stopped), {what} cannot \
             be performed",
            owned(&cluster.object, "/properties/provisioningState")
        ),
    )
}

/// A request the simulator was never taught; it fails the test that sent it.
pub(super) fn unknown(request: &Request) -> Problem {
    Problem::gateway(
        501,
        "NotSimulated",
        format!(
            "The simulator does not know {} /{}.",
            request.method,
            request.segments.join("/")
        ),
    )
}

/// The shape of the provider's other 404s; the code is recorded, the text is not.
pub(super) fn missing_operation(id: &str) -> Problem {
    Problem::provider(
        404,
        "NotFound",
        format!("Could not find the operation: {id}."),
    )
}
