//! The protocol's calls: each is translated, guarded and handed to the service.

mod absent;
mod adopt;
mod apply;
mod data_source;
mod ephemeral;
mod function;
mod guard;
mod offers;
#[cfg(test)]
mod panics;
mod plan;
mod provider;
mod read;
mod upgrade;
mod validate;

use std::future::{Ready, ready};
use std::sync::Arc;

use futures::stream::{Once, once};
use tonic::{Request, Response, Status, Streaming};

use self::absent::absent;
use super::wire::tfplugin6 as wire;
use super::wire::tfplugin6::provider_server::{Provider, ProviderServer};
use crate::framework::service::Service;

/// The largest message taken from a host, go-plugin providers' own bound (terraform-plugin-go
/// `tf6server/server.go`); the transport's default of 4 MiB is less than a large state.
const MESSAGE_LIMIT: usize = 256 << 20;

/// A service as the host calls it.
pub(super) struct Calls {
    service: Arc<dyn Service>,
}

impl Calls {
    /// The gRPC service that hands its calls to `service`.
    pub(super) fn server(service: Arc<dyn Service>) -> ProviderServer<Self> {
        ProviderServer::new(Self { service })
            .max_decoding_message_size(MESSAGE_LIMIT)
            .max_encoding_message_size(MESSAGE_LIMIT)
    }

    fn service(&self) -> &dyn Service {
        &*self.service
    }
}

#[tonic::async_trait]
impl Provider for Calls {
    // What is offered.
    async fn get_metadata(
        &self,
        _: Request<wire::get_metadata::Request>,
    ) -> Result<Response<wire::get_metadata::Response>, Status> {
        Ok(Response::new(offers::metadata(self.service()).await))
    }

    async fn get_provider_schema(
        &self,
        _: Request<wire::get_provider_schema::Request>,
    ) -> Result<Response<wire::get_provider_schema::Response>, Status> {
        Ok(Response::new(offers::provider_schema(self.service()).await))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<wire::get_resource_identity_schemas::Request>,
    ) -> Result<Response<wire::get_resource_identity_schemas::Response>, Status> {
        Ok(Response::new(
            offers::identity_schemas(self.service()).await,
        ))
    }

    async fn get_functions(
        &self,
        _: Request<wire::get_functions::Request>,
    ) -> Result<Response<wire::get_functions::Response>, Status> {
        Ok(Response::new(offers::functions(self.service()).await))
    }

    // The provider block.
    async fn validate_provider_config(
        &self,
        request: Request<wire::validate_provider_config::Request>,
    ) -> Result<Response<wire::validate_provider_config::Response>, Status> {
        Ok(Response::new(
            validate::provider(self.service(), request.into_inner()).await,
        ))
    }

    async fn configure_provider(
        &self,
        request: Request<wire::configure_provider::Request>,
    ) -> Result<Response<wire::configure_provider::Response>, Status> {
        Ok(Response::new(
            provider::configure(self.service(), request.into_inner()).await,
        ))
    }

    async fn stop_provider(
        &self,
        _: Request<wire::stop_provider::Request>,
    ) -> Result<Response<wire::stop_provider::Response>, Status> {
        Ok(Response::new(provider::stop(self.service()).await))
    }

    // Resources.
    async fn validate_resource_config(
        &self,
        request: Request<wire::validate_resource_config::Request>,
    ) -> Result<Response<wire::validate_resource_config::Response>, Status> {
        Ok(Response::new(
            validate::resource(self.service(), request.into_inner()).await,
        ))
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<wire::upgrade_resource_state::Request>,
    ) -> Result<Response<wire::upgrade_resource_state::Response>, Status> {
        Ok(Response::new(
            upgrade::state(self.service(), request.into_inner()).await,
        ))
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<wire::upgrade_resource_identity::Request>,
    ) -> Result<Response<wire::upgrade_resource_identity::Response>, Status> {
        Ok(Response::new(
            upgrade::identity(self.service(), request.into_inner()).await,
        ))
    }

    async fn read_resource(
        &self,
        request: Request<wire::read_resource::Request>,
    ) -> Result<Response<wire::read_resource::Response>, Status> {
        Ok(Response::new(
            read::read(self.service(), request.into_inner()).await,
        ))
    }

