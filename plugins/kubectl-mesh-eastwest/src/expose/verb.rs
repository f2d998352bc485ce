//! The verb from its arguments to its exit code.

use mesh_common::mesh::yaml::to_documents;
use mesh_common::mesh::{Error, Exit, exposure};
use mesh_common::terminal::Streams;

use super::args::{ExposeArgs, Exposed};
use super::options;

pub(crate) fn run(arguments: &ExposeArgs, streams: &mut Streams) -> Result<Exit, Error> {
    let objects = match &arguments.what {
        Exposed::Services(arguments) => exposure::services(&options::services(arguments)?),
        Exposed::Istiod(arguments) => exposure::istiod(&options::istiod(arguments)?),
    };
    streams.data(&to_documents(&objects))?;
    Ok(Exit::Fine)
}
