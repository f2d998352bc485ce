//! Spellings of PEM, of authorities as of clients.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use mesh_testkit::forge::Recipe;

use crate::row::{Row, Trust};

/// The CA of the kubeconfig, spelled in each way.
pub(crate) fn of_authorities() -> Vec<Row> {
    let authority = Recipe::authority("ca").by_itself();
    let other = Recipe::authority("other").by_itself();
    let unread = Recipe::authority("unread").serial(&[0x80]).by_itself();
    let server = Recipe::server("s").by(&authority);
    let (pem, other, unread) = (authority.pem(), other.pem(), unread.pem());
    let more = [
        ("behind another", format!("{other}{pem}")),
        ("before another", format!("{pem}{other}")),
        ("behind one that Go cannot read", format!("{unread}{pem}")),
        ("one that Go cannot read alone", unread),
        (
            "behind a private key",
            format!("{}{pem}", authority.key.pem()),
        ),
        ("behind a thousand others", pem.repeat(1001)),
        ("none", String::new()),
        ("text alone", "authority\n".to_owned()),
    ];
    let more = more.map(|(name, text)| (name.to_owned(), text));
    spellings(&pem)
        .into_iter()
        .chain(more)
        .map(|(name, text)| {
            Row::server(format!("CA: {name}"), &[&server], &[]).trust(Trust::Pem(text))
        })
        .collect()
}

/// One block of PEM, spelled in each way.
#[expect(clippy::too_many_lines, reason = "a few lines a spelling")]
pub(crate) fn spellings(pem: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = pem.lines().collect();
    let [begin, inside @ .., end] = lines.as_slice() else {
        panic!("a block has a first and a last line");
    };
    let label = begin.trim_matches('-').trim_start_matches("BEGIN ");
    let block = |label: &str, text: &str| {
        format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
    };
    let each = |change: &dyn Fn(&str) -> String| -> String {
        lines.iter().map(|line| change(line) + "\n").collect()
    };
    let text = inside.join("\n");
    let (first, rest) = text.split_at(40);
    let mut longer = BASE64_STANDARD.decode(inside.concat()).unwrap();
    longer.extend([0, 0, 0]);
    let all = [
        ("usual", pem.to_owned()),
        ("text around it", format!("# before\n{pem}# behind\n")),
        (
            "text outside UTF-8 before it",
            format!("friendlyName: M\u{fc}ller\n{pem}"),
        ),
        (
            "attributes before it",
            format!("Bag Attributes\n    localKeyID: 01\nsubject=CN = x\n{pem}"),
        ),
        ("line breaks of Windows", pem.replace('\n', "\r\n")),
        ("carriage returns alone", pem.replace('\n', "\r")),
        ("no line break at the end", pem.trim_end().to_owned()),
        (
            "text right behind it",
            format!("{}behind\n", pem.trim_end()),
        ),
        (
            "blanks behind its last line",
            format!("{} \t\n", pem.trim_end()),
        ),
        ("text right before it", format!("before{pem}")),
        ("a mark of UTF-8 before it", format!("\u{feff}{pem}")),
        ("blanks before each line", each(&|line| format!("  {line}"))),
        (
            "blanks behind each line",
            each(&|line| format!("{line} \t")),
        ),
        ("on one line of base64", block(label, &inside.concat())),
        (
            "a line break in the middle",
            block(label, &format!("{first}\n\n{rest}")),
        ),
        (
            "a blank in the middle",
            block(label, &format!("{first} {rest}")),
        ),
        (
            "a stray character",
            block(label, &format!("{first}!{rest}")),
        ),
        (
            "a dash in the middle",
            block(label, &format!("{first}-{rest}")),
        ),
        ("an empty line first", block(label, &format!("\n{text}"))),
        ("an empty line last", block(label, &format!("{text}\n"))),
        ("a header", block(label, &format!("Key: value\n\n{text}"))),
        (
            "a header without an empty line",
            block(label, &format!("Key: value\n{text}")),
        ),
        (
            "something more in its base64",
            block(label, &BASE64_STANDARD.encode(longer)),
        ),
        ("cut off in the middle", block(label, first)),
        ("an empty block", block(label, "")),
        ("more in its label", block(&format!("X509 {label}"), &text)),
        (
            "its label in small letters",
            block(&label.to_lowercase(), &text),
        ),
        ("without a label", block("", &text)),
        (
            "a blank behind its label",
            block(&format!("{label} "), &text),
        ),
        ("six dashes", pem.replace("-----", "------")),
        ("four dashes", pem.replace("-----", "----")),
        ("without its first line", format!("{text}\n{end}\n")),
        ("without its last line", format!("{begin}\n{text}\n")),
        ("its first line twice", format!("{begin}\n{pem}")),
        ("its last line twice", format!("{pem}{end}\n")),
        (
            "another label at its end",
            format!("{begin}\n{text}\n-----END OTHER-----\n"),
        ),
        (
            "behind a broken block",
            format!("{}{pem}", block(label, "!")),
        ),
        (
            "before a broken block",
            format!("{pem}{}", block(label, "!")),
        ),
        (
            "behind a block that is something else",
            format!("{}{pem}", block(label, &BASE64_STANDARD.encode("else"))),
        ),
        (
            "before a block that is something else",
            format!("{pem}{}", block(label, &BASE64_STANDARD.encode("else"))),
        ),
        (
            "behind a block of another label",
            format!("{}{pem}", block("OTHER", &text)),
        ),
        ("twice", format!("{pem}{pem}")),
        ("base64 of it", BASE64_STANDARD.encode(pem)),
    ];
    all.into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect()
}
