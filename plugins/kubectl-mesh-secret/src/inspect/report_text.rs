//! The report for people: a block for each secret, the findings under it, and a verdict as the last line.

use jiff::Timestamp;
use mesh_common::model::access_facts::{AccessFacts, TrustFacts};
use mesh_common::model::certificate::CertificateFacts;
use mesh_common::model::secret::{ClusterReport, Outcome, ProbeReport, SecretReport, day_and_time};
use mesh_common::model::token::TokenFacts;
use mesh_common::terminal::output::{Report, Style};
use mesh_common::terminal::report_text::{self, age, counted, entry, line};
use mesh_common::terminal::verdict::{Verdict, severities, skipped_checks};

use super::report::Inspection;

impl Report for Inspection {
    fn to_text(&self, style: Style) -> String {
        let wide = style.wide;
        let mut text = String::new();
        for item in &self.items {
            secret(item, wide, &mut text);
        }
        for skipped in &self.skipped {
            line(
                &format!(
                    "context {}: skipped {}: {}",
                    skipped.context, skipped.check, skipped.reason
                ),
                &mut text,
            );
        }
        for lost in &self.unreached {
            line(
                &format!("context {}: not read: {}", lost.context, lost.reason),
                &mut text,
            );
        }
        if !self.items.is_empty() || !self.unreached.is_empty() {
            verdict(self).write(&mut text);
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
    line(&head.join("   "), text);
    for cluster in &item.clusters {
        self::cluster(cluster, wide, text);
    }
    for finding in &item.findings {
        report_text::finding(finding, wide, text);
    }
    text.push('\n');
}

fn cluster(cluster: &ClusterReport, wide: bool, text: &mut String) {
    entry("cluster", &cluster.name, text);
    if let Some(access) = &cluster.access {
        self::access(access, wide, text);
    }
    entry(
        "istiod",
        if cluster.accepted {
            "accepts the kubeconfig"
        } else {
            "rejects the kubeconfig"
        },
        text,
    );
    if let Some(probe) = &cluster.probe {
        let credential = cluster
            .access
            .as_ref()
            .map_or("token", AccessFacts::credential);
        self::probe(probe, credential, text);
    }
    if let Some(kubeconfig) = &cluster.kubeconfig {
        entry("clear", "", text);
        for clear in kubeconfig.lines() {
            line(&format!("            {clear}"), text);
        }
    }
    for finding in &cluster.findings {
        report_text::finding(finding, wide, text);
    }
}

fn access(access: &AccessFacts, wide: bool, text: &mut String) {
    entry("server", &access.server, text);
    if let Some(name) = &access.tls_server_name {
        entry("", &format!("tls-server-name {name}"), text);
    }
    if let Some(proxy) = &access.proxy_url {
        entry("", &format!("through proxy {proxy}"), text);
    }
    match &access.trust {
        TrustFacts::Authorities { certificates } => {
            for (i, certificate) in certificates.iter().enumerate() {
                let digest = if wide {
                    certificate.sha256.clone()
                } else {
                    short(&certificate.sha256)
                };
                entry(
                    if i == 0 { "ca" } else { "" },
                    &format!(
                        "{}, until {}",
                        certificate.subject,
                        day(certificate.not_after)
                    ),
                    text,
                );
                entry("", &format!("sha256 {digest}"), text);
            }
        }
        TrustFacts::AuthoritiesFile { path } => {
            entry(
                "ca",
                &format!("file {path} on the machine of the client"),
                text,
            );
        }
        TrustFacts::SystemRoots => entry("ca", "not set: system roots of the client", text),
        TrustFacts::Nothing => entry("ca", "none: the server is not checked", text),
    }
    if let Some(token) = &access.token {
        self::token(token, text);
    }
    if let Some(certificate) = &access.client_certificate {
        client_certificate(certificate, text);
    }
    if access.token.is_none() && access.client_certificate.is_none() {
        entry("auth", &none(&access.authentication.join(", ")), text);
    }
}

fn client_certificate(certificate: &CertificateFacts, text: &mut String) {
    entry("client", &none(&certificate.subject), text);
    entry(
        "",
        &format!(
            "expires {}, valid since {}",
            day_and_time(certificate.not_after),
            day_and_time(certificate.not_before)
        ),
        text,
    );
}

fn token(token: &TokenFacts, text: &mut String) {
    entry(
        "token",
        token.subject.as_deref().unwrap_or("<unknown>"),
        text,
    );
    let end = token.expires_at.map_or_else(
        || "does not expire".to_owned(),
        |end| format!("expires {}", day_and_time(end)),
    );
    let since = token.issued_at.map_or_else(String::new, |from| {
        format!(", issued {}", day_and_time(from))
    });
    entry("", &format!("{end}{since}"), text);
    if let Some(secret) = &token.secret {
        entry("", &format!("bound to secret {secret}"), text);
    }
    if !token.audience.is_empty() {
        entry("", &format!("for {}", token.audience.join(", ")), text);
    }
}

fn probe(probe: &ProbeReport, credential: &str, text: &mut String) {
    let accepted = format!("{credential} accepted");
    let mut questions = vec![
        ("connected", &probe.connected),
        (accepted.as_str(), &probe.authenticated),
        ("cluster identity", &probe.right_cluster),
    ];
    questions.extend(
        probe
            .right_name
            .iter()
            .map(|outcome| ("right name", outcome)),
    );
    questions.extend([
        ("required permissions", &probe.may_read),
        ("no extra permissions", &probe.no_more_than_needed),
    ]);
    for (i, (question, outcome)) in questions.iter().enumerate() {
        let answer = match outcome {
            Outcome::Passed { detail } if detail.is_empty() => "yes".to_owned(),
            Outcome::Passed { detail } => format!("yes, {detail}"),
            Outcome::Failed { detail } => format!("NO: {detail}"),
            Outcome::Skipped { detail } => format!("skipped: {detail}"),
        };
        entry(
            if i == 0 { "probe" } else { "" },
            &format!("{question}: {answer}"),
            text,
        );
    }
}

fn verdict(inspection: &Inspection) -> Verdict<'_> {
    Verdict {
        read: inspection.read,
        unreached: &inspection.unreached,
        counts: vec![counted(inspection.items.len(), "secret")],
        conclusion: severities(inspection.findings().map(|found| found.severity)),
        gaps: skipped_checks(&inspection.skipped),
    }
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
