//! The pages under `docs/` lead to each other: every one is in the index, and no link leads nowhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use mesh_testkit::parts::workspace_dir;

const INDEX: &str = "README.md";

#[test]
fn every_page_is_in_the_index() {
    let mut pages = pages();
    pages.remove(INDEX);
    let listed: BTreeSet<_> = links(INDEX)
        .into_iter()
        .filter(|link| !link.contains('/'))
        .collect();
    assert_eq!(listed, pages);
}

#[test]
fn links_lead_to_files() {
    for page in pages() {
        for link in links(&page) {
            let (file, _) = link.split_once('#').unwrap_or((&link, ""));
            let leads_out = link.contains("://") || file.is_empty();
            let is_there = workspace_dir().join("docs").join(file).is_file();
            assert!(leads_out || is_there, "docs/{page} links to {link}");
        }
    }
}

fn pages() -> BTreeSet<String> {
    let files = fs::read_dir(workspace_dir().join("docs")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "md"))
        .collect()
}

/// Returns the targets of a page's links, as written: `[text](target)`.
fn links(page: &str) -> Vec<String> {
    let text = fs::read_to_string(workspace_dir().join("docs").join(page)).unwrap();
    let after = text.split("](").skip(1);
    after
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}
