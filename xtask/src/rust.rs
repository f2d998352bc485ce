//! Just enough of Rust's grammar for the chores: text without comments and literals, and the paths it names.
//!
//! It does not resolve names: a path is what is written, with `use` trees spelled out and `crate`, `self` and
//! `super` at the front replaced by where they lead from the file's place in its crate.

/// The text with comments and the inside of literals as blanks; every line keeps its number and length.
pub(crate) fn blank(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after_word = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let hidden = match first {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => block_comment(rest),
            '"' => quoted(rest, '"'),
            'r' | 'b' | 'c' if !after_word => prefixed_literal(rest),
            '\'' => char_literal(rest),
            _ => 0,
        };
        if hidden == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            out.extend(
                rest[..hidden]
                    .chars()
                    .map(|c| if c == '\n' { c } else { ' ' }),
            );
            rest = &rest[hidden..];
        }
    }
    out
}

fn block_comment(text: &str) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// The length of a literal that starts and ends with `quote` and may hold escapes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `c"…"`, or 0 where it is a word like any other.
fn prefixed_literal(text: &str) -> usize {
    let letters = text.len() - text.trim_start_matches(['r', 'b', 'c']).len();
    let raw = text[..letters].contains('r');
    let hashes = text[letters..].len() - text[letters..].trim_start_matches('#').len();
    let body = &text[letters + hashes..];
    if letters > 2 || !body.starts_with('"') || (hashes > 0 && !raw) {
        return 0;
    }
    if !raw {
        return letters + quoted(body, '"');
    }
    let end = format!("\"{}", "#".repeat(hashes));
    let close = body[1..]
        .find(&end)
        .map_or(body.len(), |at| 1 + at + end.len());
    letters + hashes + close
}

/// The length of `'x'` or `'\n'`, or 0 for a lifetime.
fn char_literal(text: &str) -> usize {
    let mut inside = text.chars().skip(1);
    match (inside.next(), inside.next()) {
        (Some('\\'), _) => quoted(text, '\''),
        (Some(c), Some('\'')) => 2 + c.len_utf8(),
        _ => 0,
    }
}

/// Blanked text up to the file's inline tests, which may do what its code may not.
pub(crate) fn without_tests(blanked: &str) -> &str {
    let mut from = 0;
    while let Some(found) = blanked[from..].find("#[cfg(test)]") {
        let at = from + found;
        let next = blanked[at + "#[cfg(test)]".len()..].trim_start();
        if next.starts_with("mod ")
            && next
                .split(';')
                .next()
                .is_some_and(|head| head.contains('{'))
        {
            return &blanked[..at];
        }
        from = at + 1;
    }
    blanked
}

/// Returns the module of a file in its crate: `crates/mesh-model/src/time/exit.rs` is `time::exit`; a crate root is empty.
pub(crate) fn module_of(path: &str) -> Vec<&str> {
    let inside = path.split_once("src/").map_or(path, |(_, inside)| inside);
    let mut module: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
    if matches!(module.last(), Some(&("mod" | "lib" | "main"))) {
        module.pop();
    }
    module
}

/// Every path of two or more names in blanked text, with its line (from 1): `std::fs::read`, each leaf of a
/// `use` tree, and macro calls as `println!`. `module` is [`module_of`] the file.
pub(crate) fn paths(blanked: &str, module: &[&str]) -> Vec<(usize, String)> {
    let tokens = tokens(blanked);
    let mut found: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut at = 0;
    while let Some(&(line, token)) = tokens.get(at) {
        // What a type captures is a `use` too: `impl Trait + use<'a>`.
        let is_capture = matches!(tokens.get(at + 1), Some((_, "<")));
        if token == "use" && !is_capture {
            at = use_tree(&tokens, at + 1, &[], &mut found);
        } else if is_word(token) {
            let mut path = vec![token];
            at += 1;
            while let [(_, "::"), (_, next), ..] = tokens[at..]
                && is_word(next)
            {
                path.push(next);
                at += 2;
            }
            let called = matches!(tokens[at..], [(_, "!"), (_, "(" | "[" | "{"), ..]);
            if called {
                path.push("!");
            }
            if path.len() > 1 {
                found.push((line, path));
            }
        } else {
            at += 1;
        }
    }
    found
        .iter()
        .map(|(line, path)| (*line, resolve(path, module)))
        .collect()
}

