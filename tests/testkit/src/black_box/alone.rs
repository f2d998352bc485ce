//! A cluster that cannot be worked with, beside one that can: it costs itself alone.

use std::ops::DerefMut;

use super::World;
use crate::command::Output;
use crate::embedded::Fault;

/// A way in which west cannot be worked with.
type Obstacle = fn(&mut World);

const OBSTACLES: [(&str, Obstacle); 4] = [
    ("it does not know us (401)", |world| {
        world.west.inject(Fault::everywhere().status(401));
    }),
    ("it allows nothing (403)", |world| {
        world.west.inject(Fault::everywhere().status(403));
    }),
    ("it is not reached", |world| world.west.stop()),
    ("it is late", |world| {
        world.west.inject(Fault::everywhere().hang());
    }),
];

/// One command over several clusters, of which west is one.
#[derive(Clone, Copy, Debug)]
pub struct Over<'a> {
    /// The command over west and others.
    pub both: &'a str,
    /// The command where nothing is left without west.
    pub alone: &'a str,
}

/// Runs `line` over east and west while west cannot be worked with in each of these ways, and over west alone (`--context west`).
/// `done` says whether east got, or showed, what was asked for, given what was printed.
///
/// # Panics
/// Where west costs more than itself, is not named, or where the exit code is not 3 for both and 2 for west alone.
pub fn costs_itself_alone<W: DerefMut<Target = World>>(
    new: impl Fn() -> W,
    line: &str,
    done: impl Fn(&World, &str) -> bool,
) {
    let over = Over {
        both: &format!("{line} --context east,west --request-timeout 1s"),
        alone: &format!("{line} --context west --request-timeout 1s"),
    };
    costs_itself_alone_over(new, over, |world, stdout| done(world, stdout));
}

/// The same for commands that name their clusters in other ways.
///
/// # Panics
/// As [`costs_itself_alone`].
pub fn costs_itself_alone_over<W: DerefMut<Target = World>>(
    new: impl Fn() -> W,
    over: Over<'_>,
    done: impl Fn(&W, &str) -> bool,
) {
    for (name, obstacle) in OBSTACLES {
        let mut world = new();
        obstacle(&mut world);
        let both = world.run(over.both).output();
        let place = |output: &Output| format!("{over:?}, {name}: {}", output.golden());
        assert_eq!(both.code, 3, "{}", place(&both));
        assert!(done(&world, &both.stdout), "{}", place(&both));
        let alone = world.run(over.alone).output();
        assert_eq!(alone.code, 2, "{}", place(&alone));
        for output in [both, alone] {
            let said = [output.stdout.as_str(), output.stderr.as_str()].concat();
            assert!(said.contains("west"), "{}", place(&output));
        }
    }
}
