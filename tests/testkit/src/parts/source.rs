//! The source of a part.

use super::module::Module;
use super::wheel::Wheel;

/// The source of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// It is built from a Go package.
    Go {
        /// The module in `tests/tools` that pins it.
        module: Module,
        /// The Go package of its `main`.
        package: &'static str,
    },
    /// It is taken, built, out of a Python package.
    Wheel(Wheel),
}
