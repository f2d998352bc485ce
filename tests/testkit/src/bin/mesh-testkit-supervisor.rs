//! The process that owns the real parts of a test run. It is started by tests, never by hand.

use std::process::ExitCode;

fn main() -> ExitCode {
    mesh_testkit::supervisor::run()
}
