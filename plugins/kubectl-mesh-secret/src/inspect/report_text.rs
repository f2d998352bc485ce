//! The report for people: a block for each secret, the findings under it, and a verdict as the last line.

use jiff::{SignedDuration, Timestamp};
use mesh_common::mesh::access_facts::{AccessFacts, TrustFacts};
use mesh_common::mesh::finding::{Finding, Severity};
use mesh_common::mesh::token::TokenFacts;
use mesh_common::terminal::output::Report;
use mesh_common::terminal::streams::in_one_line;

use super::checks::day_and_time;
use super::report::{ClusterReport, Inspection, Outcome, ProbeReport, SecretReport};

impl Report for Inspection {
    fn to_text(&self, wide: bool) -> String {
        let mut text = String::new();
        for item in &self.items {
            secret(item, wide, &mut text);
        }
        for lost in &self.unreached {
            row(
                &format!("context {}: not read: {}", lost.context, lost.reason),
                &mut text,
            );
        }
        if !self.items.is_empty() {
            text.push_str(&verdict(self));
        }
        text
    }

    fn names(&self) -> Vec<String> {
        self.items
            .iter()
            .map(|item| format!("secret/{}", item.name))
            .collect()
    }
}

fn secret(item: &SecretReport, wide: bool, text: &mut String) {
    let mut head = vec![format!("secret/{}", item.name)];
    head.extend(
        item.namespace
            .as_ref()
            .map(|namespace| format!("namespace {namespace}")),
    );
    head.extend(
        item.context
            .as_ref()
            .map(|context| format!("context {context}")),
    );
    head.extend(
        item.age_seconds
            .map(|seconds| format!("age {}", age(seconds))),
    );
    row(&head.join("   "), text);
    for cluster in &item.clusters {
        self::cluster(cluster, wide, text);
    }
    for finding in &item.findings {
        self::finding(finding, wide, text);
    }
    text.push('\n');
}

fn cluster(cluster: &ClusterReport, wide: bool, text: &mut String) {
    line("cluster", &cluster.name, text);
    if let Some(access) = &cluster.access {
        self::access(access, wide, text);
    }
    line(
        "istiod",
        if cluster.accepted {
            "accepts it"
        } else {
            "refuses it"
        },
        text,
    );
    if let Some(probe) = &cluster.probe {
        self::probe(probe, text);
    }
    if let Some(kubeconfig) = &cluster.kubeconfig {
        line("clear", "", text);
        for clear in kubeconfig.lines() {
            row(&format!("            {clear}"), text);
        }
    }
    for finding in &cluster.findings {
        self::finding(finding, wide, text);
    }
}

fn access(access: &AccessFacts, wide: bool, text: &mut String) {
    line("server", &access.server, text);
    if let Some(name) = &access.tls_server_name {
        line("", &format!("checked as {name}"), text);
    }
    if let Some(proxy) = &access.proxy_url {
        line("", &format!("through proxy {proxy}"), text);
    }
    match &access.trust {
        TrustFacts::Authorities { certificates } => {
            for (i, certificate) in certificates.iter().enumerate() {
                let digest = if wide {
                    certificate.sha256.clone()
                } else {
                    short(&certificate.sha256)
                };
                line(
                    if i == 0 { "ca" } else { "" },
                    &format!(
                        "{}, until {}",
                        certificate.subject,
                        day(certificate.not_after)
                    ),
                    text,
                );
                line("", &format!("sha256 {digest}"), text);
            }
        }
        TrustFacts::AuthoritiesFile { path } => {
            line("ca", &format!("file {path} of whoever reads it"), text);
        }
        TrustFacts::SystemRoots => line("ca", "the roots of the machine that dials", text),
        TrustFacts::Nothing => line("ca", "none: the server is not checked", text),
    }
    match &access.token {
        Some(token) => self::token(token, text),
        None => line("auth", &none(&access.authentication.join(", ")), text),
    }
}

