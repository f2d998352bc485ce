//! The few requests that the supervisor itself makes to a cluster's API server.

use std::time::Duration;

use anyhow::{Result, bail, ensure};
use serde_json::Value;

use crate::condition::wait_until;
use crate::http::{Body, Endpoint};
use crate::supervisor::owner::Process;

/// The time for any one thing. A start takes three seconds on an idle machine; a busy one must not fail.
pub(super) const DEADLINE: Duration = Duration::from_mins(2);

/// Waits until a GET of `path` answers 200 with what `good` accepts, or until one of the processes has ended.
pub(super) fn await_answer(
    endpoint: &Endpoint,
    path: &str,
    processes: &[&Process],
    good: impl Fn(&Value) -> bool,
) -> Result<()> {
    let mut last_seen = "nothing was seen".to_owned();
    let outcome = wait_until(DEADLINE, || {
        if let Some((process, status)) = first_ended(processes) {
            let name = process.program().name;
            return Some(Err(format!("{name} ended ({status})")));
        }
        match endpoint.request("GET", path, None) {
            Ok(response) if response.status == 200 && good(&response.json()) => {
                return Some(Ok(()));
            }
            Ok(response) => last_seen = format!("{} {}", response.status, response.body),
            Err(error) => last_seen = format!("{error:#}"),
        }
        None
    });
    match outcome {
        Some(Ok(())) => Ok(()),
        Some(Err(why)) => bail!("{why}\n{}", logs(processes)),
        None => bail!(
            "{path} was not as wanted within {} s; last seen: {last_seen}\n{}",
            DEADLINE.as_secs(),
            logs(processes)
        ),
    }
}

/// Creates an object; one that is there already stays as it is.
pub(super) fn create(endpoint: &Endpoint, path: &str, object: &Value) -> Result<()> {
    let text = object.to_string();
    let body = Body {
        content_type: "application/json",
        text: &text,
    };
    let response = endpoint.request("POST", path, Some(body))?;
    ensure!(
        response.is_success() || response.status == 409,
        "POST {path}: {} {}",
        response.status,
        response.body
    );
    Ok(())
}

fn first_ended<'a>(processes: &[&'a Process]) -> Option<(&'a Process, std::process::ExitStatus)> {
    processes
        .iter()
        .find_map(|process| process.exited().map(|status| (*process, status)))
}

fn logs(processes: &[&Process]) -> String {
    let tails: Vec<_> = processes
        .iter()
        .map(|process| format!("--- {}\n{}", process.program().name, process.tail()))
        .collect();
    tails.join("\n")
}
