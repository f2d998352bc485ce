//! Files with a snapshot: read whole, and written whole or not at all. Only their owner may read them.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use mesh_common::model::Error;
use mesh_common::model::snapshot::MeshSnapshot;

use crate::input_file;

/// The hint where a file cannot be read.
const WANTED: &str = "give it a file that kubectl mesh-verify snapshot wrote";

/// Reads the snapshot in a file, or on standard input.
///
/// # Errors
/// A file that cannot be read, or that is not a snapshot.
pub(crate) fn read(file: &Path) -> Result<MeshSnapshot, Error> {
    let (origin, text) = input_file::text(file, WANTED)?;
    MeshSnapshot::from_json(&text, &origin)
}

/// Checks that a file can be written, before anything is read for it.
///
/// # Errors
/// A file that exists and is not to be replaced, and one that cannot be created or replaced.
pub(crate) fn check(file: &Path, overwrite: bool) -> Result<(), Error> {
    let name = file.display();
    match fs::metadata(file) {
        Ok(found) if found.is_dir() => {
            Err(Error::usage(format!("{name} is a directory")).hint("name a file in it"))
        }
        Ok(found) if !found.is_file() => Err(Error::usage(format!("{name} is not a regular file"))
            .hint("write to standard output with -")),
        Ok(_) if !overwrite => Err(exists(file)),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = folder(file);
            fs::metadata(&folder).map(drop).map_err(|error| {
                Error::usage(format!("cannot write {name}"))
                    .because(error)
                    .hint(format!("create the directory {} first", folder.display()))
            })
        }
        Err(error) => Err(unwritten(file, error)),
    }
}

/// Writes a file whole, or not at all.
///
/// # Errors
/// A file that appeared meanwhile and is not to be replaced, and one that cannot be written.
pub(crate) fn write(file: &Path, text: &str, overwrite: bool) -> Result<(), Error> {
    // A link stays one.
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let unfinished = Unfinished::create(&target, text).map_err(|error| unwritten(file, error))?;
    let finished = unfinished.become_file(&target, overwrite);
    finished.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(file),
        _ => unwritten(file, error),
    })
}

/// A file with another name beside the one that is written; it is deleted when it is dropped.
struct Unfinished(PathBuf);

impl Unfinished {
    fn create(target: &Path, text: &str) -> io::Result<Self> {
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let name = format!(".{name}.{}.tmp", std::process::id());
        let path = folder(target).join(name);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path)?;
        let unfinished = Self(path);
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        Ok(unfinished)
    }

    /// Gives it the name of the target. A link is never made over a file, so that one which appeared meanwhile stays.
    fn become_file(&self, target: &Path, overwrite: bool) -> io::Result<()> {
        if overwrite {
            return fs::rename(&self.0, target);
        }
        match fs::hard_link(&self.0, target) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                // Some file systems have no links.
                if fs::exists(target)? {
                    return Err(ErrorKind::AlreadyExists.into());
                }
                fs::rename(&self.0, target)
            }
            linked => linked,
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // After a rename there is nothing to delete.
        let _ = fs::remove_file(&self.0);
    }
}

fn folder(file: &Path) -> PathBuf {
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

fn exists(file: &Path) -> Error {
    Error::usage(format!("{} exists already", file.display()))
        .hint("replace it with --overwrite, or name another file")
}

fn unwritten(file: &Path, error: io::Error) -> Error {
    Error::refused(format!("cannot write {}", file.display())).because(error)
}
