//! The help of every plugin and of every verb, as the real kubectl shows it.

use std::sync::OnceLock;

use mesh_e2e::plugin::Workstation;
use mesh_testkit::command::Output;
use mesh_testkit::kubeconfig::Kubeconfig;

use crate::installed::{ALL, Installed};
use crate::spelling::shows_no_other_spelling;

/// The width that every window has, and one that gives more room.
const NARROW: usize = 80;
const WIDE: usize = 100;

/// The words of each plugin and of each of its verbs, such as `mesh-label show`.
fn pages() -> &'static [Vec<String>] {
    static PAGES: OnceLock<Vec<Vec<String>>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let plugins = ALL.map(|plugin| plugin.trim_start_matches("kubectl-").replace('_', "-"));
        let mut pages: Vec<Vec<String>> = plugins.map(|plugin| vec![plugin]).to_vec();
        let mut read = 0;
        while let Some(words) = pages.get(read).cloned() {
            let verbs = verbs(&help(&words, "-h", WIDE).stdout);
            pages.extend(
                verbs
                    .into_iter()
                    .map(|verb| [words.as_slice(), &[verb]].concat()),
            );
            read += 1;
        }
        pages
    })
}

/// The first words below `Commands:`; what is indented further goes on with what is said of one.
fn verbs(help: &str) -> Vec<String> {
    let below = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let section = below.take_while(|line| !line.is_empty());
    let named = section.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    named
        .filter(|verb| !verb.is_empty())
        .map(str::to_owned)
        .collect()
}

fn help(words: &[String], flag: &str, columns: usize) -> Output {
    static INSTALLED: OnceLock<Installed> = OnceLock::new();
    let installed =
        INSTALLED.get_or_init(|| Installed::new(Workstation::with(&Kubeconfig::new()), &ALL));
    let run = installed.kubectl(words).arg(flag);
    run.env("COLUMNS", columns.to_string())
        .output()
        .expect_success()
}

#[test]
fn every_verb_has_its_page() {
    let words: Vec<String> = pages().iter().map(|words| words.join(" ")).collect();
    for verb in [
        "mesh-eastwest status",
        "mesh-label show",
        "mesh-secret create",
    ] {
        assert!(
            words.iter().any(|words| words == verb),
            "{verb} is not in {words:?}"
        );
    }
}

#[test]
fn help_shows_what_was_typed_fits_its_window_and_its_examples_can_be_pasted() {
    for words in pages() {
        let usage = format!("Usage: kubectl {} ", words.join(" "));
        for flag in ["-h", "--help"] {
            let [narrow, wide] = [NARROW, WIDE].map(|columns| {
                let help = help(words, flag, columns);
                assert!(help.stdout.contains(&usage), "{}", help.golden());
                shows_no_other_spelling(&help);
                let longest = longest(&help.stdout);
                assert!(longest <= columns, "{columns} columns: {}", help.golden());
                examples_are_whole(words, &help.stdout);
                help.stdout
            });
            assert!(
                narrow == wide || longest(&wide) > NARROW,
                "{words:?}: {WIDE} columns are not used:\n{wide}"
            );
        }
    }
}

fn longest(text: &str) -> usize {
    let lines = text.lines().map(|line| line.chars().count());
    lines.max().unwrap_or_default()
}

/// Each line below `Examples:` is a remark, a command, or goes on where the line before says so.
fn examples_are_whole(words: &[String], help: &str) {
    let section = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let examples: Vec<&str> = section
        .take_while(|line| line.is_empty() || line.starts_with("  "))
        .collect();
    let own = format!("  kubectl {}", words.join(" "));
    let shows = |line: &&str| {
        let rest = line.strip_prefix(&own);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    assert!(examples.iter().any(shows), "{words:?}: {help}");
    let mut goes_on = false;
    for line in examples {
        let begins = line.is_empty() || line.starts_with("  # ") || line.starts_with("  kubectl ");
        assert!(
            begins || goes_on && line.starts_with("    "),
            "{words:?}: an example is broken at {line:?}"
        );
        goes_on = line.ends_with(" \\") || line.ends_with(" |");
    }
}
