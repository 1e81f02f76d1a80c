//! The specimen provider and what it offers.

pub(crate) mod conduct;
pub(crate) mod functions;
pub(crate) mod lookup;
pub(crate) mod nest;
pub(crate) mod relic;
pub(crate) mod store;
pub(crate) mod thing;
pub(crate) mod token;

use std::path::PathBuf;

use async_trait::async_trait;
use secureaks::framework::{Attr, Block, Diagnostics, Offers, Provider, Secret};

use store::Store;

/// Objects that are files in a directory, to try a client with.
#[derive(Block, Debug)]
pub(crate) struct Config {
    /// Directory the objects are kept in. It must exist.
    directory: Attr<String>,
    /// Key that is checked against nothing.
    key: Attr<Option<Secret>>,
}

pub(crate) struct Specimen;

#[async_trait]
impl Provider for Specimen {
    const NAME: &'static str = "specimen";
    type Config = Config;
    type Client = Store;

    fn check(&self, config: &Config, diagnostics: &mut Diagnostics) {
        if config.directory.if_known().is_some_and(String::is_empty) {
            diagnostics.push(config.directory.error(
                "Directory has no name",
                "`directory` is empty; expected the path of a directory.",
            ));
        }
    }

    async fn configure(&self, config: Config, _: &str) -> Result<Store, Diagnostics> {
        Ok(Store::in_directory(
            config.directory.if_known().map(PathBuf::from),
        ))
    }

    fn offers(&self) -> Offers<Store> {
        Offers::default()
            .resource(thing::Thing)
            .resource(nest::Nests)
            .resource(relic::Relics)
            .data_source(lookup::Lookup)
            .ephemeral(token::Tokens)
            .function(functions::Join)
            .function(functions::OrElse)
            .function(functions::Half)
            .function(functions::Describe)
    }
}
