//! Tells a process from a later one with the same number.

use rustix::process::Pid;

/// When the process with this number started, in a form that two processes with the same number never share; `None` where
/// there is no such process.
pub(super) fn identity(pid: Pid) -> Option<String> {
    if cfg!(target_os = "linux") {
        from_proc(pid)
    } else {
        from_ps(pid)
    }
}

/// Boot and start time in clock ticks (<https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>).
fn from_proc(pid: Pid) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    let ticks = start_ticks(&stat)?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{}:{ticks}", boot.trim()))
}

/// The 22nd field. The second one is the program's name in brackets, which may itself hold blanks and brackets.
fn start_ticks(stat: &str) -> Option<&str> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(19)
}

fn from_ps(pid: Pid) -> Option<String> {
    let output = std::process::Command::new("ps")
        .args(["-o", "lstart=", "-p", &pid.to_string()])
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    let started = String::from_utf8(output.stdout).ok()?;
    let started = started.trim();
    (!started.is_empty()).then(|| started.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_time_is_found_behind_an_odd_name() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0";
        assert_eq!(start_ticks(stat), Some("4711"));
    }

    #[test]
    fn own_identity_stays() {
        let own = rustix::process::getpid();
        assert!(identity(own).is_some());
        assert_eq!(identity(own), identity(own));
    }
}
