//! The page for people who come from istioctl.

use mesh_testkit::parts::workspace_dir;

use crate::differences::Difference;

/// All of it.
pub(crate) fn read() -> String {
    std::fs::read_to_string(workspace_dir().join("docs/istioctl.md")).unwrap()
}

/// The line of its table that tells of a difference.
pub(crate) fn row(difference: &Difference) -> String {
    let Difference {
        id,
        theirs,
        ours,
        why,
        ..
    } = difference;
    format!("| {id} | {theirs} | {ours} | {why} |")
}

/// The lines of the table under a heading, without its head.
pub(crate) fn rows_under(page: &str, heading: &str) -> Vec<String> {
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let section = lines.take_while(|line| !line.starts_with("## "));
    section
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(str::to_owned)
        .collect()
}