    async fn plan_resource_change(
        &self,
        request: Request<wire::plan_resource_change::Request>,
    ) -> Result<Response<wire::plan_resource_change::Response>, Status> {
        Ok(Response::new(
            plan::plan(self.service(), request.into_inner()).await,
        ))
    }

    async fn apply_resource_change(
        &self,
        request: Request<wire::apply_resource_change::Request>,
    ) -> Result<Response<wire::apply_resource_change::Response>, Status> {
        Ok(Response::new(
            apply::apply(self.service(), request.into_inner()).await,
        ))
    }

    async fn import_resource_state(
        &self,
        request: Request<wire::import_resource_state::Request>,
    ) -> Result<Response<wire::import_resource_state::Response>, Status> {
        Ok(Response::new(
            adopt::import(self.service(), request.into_inner()).await,
        ))
    }

    async fn move_resource_state(
        &self,
        request: Request<wire::move_resource_state::Request>,
    ) -> Result<Response<wire::move_resource_state::Response>, Status> {
        Ok(Response::new(
            adopt::moved(self.service(), request.into_inner()).await,
        ))
    }

    // Data sources.
    async fn validate_data_resource_config(
        &self,
        request: Request<wire::validate_data_resource_config::Request>,
    ) -> Result<Response<wire::validate_data_resource_config::Response>, Status> {
        Ok(Response::new(
            validate::data_source(self.service(), request.into_inner()).await,
        ))
    }

    async fn read_data_source(
        &self,
        request: Request<wire::read_data_source::Request>,
    ) -> Result<Response<wire::read_data_source::Response>, Status> {
        Ok(Response::new(
            data_source::read(self.service(), request.into_inner()).await,
        ))
    }

