//! The variables that the test kit reads, and the only place that reads them.
//!
//! It must not know what they are used for: it hands out their values.

use std::ffi::OsString;
use std::path::PathBuf;

/// A folder for the built parts instead of the per-user cache, such as one that a CI system keeps.
pub const PARTS: &str = "KUBECTL_MESH_PARTS";
/// The socket of a supervisor that is already running, so that many test processes share one set of clusters.
pub const SUPERVISOR: &str = "MESH_TESTKIT_SUPERVISOR";
/// A folder that holds the plugins under test, already built.
pub const PLUGINS: &str = "MESH_TESTKIT_PLUGINS";
/// A folder in which all recorded output is kept for the check that nothing in it is secret.
pub const RECORD: &str = "MESH_TESTKIT_RECORD";

/// The value of a variable that is set and not empty.
#[expect(
    clippy::disallowed_methods,
    reason = "this is where the test kit reads its environment"
)]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Whether this runs in continuous integration, where what is left out is a failure.
pub fn under_ci() -> bool {
    variable("CI").is_some_and(|value| value != "false")
}

/// The cargo that runs the tests, else the one on the search path.
pub(crate) fn cargo() -> PathBuf {
    variable("CARGO").unwrap_or_else(|| "cargo".into()).into()
}

/// The variables by which cargo tells a test of its own package. A cargo that a test runs must not see them: build scripts
/// such as ring's are built anew when they change, and with them everything above.
pub(crate) fn of_own_package() -> Vec<OsString> {
    std::env::vars_os()
        .map(|(name, _)| name)
        .filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        })
        .collect()
}

/// The user's cache folder: `$XDG_CACHE_HOME`, else `~/.cache`
/// (<https://specifications.freedesktop.org/basedir-spec/latest/>).
pub(crate) fn cache_home() -> Option<PathBuf> {
    variable("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")))
}
