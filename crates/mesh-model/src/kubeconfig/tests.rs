//! Kubeconfigs that clientcmd accepts and refuses; `tests/e2e/tests/kubectl` runs the same rows against the real
//! kubectl.

use super::{Entry, load};

fn said(text: &str) -> String {
    load(text.as_bytes()).map_or_else(|defect| defect.to_string(), |_| "taken".to_owned())
}

fn names(list: &[Entry]) -> Vec<&str> {
    list.iter().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn two_entries_of_one_name_in_one_file_are_refused() {
    for (text, expected) in [
        (
            "clusters: [{name: c, cluster: {server: 'https://a'}}, {name: c, cluster: {server: 'https://b'}}]",
            r#"two clusters are called "c""#,
        ),
        (
            "users: [{name: u}, {name: v}, {name: u}]",
            r#"two users are called "u""#,
        ),
        (
            "contexts: [{name: x}, {name: x}]",
            r#"two contexts are called "x""#,
        ),
        (
            "extensions: [{name: e, extension: {}}, {name: e, extension: {}}]",
            r#"two extensions are called "e""#,
        ),
        (
            "clusters: [{name: c, cluster: {extensions: [{name: e, extension: 1}, {name: e}]}}]",
            r#"two extensions of cluster "c" are called "e""#,
        ),
        (
            "preferences: {extensions: [{name: e, extension: 1}, {name: e, extension: 2}]}",
            r#"two extensions of preferences are called "e""#,
        ),
        // An extension without content is ignored.
        ("extensions: [{name: e}, {name: e, extension: 1}]", "taken"),
        // Two without a name have the same one.
        (
            "clusters: [null, {name: null}]",
            r#"two clusters are called """#,
        ),
    ] {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn an_entry_without_a_name_leaves_the_others_as_they_are() {
    let config = load(
        b"clusters: [null, {name: c, cluster: {server: 'https://c'}}]\n\
          users: [{name: null, user: {token: t}}, {name: u}]\n\
          contexts: [{context: {cluster: c}}, {name: x, context: null}]",
    );
    let Ok(config) = config else {
        panic!("it is refused");
    };
    assert_eq!(names(&config.clusters), ["", "c"]);
    assert_eq!(names(&config.users), ["", "u"]);
    assert_eq!(names(&config.contexts), ["", "x"]);
    assert_eq!(config.clusters[1].text("server"), "https://c");
}

#[test]
fn a_field_of_the_wrong_type_is_named_and_its_value_is_not() {
    for (text, expected) in [
        (
            "users: [{name: u, user: {token: 3}}]",
            r#"token of user "u" has to be text and is a number"#,
        ),
        (
            "users: [{name: u, user: s3cret}]",
            r#"user "u" has to be a mapping and is text"#,
        ),
        (
            "users: {u: {token: s3cret}}",
            "users has to be a list and is a mapping",
        ),
        (
            "users: [s3cret]",
            "an item of users has to be a mapping and is text",
        ),
        (
            "clusters: [{name: c, cluster: {insecure-skip-tls-verify: s3cret}}]",
            r#"insecure-skip-tls-verify of cluster "c" has to be true or false and is text"#,
        ),
        (
            "clusters: [{name: c, cluster: {certificate-authority-data: '%%'}}]",
            r#"certificate-authority-data of cluster "c" is not base64"#,
        ),
        ("kind: Pod", r#"its kind is "Pod" and not "Config""#),
        ("s3cret", "it is not a mapping"),
    ] {
        assert_eq!(said(text), expected, "{text}");
    }
}

#[test]
fn only_the_first_document_counts() {
    let config = load(b"current-context: a\n---\ncurrent-context: b\nusers: 3").unwrap_or_default();
    assert_eq!(config.current, "a");
}
