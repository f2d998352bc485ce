//! The layout of a module: its first line, its length, and what `mod.rs` and `lib.rs` may hold.

use super::file::{File, Finding};
use crate::rust;

/// Longer files are listed, so that somebody looks at them.
const LONG: usize = 400;
/// Longer files are refused, unless they say why.
const TOO_LONG: usize = 600;
/// The words by which a file's first doc comment says why it is longer.
const EXCUSE: &str = "Longer than";

/// Every module says first what it owns.
pub(super) fn says_what_it_owns(file: &File) -> Vec<Finding> {
    if !file.is_rust() || file.text.starts_with("//!") {
        return Vec::new();
    }
    vec![file.finding(
        1,
        "begin with `//!`: what this module owns and what it must not do",
    )]
}

/// A folder's `mod.rs` and a crate's `lib.rs` declare and re-export; a plugin's `lib.rs` may hold `pub fn run`.
pub(super) fn declares_only(file: &File) -> Vec<Finding> {
    if !matches!(file.name(), "mod.rs" | "lib.rs") {
        return Vec::new();
    }
    let a_plugin = file.path.starts_with("plugins/kubectl-") && file.name() == "lib.rs";
    let blanked = rust::blank(&file.text);
    let runs = |line: &str| a_plugin && line.starts_with("pub fn run(");
    let first = blanked.lines().enumerate().find_map(|(number, line)| {
        let item = item(line).filter(|_| !runs(line))?;
        Some((number + 1, item))
    });
    let Some((line, item)) = first else {
        return Vec::new();
    };
    let name = file.name();
    let what = format!(
        "`{item}` in {name}, which only declares and re-exports: move it to a file named for what it is"
    );
    vec![file.finding(line, what)]
}

/// The keyword of the item that a line begins, where it is one that holds logic or data.
fn item(line: &str) -> Option<&str> {
    const LEADING: &[&str] = &["pub", "async", "unsafe", "extern"];
    const ITEMS: &[&str] = &[
        "fn",
        "struct",
        "enum",
        "trait",
        "impl",
        "const",
        "static",
        "type",
        "union",
        "macro_rules",
    ];
    let word = line
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty() && !matches!(*word, "crate" | "super" | "in"))
        .find(|word| !LEADING.contains(word))?;
    ITEMS.contains(&word).then_some(word)
}

/// Files that are too long and do not say why.
pub(super) fn too_long(file: &File) -> Vec<Finding> {
    let length = file.text.lines().count();
    let excused = file
        .text
        .lines()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line.contains(EXCUSE));
    if !file.is_rust() || length <= TOO_LONG || excused {
        return Vec::new();
    }
    vec![file.finding(
        1,
        format!("{length} lines: split it by what it owns, or say in its first `//!` lines why (`{EXCUSE} usual, because …`)"),
    )]
}

/// Files long enough to be looked at; not an error.
pub(super) fn long(file: &File) -> Option<String> {
    let length = file.text.lines().count();
    (file.is_rust() && length > LONG).then(|| format!("{}: {length} lines", file.path))
}

#[cfg(test)]
mod tests {
    use super::{declares_only, long, says_what_it_owns, too_long};
    use crate::tidy::file::{File, lines};

    #[test]
    fn a_module_without_its_first_line_is_named() {
        assert_eq!(
            lines(&says_what_it_owns(&File::new("a/b.rs", "use x;\n"))),
            [1]
        );
        assert_eq!(says_what_it_owns(&File::new("a/b.rs", "//! Owns x.\n")), []);
        assert_eq!(says_what_it_owns(&File::new("a/b.md", "# b\n")), []);
    }

    #[test]
    fn logic_in_a_declaring_file_is_named() {
        let text = "//! fn of x.\nmod a;\npub(crate) use a::b;\npub(crate) async fn c() {}\nimpl D for E {}\n#[cfg(test)]\nmod tests;\n";
        assert_eq!(lines(&declares_only(&File::new("a/mod.rs", text))), [4]);
        assert_eq!(declares_only(&File::new("a/b.rs", text)), []);
    }

    #[test]
    fn only_the_lib_of_a_plugin_may_run() {
        let text = "mod cli;\npub fn run(args: A) -> Exit {\n    cli::run(args)\n}\n";
        assert_eq!(
            declares_only(&File::new("plugins/kubectl-mesh-x/src/lib.rs", text)),
            []
        );
        assert_eq!(
            lines(&declares_only(&File::new(
                "crates/mesh-common/src/lib.rs",
                text
            ))),
            [2]
        );
    }

    #[test]
    fn a_long_file_is_listed_and_a_longer_one_must_say_why() {
        let lines_of = |n| "x\n".repeat(n);
        assert_eq!(long(&File::new("a.rs", &lines_of(400))), None);
        assert_eq!(
            long(&File::new("a.rs", &lines_of(401))),
            Some("a.rs: 401 lines".to_owned())
        );
        assert_eq!(too_long(&File::new("a.rs", &lines_of(600))), []);
        assert_eq!(lines(&too_long(&File::new("a.rs", &lines_of(601)))), [1]);
        let excused = format!(
            "//! Owns x.\n//! Longer than usual, because it is a table.\n{}",
            lines_of(601)
        );
        assert_eq!(too_long(&File::new("a.rs", &excused)), []);
    }
}
