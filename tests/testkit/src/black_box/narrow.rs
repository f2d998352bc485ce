//! Every read of a verb that writes forbidden, of a kind that is missing, and failing, one at a time, each in a world of its
//! own: it says what it did not look at, and writes nothing that it would not have written with the right.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use snapbox::{Data, assert_data_eq};

use super::World;
use crate::command::Output;
use crate::embedded::{Cluster, Fault, Recorded};

/// A world in which a verb writes.
pub struct Stage<'w> {
    /// The world in which it is run.
    pub world: &'w World,
    /// Every cluster that it may write to.
    pub clusters: Vec<&'w Cluster>,
}

/// A command, and its reads that fail.
#[derive(Clone, Copy, Debug)]
pub struct Narrowed<'a> {
    /// The command line.
    pub line: &'a str,
    /// The cluster whose reads fail.
    pub cluster: &'a str,
    /// The reads on which nothing depends there, as the golden file writes their paths; about those nothing is to be said.
    pub idle: &'a [&'a str],
}

/// Runs the command once as it is, and then once for each of its reads of the cluster and each way in which that read can fail,
/// each time beside a new stage, and compares what that came to with the file `golden`.
///
/// # Panics
/// Where nothing is said of a read that failed, something is written that was not written before, or where less is done and the
/// exit code is 0 all the same.
pub fn each_read_of_a_write_alone<W>(
    golden: &Path,
    new: impl Fn() -> W,
    stage: impl for<'w> Fn(&'w W) -> Stage<'w>,
    narrowed: Narrowed<'_>,
) {
    let Narrowed {
        line,
        cluster: name,
        idle,
    } = narrowed;
    let world = new();
    let before = Ran::of(&stage(&world), line, None);
    let reads: BTreeSet<Read> = before
        .requests
        .iter()
        .filter(|(cluster, request)| cluster == name && is_read(request))
        .map(|(_, request)| Read::of(request))
        .collect();
    drop(world);
    assert!(!reads.is_empty(), "{line} reads nothing of {name}");
    assert!(!before.writes.is_empty(), "{line} writes nothing");
    let mut text = format!(
        "$ {line} [exit {}, {} writes]\n",
        before.output.code,
        before.writes.len()
    );
    for read in &reads {
        let mut rows: Vec<(String, String)> = Vec::new();
        for code in [403, 404, 500] {
            let world = new();
            let fault = Fault::on(&read.method, &read.pattern)
                .user(&read.user)
                .status(code);
            let ran = Ran::of(&stage(&world), line, Some((name, fault)));
            let is_idle = idle.contains(&read.pattern.as_str());
            ran.check(&before, is_idle, &format!("{read:?} {code}"));
            let row = ran.beside(&before);
            match rows.last_mut() {
                Some((codes, last)) if *last == row => {
                    let _ = write!(codes, " {code}");
                }
                Some(_) | None => rows.push((code.to_string(), row)),
            }
        }
        let _ = writeln!(
            text,
            "\n{} {} of {name} as {}",
            read.method, read.pattern, read.user
        );
        for (codes, row) in rows {
            let _ = writeln!(text, "  {codes}: {row}");
        }
    }
    assert_data_eq!(text, Data::read_from(golden, None));
}

/// A read as it is in every world: what varies in its path is a star.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Read {
    pattern: String,
    method: String,
    user: String,
}

impl Read {
    fn of(request: &Recorded) -> Self {
        Self {
            pattern: pattern(&request.path),
            method: request.method.clone(),
            user: request.user.clone(),
        }
    }
}

/// Asking who somebody is, or what they may do, reads too.
fn is_read(request: &Recorded) -> bool {
    let reviews = [
        "/apis/authentication.k8s.io/",
        "/apis/authorization.k8s.io/",
    ];
    request.method == "GET" || reviews.iter().any(|group| request.path.starts_with(group))
}

/// `path` with a star in place of a version, and of the end of a name that is made of a UID.
fn pattern(path: &str) -> String {
    let mut pattern = String::new();
    let mut rest = path;
    while let Some(at) = rest.find(['.', '=']) {
        let (head, tail) = rest.split_at(at + 1);
        pattern.push_str(head);
        let end = |is: fn(char) -> bool| tail.find(|c| !is(c)).unwrap_or(tail.len());
        let is_version = head.ends_with("resourceVersion=");
        let length = if is_version {
            end(|c| c.is_ascii_digit())
        } else {
            end(|c| c.is_ascii_hexdigit())
        };
        let is_varying = is_version || (head.ends_with('.') && length == 8);
        pattern.push_str(if is_varying { "*" } else { "" });
        rest = &tail[if is_varying { length } else { 0 }..];
    }
    pattern + rest
}

