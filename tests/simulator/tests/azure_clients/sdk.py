"""Creates, polls, lists and deletes a cluster with the Azure SDK, and prints what came of it as JSON."""

import json
import os
import sys
from importlib.metadata import version

import requests
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.containerservice import ContainerServiceClient


def main(group: str, name: str) -> dict:
    metadata = requests.get(
        f"https://{os.environ['ARM_METADATA_HOSTNAME']}/metadata/endpoints",
        params={"api-version": "2022-09-01"},
        timeout=30,
    ).json()
    credential = ClientSecretCredential(
        os.environ["ARM_TENANT_ID"],
        os.environ["ARM_CLIENT_ID"],
        os.environ["ARM_CLIENT_SECRET"],
        authority=metadata["authentication"]["loginEndpoint"],
        disable_instance_discovery=True,
    )
    manager = metadata["resourceManager"]
    client = ContainerServiceClient(
        credential,
        os.environ["ARM_SUBSCRIPTION_ID"],
        base_url=manager,
        credential_scopes=[metadata["authentication"]["audiences"][0].rstrip("/") + "/.default"],
        polling_interval=0.2,
    )
    clusters = client.managed_clusters

    operation = clusters.begin_create_or_update(
        group,
        name,
        {
            "location": "westeurope",
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "dnsPrefix": name,
                "agentPoolProfiles": [
                    {
                        "name": "system",
                        "mode": "System",
                        "count": 1,
                        "vmSize": "Standard_D4ds_v5",
                    }
                ],
            },
        },
    )
    polls = operation.status()
    created = operation.result()
    listed = [cluster.id for cluster in clusters.list_by_resource_group(group)]
    pools = [pool.name for pool in client.agent_pools.list(group, name)]
    deletion = clusters.begin_delete(group, name)
    deletion.result()
    left = [cluster.id for cluster in clusters.list()]
    try:
        clusters.get(group, name)
        refused = None
    except HttpResponseError as error:
        refused = [type(error).__name__, error.error.code]
    return {
        "created": {
            "id": created.id,
            "state": created.provisioning_state,
            "count": created.agent_pool_profiles[0].count,
        },
        "polls": polls,
        "listed": listed,
        "pools": pools,
        "deleted": deletion.status(),
        "left": left,
        "refused": refused,
        "version": version("azure-mgmt-containerservice"),
    }


print(json.dumps(main(*sys.argv[1:])))
