//! Text files that the user names, or standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use mesh_common::model::{Error, yaml};

/// The name for standard input and standard output.
const STANDARD: &str = "-";

/// Returns whether the name is that of standard input and output.
pub(crate) fn is_standard(file: &Path) -> bool {
    file == Path::new(STANDARD)
}

/// Returns the name of a file for errors, and its text. `wanted` is the hint where it cannot be read.
///
/// # Errors
/// A file that cannot be read, or that is not a text.
pub(crate) fn text(file: &Path, wanted: &str) -> Result<(String, String), Error> {
    let (origin, bytes) = if is_standard(file) {
        let mut bytes = Vec::new();
        let read = io::stdin().read_to_end(&mut bytes);
        ("standard input".to_owned(), read.map(|_| bytes))
    } else {
        (file.display().to_string(), fs::read(file))
    };
    let bytes = bytes.map_err(|error| {
        Error::usage(format!("cannot read {origin}"))
            .because(error)
            .hint(wanted)
    })?;
    // PowerShell writes what a program prints as UTF-16.
    let text = yaml::text(&bytes)
        .ok_or_else(|| Error::usage(format!("{origin} is not a text file")).hint(wanted))?;
    Ok((origin, text))
}
