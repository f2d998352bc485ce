//! One case: output and exit code against a golden file, and once more with `-vvv`, where nothing secret may be shown.

use std::collections::BTreeSet;
use std::ops::DerefMut;
use std::path::Path;

use snapbox::{Data, assert_data_eq};

use super::{World, hostile::hostile};
use crate::command::{Output, Run, Running};

/// A run, or one that is on its way and was disturbed.
pub trait Ends {
    /// Waits for its end.
    fn end(self) -> Output;

    /// Runs it among hostile names, unless it runs already.
    fn end_among_hostile_names(self, world: &World, turn: usize);
}

impl Ends for Run {
    fn end(self) -> Output {
        self.output()
    }

    fn end_among_hostile_names(self, world: &World, turn: usize) {
        hostile(world, self, turn);
    }
}

impl Ends for Running {
    fn end(self) -> Output {
        self.wait()
    }

    fn end_among_hostile_names(self, _: &World, _: usize) {}
}

/// Runs `arrange` in a world of its own and compares what was said with the file `golden`; then once more with `-vvv`,
/// where nothing that is secret may be said, and once where every name is hostile.
///
/// # Panics
/// Where it says something else, shows a secret, prints what is not safe to paste, or panics itself.
pub fn check<W, E>(golden: &Path, new: impl Fn() -> W, arrange: impl Fn(&mut W) -> E)
where
    W: DerefMut<Target = World>,
    E: Ends,
{
    check_as_it_is(golden, &new, &arrange);

    let mut world = new();
    let run = arrange(&mut world);
    run.end_among_hostile_names(&world, turn(golden));
}

/// Chooses the names of a case: the same ones wherever the repository lies, and others than its neighbours.
fn turn(golden: &Path) -> usize {
    let own = golden.components().rev().take(2);
    let bytes = own.flat_map(|part| part.as_os_str().as_encoded_bytes());
    bytes.copied().map(usize::from).sum()
}

/// The same without hostile names, for a run that waits for what is called by its name.
///
/// # Panics
/// Where it says something else, shows a secret, or panics itself.
pub fn check_as_it_is<W, E>(golden: &Path, new: impl Fn() -> W, arrange: impl Fn(&mut W) -> E)
where
    W: DerefMut<Target = World>,
    E: Ends,
{
    let mut world = new();
    let output = arrange(&mut world).end();
    assert_data_eq!(world.golden(&output), Data::read_from(golden, None));

    let mut world = new();
    world.loud();
    let loud = arrange(&mut world).end();
    assert_ne!(loud.code, 101, "{}", loud.golden());
    for secret in world.secrets() {
        assert!(
            !loud.stderr.contains(secret),
            "it shows a secret:\n{}",
            loud.stderr
        );
    }
}

/// The golden files of the folder of `golden` that belong to no case of `names`.
///
/// # Panics
/// Where there is no such folder.
pub fn strays(golden: &Path, names: &[&[&str]]) -> BTreeSet<String> {
    let folder = golden.parent().expect("a golden file is in a folder");
    let files = std::fs::read_dir(folder).expect("the folder of golden files is there");
    let stem = |file: std::io::Result<std::fs::DirEntry>| {
        let path = file.expect("a folder can be read to its end").path();
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
    };
    files
        .filter_map(stem)
        .filter(|file| !names.iter().any(|names| names.contains(&file.as_str())))
        .collect()
}

/// A table of cases, each a name and what is run in a fresh world: a test for each, by `$check(name, arrange)`, and their
/// names as `NAMES`.
#[macro_export]
macro_rules! cases {
    ($check:path; $($name:ident: $arrange:expr;)+) => {
        $(#[test] fn $name() { $check(stringify!($name), $arrange); })+
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),+];
    };
}
