//! The variables that the test kit reads, and the only place that reads them.
//!
//! It must not know what they are used for: it hands out their values.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

/// A folder for the built parts instead of the per-user cache, such as one that a CI system keeps.
pub const PARTS: &str = "KUBECTL_MESH_PARTS";
/// The socket of a supervisor that is already running, so that test processes need not start one each.
pub const SUPERVISOR: &str = "MESH_TESTKIT_SUPERVISOR";
/// A folder that holds the plugins under test, already built.
pub const PLUGINS: &str = "MESH_TESTKIT_PLUGINS";
/// A folder in which all recorded output is kept for the check that nothing in it is secret.
pub const RECORD: &str = "MESH_TESTKIT_RECORD";

/// Set where everything is to be tried of which usually a part is enough.
pub const FULL: &str = "MESH_TESTKIT_FULL";

/// The value of a variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the test kit reads its environment"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Tells whether this runs in continuous integration, where what is left out is a failure.
pub fn under_ci() -> bool {
    variable("CI").is_some_and(|value| value != "false")
}

/// Tells whether everything is to be tried of which usually a part is enough, as by `cargo xtask test --full`.
pub fn full() -> bool {
    variable(FULL).is_some()
}

/// The cargo that runs this process, else the one on the search path, as from a shell. Build scripts such as ring's are run anew
/// when the variables of a package change, and everything above them is built again.
pub fn cargo() -> Command {
    as_from_a_shell(variable("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program as from a shell: without the variables by which cargo tells a program of its own package.
pub fn as_from_a_shell(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command
}

/// The user's cache folder: `$XDG_CACHE_HOME`, else `~/.cache`
/// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
pub(crate) fn cache_home() -> Option<PathBuf> {
    variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")))
}
