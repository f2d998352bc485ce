//! A terminal for a program to be at: what it says there is read, and answers are typed.

use std::fs::File;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// Both ends of a new terminal: the one that a person would sit at, and the one that a program gets.
///
/// It controls no process, so that Ctrl-C is a signal here as well and nothing that is typed.
pub(super) fn pair() -> std::io::Result<(File, OwnedFd)> {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&person)?;
    unlockpt(&person)?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let program = open(ptsname(&person, Vec::new())?, flags, Mode::empty())?;
    Ok((person.into(), program))
}
