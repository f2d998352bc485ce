//! The API server's own count of the requests that a client made, from its audit log
//! (<https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/>).

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use mesh_testkit::condition::wait_until;
use serde_json::Value;

/// Every request once, when it has been answered.
const POLICY: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
";

/// An audit log that is being written.
pub(super) struct Audit {
    log: PathBuf,
    policy: PathBuf,
}

impl Audit {
    /// Prepares one in `folder`.
    pub(super) fn prepare(folder: &Path) -> Result<Self> {
        let audit = Self {
            log: folder.join("audit.log"),
            policy: folder.join("audit-policy.yaml"),
        };
        std::fs::write(&audit.policy, POLICY)?;
        Ok(audit)
    }

    /// The flags by which an API server writes it.
    pub(super) fn flags(&self) -> Vec<String> {
        vec![
            format!("--audit-log-path={}", self.log.display()),
            format!("--audit-policy-file={}", self.policy.display()),
        ]
    }

    /// The present end of the log.
    pub(super) fn end(&self) -> Result<u64> {
        let log = std::fs::metadata(&self.log).with_context(|| self.log.display().to_string())?;
        Ok(log.len())
    }

    /// The requests after `start` of clients whose user agent begins with `agent`, as `VERB PATH`, once none was added for
    /// a moment.
    pub(super) fn requests(&self, start: u64, agent: &str) -> Result<Vec<String>> {
        const QUIET: Duration = Duration::from_millis(300);
        let mut seen = self.requests_now(start, agent)?;
        // A watch is answered when it ends, which may be after its client has.
        while let Some(more) = wait_until(QUIET, || {
            self.requests_now(start, agent)
                .ok()
                .filter(|now| now.len() > seen.len())
        }) {
            seen = more;
        }
        Ok(seen)
    }

    fn requests_now(&self, start: u64, agent: &str) -> Result<Vec<String>> {
        let mut log = File::open(&self.log)?;
        log.seek(SeekFrom::Start(start))?;
        let mut text = String::new();
        log.read_to_string(&mut text)?;
        Ok(of_agent(&text, agent))
    }
}

fn of_agent(log: &str, agent: &str) -> Vec<String> {
    let text = |event: &Value, field: &str| event[field].as_str().unwrap_or_default().to_owned();
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|event| text(event, "userAgent").starts_with(agent))
        .map(|event| format!("{} {}", text(&event, "verb"), text(&event, "requestURI")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::of_agent;

    #[test]
    fn requests_are_told_apart_by_who_made_them() {
        let log = r#"{"verb":"get","requestURI":"/a","userAgent":"istioctl/1.31"}
{"verb":"list","requestURI":"/b","userAgent":"kube-controller-manager/v1"}
{"verb":"create","requestURI":"/c","userAgent":"istioctl/1.31"}
{"verb":"#;
        assert_eq!(of_agent(log, "istioctl/"), ["get /a", "create /c"]);
    }
}
