//! The data source `lookup`: whether there is a thing.

use async_trait::async_trait;
use secureaks::framework::{Attr, Block, Call, Computed, DataSource, Diagnostics, Failure};

use super::store::Store;

/// A thing that may or may not be there.
#[derive(Block, Debug)]
pub(crate) struct Query {
    /// Name of the thing.
    name: Attr<String>,
    /// Whether a thing that is not there is an error.
    #[tf(default = false)]
    must_exist: Attr<bool>,
}

/// What is known of it.
#[derive(Block, Debug)]
pub(crate) struct Answer {
    /// Whether it is there.
    exists: Computed<bool>,
    /// Counts its changes.
    revision: Computed<i64>,
}

pub(crate) struct Lookup;

#[async_trait]
impl DataSource for Lookup {
    const NAME: &'static str = "lookup";
    type Client = Store;
    type Query = Query;
    type Outputs = Answer;

    fn check(&self, query: &Query, diagnostics: &mut Diagnostics) {
        if query.name.if_known().is_some_and(String::is_empty) {
            diagnostics.push(query.name.error("Empty name", "`name` must not be empty."));
        }
    }

    async fn read(&self, call: &Call<Store>, query: &Query) -> Result<Answer, Failure> {
        let name = query.name.known()?;
        let found = call.client.find(&format!("things/{name}"))?;
        if found.is_none() && *query.must_exist.known()? {
            let detail = format!("There is no thing {name}.");
            return Err(query.name.error("Thing is not there", detail).into());
        }
        Ok(Answer {
            exists: found.is_some().into(),
            revision: found.and_then(|object| object["revision"].as_i64()).into(),
        })
    }
}
