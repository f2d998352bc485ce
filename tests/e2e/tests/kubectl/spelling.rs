//! The plugins as their users call them: by kubectl, and never by the name of a file.

use mesh_testkit::command::Output;

/// Fails where a text shows another spelling than the one that was typed.
pub(crate) fn shows_no_other_spelling(output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        for other in ["kubectl-mesh", "mesh_secret", "mesh_label", "mesh_eastwest"] {
            assert!(!text.contains(other), "{}", output.golden());
        }
    }
}