    // Ephemeral resources.
    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<wire::validate_ephemeral_resource_config::Request>,
    ) -> Result<Response<wire::validate_ephemeral_resource_config::Response>, Status> {
        Ok(Response::new(
            validate::ephemeral(self.service(), request.into_inner()).await,
        ))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<wire::open_ephemeral_resource::Request>,
    ) -> Result<Response<wire::open_ephemeral_resource::Response>, Status> {
        Ok(Response::new(
            ephemeral::open(self.service(), request.into_inner()).await,
        ))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<wire::renew_ephemeral_resource::Request>,
    ) -> Result<Response<wire::renew_ephemeral_resource::Response>, Status> {
        Ok(Response::new(
            ephemeral::renew(self.service(), request.into_inner()).await,
        ))
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<wire::close_ephemeral_resource::Request>,
    ) -> Result<Response<wire::close_ephemeral_resource::Response>, Status> {
        Ok(Response::new(
            ephemeral::close(self.service(), request.into_inner()).await,
        ))
    }

    // Functions.
    async fn call_function(
        &self,
        request: Request<wire::call_function::Request>,
    ) -> Result<Response<wire::call_function::Response>, Status> {
        Ok(Response::new(
            function::call(self.service(), request.into_inner()).await,
        ))
    }

    // What there is none of.
    async fn generate_resource_config(
        &self,
        _: Request<wire::generate_resource_config::Request>,
    ) -> Result<Response<wire::generate_resource_config::Response>, Status> {
        Ok(Response::new(absent::generated_config()))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<wire::validate_list_resource_config::Request>,
    ) -> Result<Response<wire::validate_list_resource_config::Response>, Status> {
        let diagnostics = absent("list resources", &request.get_ref().type_name);
        Ok(Response::new(
            wire::validate_list_resource_config::Response { diagnostics },
        ))
    }

    async fn validate_action_config(
        &self,
        request: Request<wire::validate_action_config::Request>,
    ) -> Result<Response<wire::validate_action_config::Response>, Status> {
        let diagnostics = absent("actions", &request.get_ref().action_type);
        Ok(Response::new(wire::validate_action_config::Response {
            diagnostics,
        }))
    }

    async fn plan_action(
        &self,
        request: Request<wire::plan_action::Request>,
    ) -> Result<Response<wire::plan_action::Response>, Status> {
        let diagnostics = absent("actions", &request.get_ref().action_type);
        Ok(Response::new(wire::plan_action::Response {
            diagnostics,
            deferred: None,
        }))
    }

    async fn validate_state_store_config(
        &self,
        request: Request<wire::validate_state_store_config::Request>,
    ) -> Result<Response<wire::validate_state_store_config::Response>, Status> {
        let diagnostics = absent("state stores", &request.get_ref().type_name);
        Ok(Response::new(wire::validate_state_store_config::Response {
            diagnostics,
        }))
    }

    async fn configure_state_store(
        &self,
        request: Request<wire::configure_state_store::Request>,
    ) -> Result<Response<wire::configure_state_store::Response>, Status> {
        let diagnostics = absent("state stores", &request.get_ref().type_name);
        Ok(Response::new(wire::configure_state_store::Response {
            diagnostics,
            capabilities: None,
        }))
    }

    async fn lock_state(
        &self,
        request: Request<wire::lock_state::Request>,
    ) -> Result<Response<wire::lock_state::Response>, Status> {
        let diagnostics = absent("state stores", &request.get_ref().type_name);
        Ok(Response::new(wire::lock_state::Response {
            diagnostics,
            lock_id: String::new(),
        }))
    }

    async fn unlock_state(
        &self,
        request: Request<wire::unlock_state::Request>,
    ) -> Result<Response<wire::unlock_state::Response>, Status> {
        let diagnostics = absent("state stores", &request.get_ref().type_name);
        Ok(Response::new(wire::unlock_state::Response { diagnostics }))
    }

    async fn get_states(
        &self,
        request: Request<wire::get_states::Request>,
    ) -> Result<Response<wire::get_states::Response>, Status> {
        let diagnostics = absent("state stores", &request.get_ref().type_name);
        Ok(Response::new(wire::get_states::Response {
            diagnostics,
            state_ids: Vec::new(),
        }))
    }

    async fn delete_state(
        &self,
        request: Request<wire::delete_state::Request>,
    ) -> Result<Response<wire::delete_state::Response>, Status> {
        let diagnostics = absent("state stores", &request.get_ref().type_name);
        Ok(Response::new(wire::delete_state::Response { diagnostics }))
    }

    type ListResourceStream = Once<Ready<Result<wire::list_resource::Event, Status>>>;

    async fn list_resource(
        &self,
        request: Request<wire::list_resource::Request>,
    ) -> Result<Response<Self::ListResourceStream>, Status> {
        let diagnostic = absent("list resources", &request.get_ref().type_name);
        Ok(Response::new(once(ready(Ok(wire::list_resource::Event {
            diagnostic,
            ..Default::default()
        })))))
    }

    type InvokeActionStream = Once<Ready<Result<wire::invoke_action::Event, Status>>>;

    async fn invoke_action(
        &self,
        request: Request<wire::invoke_action::Request>,
    ) -> Result<Response<Self::InvokeActionStream>, Status> {
        use wire::invoke_action::event::{Completed, Type};

        let diagnostics = absent("actions", &request.get_ref().action_type);
        let event = wire::invoke_action::Event {
            r#type: Some(Type::Completed(Completed { diagnostics })),
        };
        Ok(Response::new(once(ready(Ok(event)))))
    }

    type ReadStateBytesStream = Once<Ready<Result<wire::read_state_bytes::Response, Status>>>;

    async fn read_state_bytes(
        &self,
        request: Request<wire::read_state_bytes::Request>,
    ) -> Result<Response<Self::ReadStateBytesStream>, Status> {
        let diagnostics = absent("state stores", &request.get_ref().type_name);
        Ok(Response::new(once(ready(Ok(
            wire::read_state_bytes::Response {
                diagnostics,
                ..Default::default()
            },
        )))))
    }

    async fn write_state_bytes(
        &self,
        request: Request<Streaming<wire::write_state_bytes::RequestChunk>>,
    ) -> Result<Response<wire::write_state_bytes::Response>, Status> {
        let first = request.into_inner().message().await?.unwrap_or_default();
        let diagnostics = absent("state stores", &first.meta.unwrap_or_default().type_name);
        Ok(Response::new(wire::write_state_bytes::Response {
            diagnostics,
        }))
    }
}
