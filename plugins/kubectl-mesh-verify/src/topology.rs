//! `-f`: the file of the mesh, which names its clusters and who reads whom.

use std::path::Path;

use mesh_common::model::Error;
use mesh_common::model::topology::Topology;
use mesh_common::terminal::flags::{AllContextFlags, ContextFlags};

use crate::args::ReadFlags;
use crate::input_file;

/// The hint where a file cannot be read.
const WANTED: &str = "give it the file that describes the mesh";

/// Reads the file of the mesh, if one is named.
///
/// # Errors
/// A file that cannot be read or does not describe a mesh, and flags that say the same as the file.
pub(crate) fn read(arguments: &ReadFlags) -> Result<Option<Topology>, Error> {
    let Some(file) = arguments.filename.as_deref() else {
        return Ok(None);
    };
    check_flags(arguments, file)?;
    let (origin, text) = input_file::text(file, WANTED)?;
    Topology::read(&text, &origin).map(Some)
}

/// Returns the contexts of the clusters, as if they had been named.
pub(crate) fn contexts(topology: &Topology) -> AllContextFlags {
    let clusters = topology.clusters.iter();
    AllContextFlags {
        named: ContextFlags {
            contexts: clusters.map(|one| one.context.clone()).collect(),
        },
        all_contexts: false,
    }
}

fn check_flags(arguments: &ReadFlags, file: &Path) -> Result<(), Error> {
    let file = file.display();
    let flag = if !arguments.contexts.named.is_empty() {
        "--context"
    } else if arguments.contexts.all_contexts {
        "--all-contexts"
    } else if arguments.namespace.named().is_some() {
        "--namespace"
    } else {
        return Ok(());
    };
    let sentence = format!("-f and {flag} cannot be used together");
    let hint = format!("leave out {flag}, since {file} says it, or leave out -f");
    Err(Error::usage(sentence).hint(hint))
}
