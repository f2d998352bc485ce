//! Intended differences between the plugins and kubectl, each with the line of `docs/certificates.md` that says so.

use std::collections::BTreeSet;
use std::fs;

use mesh_testkit::parts::workspace_dir;

/// The row that shows it, and the case as the page names it. kubectl connects, and the plugins refuse.
const DIFFERENCES: [(&str, &str); 6] = [
    (
        "TLS 1.2 by CBC",
        "TLS 1.2 servers that offer CBC cipher suites only",
    ),
    (
        "keys exchanged over P-521",
        "servers that exchange keys over P-521 only, or by ML-KEM only",
    ),
    (
        "keys exchanged by ML-KEM",
        "servers that exchange keys over P-521 only, or by ML-KEM only",
    ),
    ("client key of P224 over TLS 1.2", "client keys on P-224"),
    (
        "CA: behind a thousand others",
        "a bundle of CAs of more than 1 MiB or 1,000 certificates, a client certificate with more than 31 others, one certificate of more than 64 KiB, a client key of more than 16 KiB",
    ),
    (
        "policies: demanded and mapped",
        "an authority that demands a certificate policy, with mappings from one policy to another",
    ),
];

/// Those of the page that no Linux machine can show, and one whose keys take minutes to be made.
const ELSEWHERE: [&str; 2] = [
    "no CA in the kubeconfig, on macOS and Windows",
    "RSA keys of more than 16,384 bits, of whomever",
];

/// The rows that differ.
pub(crate) fn rows() -> BTreeSet<&'static str> {
    DIFFERENCES.iter().map(|(row, _)| *row).collect()
}

/// The page tells of each of them, and of nothing else.
pub(crate) fn stand_in_the_documentation() {
    let page = fs::read_to_string(workspace_dir().join("docs/certificates.md")).unwrap();
    let section = page
        .lines()
        .skip_while(|line| *line != "## Differences from kubectl");
    let told: BTreeSet<&str> = section
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .skip(1)
        .filter(|cell| !cell.starts_with('-'))
        .collect();
    let shown = DIFFERENCES
        .iter()
        .map(|(_, case)| *case)
        .chain(ELSEWHERE)
        .collect();
    assert_eq!(told, shown);
}
