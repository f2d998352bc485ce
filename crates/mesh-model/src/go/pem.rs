//! PEM as `encoding/pem` reads it.
//!
//! Source: `Decode` in Go's `src/encoding/pem/pem.go`.

use super::bytes::base64;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// One PEM block. It may contain a private key, so it has no Debug.
pub(crate) struct Block {
    /// Its type, such as `CERTIFICATE`.
    pub(crate) label: Vec<u8>,
    /// True if headers such as `Proc-Type: 4,ENCRYPTED` precede its contents.
    pub(crate) has_headers: bool,
    pub(crate) contents: Vec<u8>,
}

/// Returns the blocks of a text. Text around them and malformed blocks are ignored.
pub(crate) fn blocks(text: &[u8]) -> impl Iterator<Item = Block> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (block, behind) = next(rest)?;
        rest = behind;
        Some(block)
    })
}

/// Returns the first block, and the text behind it.
fn next(mut text: &[u8]) -> Option<(Block, &[u8])> {
    loop {
        let end = find(text, END)?;
        match block(text, end) {
            Found::Block(block) => return Some((block, line(text, end + 1).1)),
            Found::Malformed => text = &text[end + END.len()..],
            Found::Nothing => return None,
        }
    }
}

enum Found {
    Block(Block),
    /// A malformed block; another one may follow.
    Malformed,
    /// The end of the text.
    Nothing,
}

/// Returns the block whose last line begins behind `end`.
fn block(text: &[u8], end: usize) -> Found {
    // Of several first lines the last one counts.
    let Some(begin) = find_last(&text[..end], BEGIN) else {
        return Found::Malformed;
    };
    if begin > 0 && text[begin - 1] != b'\n' {
        return Found::Malformed;
    }
    let (first, mut inside) = line(text, begin + BEGIN.len());
    let Some(label) = first.strip_suffix(DASHES) else {
        return Found::Malformed;
    };
    let mut has_headers = false;
    loop {
        let (header, behind) = line(inside, 0);
        if !header.contains(&b':') {
            break;
        }
        has_headers = true;
        inside = behind;
        if text.len() - inside.len() > end + 1 {
            // Its last line was read as a header; Go stops there.
            return Found::Nothing;
        }
    }
    let start = text.len() - inside.len();
    if has_headers && start > end {
        return Found::Malformed;
    }
    let is_closed = text[end + END.len()..]
        .strip_prefix(label)
        .and_then(|behind| behind.strip_prefix(DASHES))
        .is_some_and(|behind| line(behind, 0).0.is_empty());
    if !is_closed {
        return Found::Malformed;
    }
    let data = text.get(start..end).unwrap_or_default();
    let data: Vec<u8> = data
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b' ' | b'\t'))
        .collect();
    match base64(&data) {
        Some(contents) => Found::Block(Block {
            label: label.to_vec(),
            has_headers,
            contents,
        }),
        None => Found::Malformed,
    }
}

/// Returns the line that begins at `from`, without trailing blanks, and the text behind it.
fn line(text: &[u8], from: usize) -> (&[u8], &[u8]) {
    let text = &text[from..];
    let (line, behind) = match text.iter().position(|byte| *byte == b'\n') {
        Some(at) => {
            let line = &text[..at];
            (line.strip_suffix(b"\r").unwrap_or(line), &text[at + 1..])
        }
        None => (text, &[][..]),
    };
    let blanks = line
        .iter()
        .rev()
        .take_while(|byte| matches!(byte, b' ' | b'\t'));
    (&line[..line.len() - blanks.count()], behind)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

fn find_last(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).rposition(|part| part == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, bool, String)> {
        let owned = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        blocks(text.as_bytes())
            .map(|block| (owned(block.label), block.has_headers, owned(block.contents)))
            .collect()
    }

    #[test]
    fn blocks_are_found_where_go_finds_them() {
        let hi = "-----BEGIN X-----\naGk=\n-----END X-----\n";
        let ho = "-----BEGIN Y-----\naG8=\n-----END Y-----";
        let found = |label: &str, contents: &str| (label.to_owned(), false, contents.to_owned());
        let (x, y) = (found("X", "hi"), found("Y", "ho"));
        for (text, expected) in [
            (hi.to_owned(), vec![x.clone()]),
            (format!("a\n{hi}b\n{ho}"), vec![x.clone(), y.clone()]),
            (hi.replace('\n', "\r\n"), vec![x.clone()]),
            (hi.replace('\n', " \t\n"), vec![x.clone()]),
            (format!("a{hi}{ho}"), vec![y.clone()]),
            (format!("{ho}b\n{hi}"), vec![x.clone()]),
            (format!("-----BEGIN Y-----\n{hi}"), vec![x.clone()]),
            (hi.replace("aGk=", "!") + ho, vec![y.clone()]),
            (hi.replace("END X", "END Y") + ho, vec![y.clone()]),
            (hi.replace("aGk=\n", ""), vec![found("X", "")]),
            (hi.replace("aGk=", "a G\n\nk="), vec![x.clone()]),
            (
                hi.replace("aGk=", "A: b\n\naGk="),
                vec![("X".to_owned(), true, "hi".to_owned())],
            ),
            (hi.replace("-----END X-----\n", ""), Vec::new()),
            (hi.replace('\n', "\r"), Vec::new()),
            (String::new(), Vec::new()),
            ("\n-----END ".to_owned(), Vec::new()),
            ("-----BEGIN :-----\n-----END :-----".to_owned(), Vec::new()),
            (
                format!("-----BEGIN Z-----\na:\n-----END Z-----\n{hi}"),
                vec![x],
            ),
            (
                format!("-----BEGIN Z-----\na:\n-----END Z:-----\n{hi}"),
                Vec::new(),
            ),
        ] {
            assert_eq!(read(&text), expected, "{text:?}");
        }
    }
}
