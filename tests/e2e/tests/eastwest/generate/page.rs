//! The page about the plugin.

use mesh_testkit::parts::workspace_dir;

/// The lines of the table under a heading, without its head.
pub(crate) fn rows_under(heading: &str) -> Vec<String> {
    let page = std::fs::read_to_string(workspace_dir().join("docs/eastwest.md")).unwrap();
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    let section = lines.take_while(|line| !line.starts_with('#'));
    section
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(str::to_owned)
        .collect()
}