/// The outcome of one run.
struct Ran {
    output: Output,
    requests: Vec<(String, Recorded)>,
    /// The writes, each with the cluster.
    writes: BTreeSet<String>,
    /// The lines on stderr, without what varies.
    said: BTreeSet<String>,
}

impl Ran {
    fn of(stage: &Stage<'_>, line: &str, fault: Option<(&str, Fault)>) -> Self {
        for cluster in &stage.clusters {
            cluster.clear_recordings();
        }
        if let Some((name, fault)) = fault {
            let struck = stage.clusters.iter().find(|cluster| cluster.name() == name);
            struck.expect("it is one of them").inject(fault);
        }
        let output = stage.world.run(line).output();
        let requests: Vec<(String, Recorded)> = stage
            .clusters
            .iter()
            .flat_map(|cluster| {
                let requests = cluster.requests().into_iter();
                requests.map(|request| (cluster.name().to_owned(), request))
            })
            .collect();
        let writes = requests.iter().filter(|(_, request)| {
            let is_done = request.status.is_none_or(|status| status < 400);
            !is_read(request) && is_done
        });
        Self {
            writes: writes
                .map(|(cluster, request)| {
                    format!("{cluster}: {} {}", request.method, pattern(&request.path))
                })
                .collect(),
            said: output
                .stderr
                .lines()
                .map(|line| pattern(&stage.world.steady(line)))
                .collect(),
            output,
            requests,
        }
    }

    fn check(&self, before: &Self, is_idle: bool, place: &str) {
        let place = || format!("{place}\n{}", self.output.golden());
        assert!([0, 2, 3, 4].contains(&self.output.code), "{}", place());
        if is_idle {
            assert_eq!(self.output.stdout, before.output.stdout, "{}", place());
        }
        assert_eq!(
            self.new_lines(before).next().is_none(),
            is_idle,
            "whether anything is said of it: {}",
            place()
        );
        let more = self.writes.difference(&before.writes);
        let more: Vec<&String> = more.filter(|write| !self.is_taken_back(write)).collect();
        assert!(
            more.is_empty(),
            "{more:?} is written for want of a right: {}",
            place()
        );
        if self.writes != before.writes {
            assert_ne!(self.output.code, 0, "less was done: {}", place());
        }
    }

    /// Tells whether a write takes back what the run had made.
    fn is_taken_back(&self, write: &str) -> bool {
        let (place, name) = write.rsplit_once('/').unwrap_or_default();
        let mut lines = self.said.iter();
        place.contains(": DELETE ")
            && lines.any(|line| {
                line.contains(name) && line.contains(" deleted, since its token is not used")
            })
    }

    /// Lines that were said because of the read.
    fn new_lines<'r>(&'r self, before: &'r Self) -> impl Iterator<Item = &'r str> {
        let lines = self.said.difference(&before.said).map(String::as_str);
        lines.filter(|line| line.starts_with("error: ") || line.starts_with("warning: "))
    }

    fn beside(&self, before: &Self) -> String {
        let mut parts = vec![format!("exit {}", self.output.code)];
        if self.writes.len() != before.writes.len() {
            parts.push(format!("{} writes", self.writes.len()));
        }
        for line in self.new_lines(before) {
            // The reason is the server's own, which differs by the code.
            let told = line.split(": ").take(2).collect::<Vec<_>>().join(": ");
            if !parts.contains(&told) {
                parts.push(told);
            }
        }
        parts.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn what_varies_in_a_path_is_a_star() {
        for (path, expected) in [
            (
                "/api/v1/namespaces/kube-system",
                "/api/v1/namespaces/kube-system",
            ),
            ("/secrets/x-token.0a1b2c3d", "/secrets/x-token.*"),
            ("/secrets/x.example.com", "/secrets/x.example.com"),
            (
                "/secrets?fieldSelector=metadata.name=x-token.0a1b2c3d&resourceVersion=17&watch=true",
                "/secrets?fieldSelector=metadata.name=x-token.*&resourceVersion=*&watch=true",
            ),
        ] {
            assert_eq!(pattern(path), expected);
        }
    }
}