fn token(token: &TokenFacts, text: &mut String) {
    line(
        "token",
        token.subject.as_deref().unwrap_or("<unknown>"),
        text,
    );
    let end = token.expires_at.map_or_else(
        || "never ends".to_owned(),
        |end| format!("ends {}", day_and_time(end)),
    );
    let since = token.issued_at.map_or_else(String::new, |from| {
        format!(", issued {}", day_and_time(from))
    });
    line("", &format!("{end}{since}"), text);
    if let Some(secret) = &token.secret {
        line("", &format!("lives with secret {secret}"), text);
    }
    if !token.audience.is_empty() {
        line("", &format!("for {}", token.audience.join(", ")), text);
    }
}

fn probe(probe: &ProbeReport, text: &mut String) {
    let questions = [
        ("connected", &probe.connected),
        ("token accepted", &probe.authenticated),
        ("right cluster", &probe.right_cluster),
        ("may read enough", &probe.may_read),
        ("and no more", &probe.no_more_than_needed),
    ];
    for (i, (question, outcome)) in questions.iter().enumerate() {
        let answer = match outcome {
            Outcome::Passed { detail } if detail.is_empty() => "yes".to_owned(),
            Outcome::Passed { detail } => format!("yes, {detail}"),
            Outcome::Failed { detail } => format!("NO: {detail}"),
            Outcome::Skipped { detail } => format!("skipped: {detail}"),
        };
        line(
            if i == 0 { "probe" } else { "" },
            &format!("{question}: {answer}"),
            text,
        );
    }
}

fn finding(finding: &Finding, wide: bool, text: &mut String) {
    // What every healthy secret has is not worth a line, unless asked for.
    if finding.severity == Severity::Info && !wide {
        return;
    }
    let message = format!("{}: {}", finding.id, finding.message);
    for (i, row) in wrapped(&message).iter().enumerate() {
        line(if i == 0 { finding.severity.word() } else { "" }, row, text);
    }
    if let Some(fix) = &finding.fix {
        line("", &format!("fix: {fix}"), text);
    }
}

fn verdict(inspection: &Inspection) -> String {
    let count = |severity| {
        inspection
            .findings()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    format!(
        "{}: {}, {}, {}\n",
        plural(inspection.items.len(), "secret"),
        plural(count(Severity::Error), "error"),
        plural(count(Severity::Warning), "warning"),
        plural(count(Severity::Info), "note"),
    )
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 {
        format!("1 {word}")
    } else {
        format!("{count} {word}s")
    }
}

fn line(key: &str, value: &str, text: &mut String) {
    row(format!("  {key:<9} {value}").trim_end(), text);
}

/// One line of the report. What it tells comes from secrets and clusters that may be anybody's.
fn row(content: &str, text: &mut String) {
    text.push_str(&in_one_line(content));
    text.push('\n');
}

/// `text` in rows that fit beside the key on 80 columns; commands are never broken, since they are pasted.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 80 - 12;
    let mut rows: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match rows.last_mut() {
            Some(row) if row.len() + 1 + word.len() <= WIDTH => {
                row.push(' ');
                row.push_str(word);
            }
            Some(_) | None => rows.push(word.to_owned()),
        }
    }
    rows
}

fn none(text: &str) -> String {
    if text.is_empty() {
        "<none>".to_owned()
    } else {
        text.to_owned()
    }
}

fn short(digest: &str) -> String {
    let pairs: Vec<&str> = digest.split(':').collect();
    format!("{}:...", pairs[..pairs.len().min(8)].join(":"))
}

fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// An age as kubectl shows it: the two largest units at the most.
fn age(seconds: i64) -> String {
    let length = SignedDuration::from_secs(seconds.max(0));
    let (days, hours, minutes) = (
        length.as_hours() / 24,
        length.as_hours(),
        length.as_secs() / 60,
    );
    match () {
        () if minutes < 2 => format!("{}s", length.as_secs()),
        () if hours < 3 => format!("{minutes}m"),
        () if days < 2 => format!("{hours}h"),
        () => format!("{days}d"),
    }
}
