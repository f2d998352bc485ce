//! `xtask-measure PROGRAM ARGS…` runs a program to its end and prints what it cost, as one line of JSON.
//!
//! It is a program of its own since the kernel counts the memory of whoever starts a program into that program's peak:
//! this one is small, and so little is added. It must not hold anything but what that takes.
#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use std::env::args_os;
use std::error::Error;
use std::process::{Command, Stdio};
use std::time::Instant;

use wait4::Wait4 as _;

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = args_os().skip(1);
    let program = words.next().ok_or("what is to be measured?")?;
    let mut command = Command::new(program);
    command
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    let started = Instant::now();
    let ended = command.spawn()?.wait4()?;
    let wall = started.elapsed();
    let cpu = ended.rusage.utime + ended.rusage.stime;
    println!(
        r#"{{"wall_ns":{},"cpu_ns":{},"peak_bytes":{},"code":{}}}"#,
        wall.as_nanos(),
        cpu.as_nanos(),
        ended.rusage.maxrss,
        ended.status.code().unwrap_or(-1)
    );
    Ok(())
}
