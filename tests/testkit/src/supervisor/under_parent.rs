//! Starts a program that the kernel kills when the supervisor dies.
//!
//! The death signal belongs to a process and survives its change into another program, but setting it between fork and exec
//! from outside needs unsafe code. So the supervisor's own program goes first: it sets the signal for itself and then turns
//! into the program that is wanted.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use rustix::process::{Pid, getpid, getppid};

/// The first argument that makes the supervisor's program turn into another one.
pub(super) const ARGUMENT: &str = "under-parent";

/// A command that runs `program`. It must be spawned on the main thread, since the kernel counts the death of the thread
/// that spawned (<https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html>).
pub(super) fn command(program: &Path) -> Command {
    if cfg!(target_os = "linux") {
        // This link stays right when cargo has replaced the program's file in the meantime.
        let mut command = Command::new("/proc/self/exe");
        command.arg(ARGUMENT).arg(getpid().to_string()).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// A shell script that runs `program`, with the script's arguments, under whichever process starts the script; `None` where the
/// kernel ends nothing with its parent. It is for a program that one of the supervisor's own processes starts. The
/// supervisor outlives those, so its program is found through it.
pub(super) fn script(program: &Path) -> Option<String> {
    cfg!(target_os = "linux").then(|| {
        format!(
            "#!/bin/sh\nexec /proc/{}/exe {ARGUMENT} \"$PPID\" '{}' \"$@\"\n",
            getpid(),
            program.display()
        )
    })
}

/// Turns this process into the program that its arguments name: parent's number, program, its arguments.
pub(super) fn turn_into(mut arguments: impl Iterator<Item = std::ffi::OsString>) -> ExitCode {
    let parent = arguments.next();
    let Some(program) = arguments.next() else {
        return ExitCode::FAILURE;
    };
    // The parent may have died before the signal was set.
    if die_with_parent().is_err() || parent != getppid().map(|pid| pid.to_string().into()) {
        return ExitCode::FAILURE;
    }
    let _error = Command::new(program).args(arguments).exec();
    ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
fn die_with_parent() -> rustix::io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent() -> rustix::io::Result<()> {
    Ok(())
}

/// A process number as rustix wants it.
pub(super) fn pid(number: u32) -> Option<Pid> {
    i32::try_from(number).ok().and_then(Pid::from_raw)
}
