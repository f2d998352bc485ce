//! `kubectl mesh-secret create` beside the real `istioctl create-remote-secret`, on one real API server.
//!
//! What one accepts the other accepts, with the same bytes on standard output; what one refuses the other refuses. The
//! exceptions are the intended differences, each of which is shown to be one and is listed in `docs/istioctl.md`.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it has to be"
)]

mod cases;
mod differences;
mod flags;
mod manifest;
mod objects;
mod page;
mod proofs;
mod world;

use cases::{BOTH_ACCEPT, BOTH_REFUSE, FRESH};
use differences::DIFFERENCES;
use world::World;

#[test]
fn the_flags_are_the_ones_that_are_compared() {
    let today = flags::of_istioctl();
    let known: Vec<String> = flags::KNOWN.iter().map(|flag| (*flag).to_owned()).collect();
    assert_eq!(
        today, known,
        "istioctl's flags changed: compare the new ones, and list them in docs/istioctl.md"
    );
}

#[test]
fn every_flag_is_in_some_comparison() {
    let all: String = BOTH_ACCEPT
        .iter()
        .copied()
        .chain(
            DIFFERENCES
                .iter()
                .flat_map(|difference| difference.lines.iter().copied()),
        )
        .collect::<Vec<_>>()
        .join(" ");
    let words: Vec<&str> = all.split([' ', '=']).collect();
    for spelling in flags::KNOWN.iter().flat_map(|flag| flag.split(' ')) {
        assert!(
            words.contains(&spelling) || flags::ABOUT_ISTIOCTL_ITSELF.contains(&spelling),
            "{spelling} is never compared"
        );
    }
}

#[test]
fn what_both_accept_is_the_same_manifest() {
    let world = World::get();
    for line in BOTH_ACCEPT {
        let (theirs, ours) = (world.istioctl(line), world.create(line));
        manifest::same(line, &theirs, &ours);
    }
}

#[test]
fn what_both_refuse_prints_nothing() {
    let world = World::get();
    for line in BOTH_REFUSE {
        let (theirs, ours) = (world.istioctl(line), world.create(line));
        assert!(!theirs.success(), "istioctl accepts {line}");
        assert_eq!(ours.code, 2, "{line}: {}", ours.golden());
        assert_eq!(ours.stdout, "", "{line}");
        let errors = ours
            .stderr
            .lines()
            .filter(|text| text.starts_with("error:"));
        assert_eq!(errors.count(), 1, "{line}: {}", ours.golden());
    }
}

/// Each starts from nothing in a namespace of its own; then each is run over what the other has made.
#[test]
fn from_nothing_both_print_the_same_and_find_what_the_other_made() {
    let world = World::get();
    for (number, fresh) in FRESH.iter().enumerate() {
        let [mine, other] = ["ours", "theirs"].map(|whose| format!("fresh-{number}-{whose}"));
        for namespace in [&mine, &other] {
            world.accounts(namespace, fresh.accounts);
        }
        let [ours, theirs] =
            [&mine, &other].map(|namespace| format!("{} -n {namespace}", fresh.line));
        let (from_us, from_istioctl) = (world.create(&ours), world.istioctl(&theirs));
        manifest::same_but_for_token(&ours, (&from_istioctl, &other), (&from_us, &mine));
        manifest::same(&ours, &world.istioctl(&ours), &from_us);
        manifest::same(&theirs, &from_istioctl, &world.create(&theirs));
    }
}

#[test]
fn from_nothing_both_make_the_same_objects() {
    let world = World::get();
    let [mine, other] = ["objects-ours", "objects-theirs"];
    let made = world.create(&format!("--name west -n {mine}"));
    world.istioctl(&format!("--name west -n {other}"));
    for kind in objects::KINDS {
        let (theirs, ours) = (
            objects::read(world, kind, other),
            objects::read(world, kind, mine),
        );
        if let Some(path) = manifest::difference(&theirs, &ours) {
            panic!("{} differ at {path}:\n{theirs:#}\n{ours:#}", kind.kind);
        }
        let said = format!("{}/{} created", kind.kind, kind.name(mine));
        assert!(
            made.stderr.contains(&said),
            "{said:?} is not in\n{}",
            made.stderr
        );
    }
    assert_eq!(objects::names(world, other), objects::names(world, mine));
}

#[test]
fn each_intended_difference_is_one() {
    let world = World::get();
    for difference in DIFFERENCES {
        (difference.shown)(world, difference.lines);
    }
}

#[test]
fn the_page_lists_every_flag_and_every_intended_difference() {
    let page = page::read();
    let rows: Vec<String> = DIFFERENCES.iter().map(page::row).collect();
    let missing: Vec<&String> = rows
        .iter()
        .filter(|row| !page.contains(row.as_str()))
        .collect();
    assert!(missing.is_empty(), "docs/istioctl.md lacks\n{missing:#?}");
    let listed = page::rows_under(&page, "## Intended differences");
    assert_eq!(listed, rows, "docs/istioctl.md lists other differences");
    let spellings = flags::KNOWN.iter().flat_map(|flag| flag.split(' '));
    for spelling in spellings.filter(|flag| !flags::ABOUT_ISTIOCTL_ITSELF.contains(flag)) {
        let cell = format!("`{spelling}`");
        assert!(
            page::rows_under(&page, "## Flags")
                .iter()
                .any(|row| row.contains(&cell)),
            "docs/istioctl.md does not speak of {spelling}"
        );
    }
}
