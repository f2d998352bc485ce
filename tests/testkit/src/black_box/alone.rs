//! A cluster that cannot be worked with, beside one that can: it costs itself alone.

use std::ops::DerefMut;

use super::World;
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
    for (name, obstacle) in OBSTACLES {
        let mut world = new();
        obstacle(&mut world);
        let both = world
            .run(&format!("{line} --context east,west --request-timeout 1s"))
            .output();
        assert_eq!(both.code, 3, "{line}, {name}: {}", both.golden());
        let said = [both.stdout.as_str(), both.stderr.as_str()].concat();
        assert!(said.contains("west"), "{line}, {name}: {}", both.golden());
        assert!(
            done(&world, &both.stdout),
            "{line}, {name}: {}",
            both.golden()
        );
        let alone = world
            .run(&format!("{line} --context west --request-timeout 1s"))
            .output();
        assert_eq!(alone.code, 2, "{line}, {name}: {}", alone.golden());
    }
}
