//! Texts: YAML as it can be, JSON, encodings. A case is a line.

use super::case::{Case, good, of, plain};

#[rustfmt::skip]
pub(super) fn documents() -> Vec<Case> {
    let good = good();
    let json = mesh_testkit::kubeconfig::Kubeconfig::single(
        "c",
        mesh_testkit::kubeconfig::Cluster::new("https://127.0.0.1:1"),
        mesh_testkit::kubeconfig::User::new().token("t"),
    )
    .to_json();
    let pretty = format!("{json:#}");
    let mut cases = plain(&[
        ("empty", String::new()),
        ("blank", " \n".to_owned()),
        ("comment-alone", "# nothing\n".to_owned()),
        ("null-document", "null\n".to_owned()),
        ("empty-mapping", "{}".to_owned()),
        ("text", "just a text".to_owned()),
        ("list", "[]".to_owned()),
        ("json", json.to_string()),
        ("json-pretty", pretty.clone()),
        ("json-tabs", pretty.replace("  ", "\t")),
        ("json-cut", json.to_string().trim_end_matches('}').to_owned()),
        ("second-document", format!("{good}---\n{good}")),
        ("second-document-broken", format!("{good}---\na: [\n")),
        ("second-document-other", format!("{good}---\nkind: Secret\n")),
        ("first-document-empty", format!("---\n---\n{good}")),
        ("document-start", format!("---\n{good}")),
        ("document-end", format!("{good}...\n")),
        ("after-document-end", format!("{good}...\ngarbage: [\n")),
        ("directive", format!("%YAML 1.1\n---\n{good}")),
        ("directive-new", format!("%YAML 1.2\n---\n{good}")),
        ("directive-odd", format!("%YAML 3.0\n---\n{good}")),
        ("field-twice", format!("{good}kind: Config\n")),
        ("current-twice", format!("{good}current-context: x\n")),
        ("current-twice-good-last", format!("current-context: x\n{good}")),
        ("token-twice", of("", "token: t, token: 3")),
        ("token-twice-good-last", of("", "token: 3, token: t")),
        ("anchor", of("", "token: &a t, username: ''").replace("kind: Config", "kind: Config\nx: &b {y: 1}\nz: *b")),
        ("anchor-unknown", good.replace("kind: Config", "kind: Config\nz: *b")),
        ("anchor-for-token", good.replace("kind: Config", "kind: Config\nx: &b t").replace("token: t", "token: *b")),
        ("merge-key", good.replace("kind: Config", "kind: Config\nx: &b {token: t}").replace("token: t}}]", "<<: *b}}]")),
        ("merge-key-bad", good.replace("kind: Config", "kind: Config\nx: &b {token: 3}").replace("user: {token: t}", "user: {<<: *b}")),
        ("merge-key-overridden", good.replace("kind: Config", "kind: Config\nx: &b {token: 3}").replace("user: {token: t}", "user: {<<: *b, token: t}")),
        ("merge-key-of-text", good.replace("user: {token: t}", "user: {<<: x}")),
        ("string-tag", of("", "token: !!str 3")),
        ("unknown-tag", of("", "token: !x t")),
        ("int-tag", of("", "token: !!int '3'")),
        ("number-key", format!("{good}3: x\n")),
        ("boolean-key", format!("{good}true: x\n")),
        ("null-key", format!("{good}null: x\n")),
        ("list-key", format!("{good}? [a]\n: x\n")),
        ("mapping-key", format!("{good}? {{a: b}}\n: x\n")),
        ("tab-indent", good.replace("clusters: [", "clusters:\n\t[")),
        ("windows-lines", good.replace('\n', "\r\n")),
        ("byte-order-mark", format!("\u{feff}{good}")),
        ("control-character", format!("{good}# \u{1}\n")),
        ("unclosed-quote", format!("{good}x: 'y\n")),
        ("bad-escape", format!("{good}x: \"\\q\"\n")),
        ("block-text", of("", "token: t").replace("kind: Config", "kind: Config\nx: |\n  a\n  b")),
        ("infinity", format!("{good}x: .inf\n")),
        ("not-a-number", format!("{good}x: .nan\n")),
        ("huge-number", format!("{good}x: 123456789012345678901234567890\n")),
        ("large", format!("{good}x: {}\n", "y".repeat(900_000))),
        ("deep", format!("{good}x: {}{}\n", "[".repeat(50), "]".repeat(50))),
    ]);
    let utf16 = std::iter::once(0xfeff).chain(good.encode_utf16());
    cases.push(Case::plain(
        "utf-16",
        utf16.flat_map(u16::to_le_bytes).collect::<Vec<_>>(),
    ));
    cases.push(Case::plain(
        "latin-1",
        [good.as_bytes(), b"# caf\xe9\n"].concat(),
    ));
    cases.push(Case::plain("bytes", [0u8, 159, 146, 150]));
    cases
}
