//! Builds the parts that are asked for and not there yet.
//!
//! A part is built under another name and then renamed, under a lock for each module, so that nobody ever runs half a
//! program and two processes do not do the same work at once.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::cache;
use super::module::Module;
use super::part::Part;
use super::toolchain::check_toolchain;

/// The program of one part, built first where it is not there yet. Progress goes to stderr.
pub fn path(part: Part) -> Result<PathBuf> {
    let place = cache::place_of(part)?;
    if !place.is_file() {
        ensure(&[part])?;
    }
    Ok(place)
}

/// Sees to it that these parts are built, and says where each is. Progress goes to stderr.
pub fn ensure(parts: &[Part]) -> Result<BTreeMap<Part, PathBuf>> {
    let mut places = BTreeMap::new();
    for part in parts {
        places.insert(*part, cache::place_of(*part)?);
    }
    let missing: Vec<_> = places
        .iter()
        .filter(|(_, place)| !place.is_file())
        .map(|(part, _)| *part)
        .collect();
    if missing.is_empty() {
        return Ok(places);
    }
    check_toolchain()?;
    let mut progress = Progress {
        done: 0,
        of: missing.len(),
    };
    for module in Module::ALL {
        let of_module: Vec<_> = missing
            .iter()
            .copied()
            .filter(|part| part.module() == module)
            .collect();
        if !of_module.is_empty() {
            build_locked(module, &of_module, &mut progress)?;
        }
    }
    Ok(places)
}

struct Progress {
    done: usize,
    of: usize,
}

fn build_locked(module: Module, parts: &[Part], progress: &mut Progress) -> Result<()> {
    let dir = cache::dir_of(module)?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let _lock = lock(&dir.join("lock"))?;
    for part in parts {
        progress.done += 1;
        let place = dir.join(part.name());
        // Another process may have built it while this one waited for the lock.
        if !place.is_file() {
            build(*part, &place, progress)?;
        }
    }
    Ok(())
}

/// Waits for the lock on a file and holds it until the file is dropped, or the process ends.
fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot make {}", path.display()))?;
    if file.try_lock().is_err() {
        say(&format!(
            "waiting for another process that builds parts ({})",
            path.display()
        ));
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
    }
    Ok(file)
}

fn build(part: Part, place: &Path, progress: &Progress) -> Result<()> {
    let Progress { done, of } = progress;
    say(&format!("building {part} ({done} of {of}) …"));
    let started = Instant::now();
    let unfinished = place.with_extension(format!("{}.unfinished", std::process::id()));
    let status = part
        .module()
        .go()
        .arg("build")
        .args(cache::BUILD_FLAGS)
        .arg(format!("-ldflags={}", part.link_flags()?))
        .arg("-o")
        .arg(&unfinished)
        .arg(part.package())
        .status()
        .context("cannot run go")?;
    if !status.success() {
        // What Go had to say is on stderr already.
        let _ = fs::remove_file(&unfinished);
    }
    ensure!(status.success(), "go build of {part} failed ({status})");
    fs::rename(&unfinished, place)
        .with_context(|| format!("cannot put {part} into {}", place.display()))?;
    say(&format!(
        "built {part} in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    Ok(())
}

#[expect(
    clippy::print_stderr,
    reason = "building takes minutes, and whoever waits sees why"
)]
fn say(line: &str) {
    eprintln!("{line}");
}
