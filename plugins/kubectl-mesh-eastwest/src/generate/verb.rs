//! The verb from its arguments to its exit code.

use mesh_common::mesh::gateway::{EastWestGateway, ambient};
use mesh_common::mesh::yaml::to_documents;
use mesh_common::mesh::{Error, Exit};
use mesh_common::terminal::Streams;

use super::GenerateArgs;

pub(crate) fn run(arguments: GenerateArgs, streams: &mut Streams) -> Result<Exit, Error> {
    let network = arguments
        .network
        .map(|network| network.parse())
        .transpose()?;
    let gateway = EastWestGateway {
        network,
        ..EastWestGateway::default()
    };
    streams.data(&to_documents(&[ambient(&gateway)]))?;
    Ok(Exit::Fine)
}