/// Reads one tree of a `use` and returns where it ended.
fn use_tree<'a>(
    tokens: &[(usize, &'a str)],
    mut at: usize,
    prefix: &[&'a str],
    found: &mut Vec<(usize, Vec<&'a str>)>,
) -> usize {
    let mut path = prefix.to_vec();
    while let Some(&(line, token)) = tokens.get(at) {
        match token {
            "{" => {
                at += 1;
                while tokens.get(at).is_some_and(|(_, token)| *token != "}") {
                    at = use_tree(tokens, at, &path, found);
                    at += usize::from(tokens.get(at).is_some_and(|(_, token)| *token == ","));
                }
                return at + 1;
            }
            "," | "}" | ";" => {
                path.pop_if(|last| *last == "self");
                found.push((line, path));
                return at;
            }
            "as" => at += 2,
            "::" => at += 1,
            word => {
                path.push(word);
                at += 1;
            }
        }
    }
    at
}

fn resolve(path: &[&str], module: &[&str]) -> String {
    let relative = path
        .iter()
        .take_while(|name| matches!(**name, "self" | "super"))
        .count();
    let up = path[..relative]
        .iter()
        .filter(|name| **name == "super")
        .count();
    let mut whole: Vec<&str> = Vec::new();
    if relative > 0 {
        whole.push("crate");
        whole.extend(&module[..module.len().saturating_sub(up)]);
    }
    whole.extend(&path[relative..]);
    whole.join("::").replace("::!", "!")
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn tokens(blanked: &str) -> Vec<(usize, &str)> {
    let mut tokens = Vec::new();
    for (number, line) in blanked.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(rest) {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            tokens.push((number + 1, &rest[..length]));
            rest = rest[length..].trim_start();
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::{blank, module_of, paths, without_tests};

    fn named(text: &str) -> Vec<String> {
        let found = paths(&blank(text), &["mesh", "plan"]);
        found
            .into_iter()
            .map(|(line, path)| format!("{line} {path}"))
            .collect()
    }

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let text = "a /* \n /* */ */ b // c\n\"d \\\" e\n\" 'f' '\\'' &'g r#\"h\"i\"# b\"j\" xr";
        let words: Vec<Vec<String>> = blank(text)
            .lines()
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect();
        assert_eq!(words, [vec!["a"], vec!["b"], vec![], vec!["&'g", "xr"]]);
    }

    #[test]
    fn what_a_type_captures_is_no_use_tree() {
        let text = "fn a<'a>() -> impl Iterator + use<'a> { std::fs::read() }\nfn b() { {;} }";
        assert_eq!(named(text), ["1 std::fs::read"]);
    }

    #[test]
    fn a_use_tree_is_spelled_out() {
        assert_eq!(
            named("use std::{fs::{self, File as F}, io};\npub use super::super::cluster::*;"),
            [
                "1 std::fs",
                "1 std::fs::File",
                "1 std::io",
                "2 crate::cluster::*"
            ]
        );
    }

    #[test]
    fn paths_and_macros_in_code_are_found() {
        assert_eq!(
            named(
                "fn f() -> self::A {\n  let x = std::env::var(s)?; println!(y); a != b; Vec::<u8>::new() }"
            ),
            ["1 crate::mesh::plan::A", "2 std::env::var", "2 println!"]
        );
    }

    #[test]
    fn inline_tests_are_cut_off_and_test_only_items_are_not() {
        let text = "#[cfg(test)] fn a() {}\nfn b() {}\n#[cfg(test)]\nmod tests { fn c() {} }";
        assert_eq!(without_tests(text), "#[cfg(test)] fn a() {}\nfn b() {}\n");
        let elsewhere = "#[cfg(test)]\nmod tests;\nfn d() {}";
        assert_eq!(without_tests(elsewhere), elsewhere);
    }

    #[test]
    fn a_file_is_placed_in_its_crate() {
        assert_eq!(
            module_of("crates/mesh-model/src/time/exit.rs"),
            ["time", "exit"]
        );
        assert_eq!(module_of("crates/mesh-model/src/time/mod.rs"), ["time"]);
        assert!(module_of("xtask/src/main.rs").is_empty());
    }
}
