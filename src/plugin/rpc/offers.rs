//! What the provider offers: schemas, identities, functions, capabilities.

use std::collections::BTreeMap;

use super::guard::guarded;
use crate::framework::service::Service;
use crate::plugin::wire::tfplugin6 as wire;

const CAPABILITIES: wire::ServerCapabilities = wire::ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: false,
};

pub(super) async fn metadata(service: &dyn Service) -> wire::get_metadata::Response {
    use wire::get_metadata::{
        DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ResourceMetadata, Response,
    };

    guarded("GetMetadata", "", async {
        let schemas = service.schemas();
        Response {
            server_capabilities: Some(CAPABILITIES),
            data_sources: named(&schemas.data_sources, |type_name| DataSourceMetadata {
                type_name,
            }),
            resources: named(&schemas.resources, |type_name| ResourceMetadata {
                type_name,
            }),
            functions: named(&schemas.functions, |name| FunctionMetadata { name }),
            ephemeral_resources: named(&schemas.ephemeral_resources, |type_name| {
                EphemeralMetadata { type_name }
            }),
            ..Response::default()
        }
    })
    .await
    .unwrap_or_else(|panic| Response {
        diagnostics: vec![panic.into()],
        ..Response::default()
    })
}

pub(super) async fn provider_schema(service: &dyn Service) -> wire::get_provider_schema::Response {
    use wire::get_provider_schema::Response;

    guarded("GetProviderSchema", "", async {
        let schemas = service.schemas();
        Response {
            provider: Some((&schemas.provider).into()),
            resource_schemas: translated(&schemas.resources),
            data_source_schemas: translated(&schemas.data_sources),
            ephemeral_resource_schemas: translated(&schemas.ephemeral_resources),
            functions: translated(&schemas.functions),
            server_capabilities: Some(CAPABILITIES),
            ..Response::default()
        }
    })
    .await
    .unwrap_or_else(|panic| Response {
        diagnostics: vec![panic.into()],
        ..Response::default()
    })
}

pub(super) async fn identity_schemas(
    service: &dyn Service,
) -> wire::get_resource_identity_schemas::Response {
    use wire::get_resource_identity_schemas::Response;

    guarded("GetResourceIdentitySchemas", "", async {
        Response {
            identity_schemas: translated(&service.schemas().identities),
            diagnostics: Vec::new(),
        }
    })
    .await
    .unwrap_or_else(|panic| Response {
        diagnostics: vec![panic.into()],
        ..Response::default()
    })
}

pub(super) async fn functions(service: &dyn Service) -> wire::get_functions::Response {
    use wire::get_functions::Response;

    guarded("GetFunctions", "", async {
        Response {
            functions: translated(&service.schemas().functions),
            diagnostics: Vec::new(),
        }
    })
    .await
    .unwrap_or_else(|panic| Response {
        diagnostics: vec![panic.into()],
        ..Response::default()
    })
}

fn translated<'a, T, W: From<&'a T>>(named: &'a BTreeMap<String, T>) -> BTreeMap<String, W> {
    named
        .iter()
        .map(|(name, item)| (name.clone(), item.into()))
        .collect()
}

fn named<T, W>(items: &BTreeMap<String, T>, entry: impl Fn(String) -> W) -> Vec<W> {
    items.keys().cloned().map(entry).collect()
}
