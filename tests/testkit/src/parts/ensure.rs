//! Sees to it that the parts which are asked for are there: finds the missing ones and has each made once.
//!
//! A part is made under another name and then renamed, under a lock for each folder, so that nobody ever runs half a program
//! and two processes do not do the same work at once. How a part is made is up to [`super::build`] and [`super::wheel`].

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::part::Part;
use super::source::Source;
use super::toolchain::check_toolchain;
use super::{build, cache, wheel};

/// The program of one part, made first where it is not there yet. Progress goes to stderr.
pub fn path(part: Part) -> Result<PathBuf> {
    let place = cache::place_of(part)?;
    if !place.is_file() {
        ensure(&[part])?;
    }
    Ok(place)
}

/// Sees to it that these parts are there, and says where each is. Progress goes to stderr.
pub fn ensure(parts: &[Part]) -> Result<BTreeMap<Part, PathBuf>> {
    let mut places = BTreeMap::new();
    for part in parts {
        places.insert(*part, cache::place_of(*part)?);
    }
    let missing: Vec<_> = places
        .iter()
        .filter(|(_, place)| !place.is_file())
        .collect();
    let of_go = |part: &Part| matches!(part.source(), Source::Go { .. });
    if missing.iter().any(|(part, _)| of_go(part)) {
        check_toolchain()?;
    }
    for (done, (part, place)) in missing.iter().enumerate() {
        make_locked(
            **part,
            place,
            &format!("({} of {})", done + 1, missing.len()),
        )?;
    }
    Ok(places)
}

fn make_locked(part: Part, place: &Path, progress: &str) -> Result<()> {
    let dir = place.parent().context("a part lies in a folder")?;
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let _lock = lock(&dir.join("lock"))?;
    // Another process may have made it while this one waited for the lock.
    if place.is_file() {
        return Ok(());
    }
    say(&format!("making {part} {progress} …"));
    let started = Instant::now();
    let unfinished = place.with_extension(format!("{}.unfinished", std::process::id()));
    let made = match part.source() {
        Source::Go { module, package } => {
            build::build(module, package, &part.link_flags()?, &unfinished)
        }
        Source::Wheel(source) => wheel::fetch(source, &unfinished),
    };
    if made.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    made.with_context(|| format!("cannot make {part}"))?;
    fs::rename(&unfinished, place)
        .with_context(|| format!("cannot put {part} into {}", place.display()))?;
    say(&format!(
        "made {part} in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

/// Waits for the lock on a file and holds it until the file is dropped, or the process ends.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    if file.try_lock().is_err() {
        say(&format!(
            "waiting for another process that makes parts ({})",
            path.display()
        ));
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

#[expect(
    clippy::print_stderr,
    reason = "building takes minutes, and whoever waits sees why"
)]
fn say(line: &str) {
    eprintln!("{line}");
}
