//! Kubernetes' warning Events about a gateway's objects, the newest of which is evidence.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Event, ObjectReference};

use super::{ClusterSnapshot, Gateway};
use crate::finding::Finding;

/// The maximum length of an Event's text that is shown.
const LONGEST: usize = 300;

/// The part of a gateway that is missing, whose Events may contain the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Its address: Events of the Service.
    Service,
    /// Its pods: Events of the pods, and of their controllers.
    Pods,
}

impl Gateway {
    /// Returns whether Events of its Service, or of its pods, could explain a missing part.
    pub fn lacks_what_events_explain(&self, about: About) -> bool {
        match about {
            About::Service => {
                self.service_type.as_deref() == Some("LoadBalancer") && self.addresses.is_empty()
            }
            About::Pods => self
                .pods
                .is_some_and(|pods| pods.ready < pods.total || pods.total == 0),
        }
    }
}

/// Appends the newest Warning about the Service or the pods of the gateway to the finding, if there is one and Events
/// were read.
pub(super) fn with_newest(
    mut finding: Finding,
    gateway: &Gateway,
    about: About,
    cluster: &ClusterSnapshot,
) -> Finding {
    let Some(warning) = newest(gateway, about, cluster) else {
        return finding;
    };
    finding.message = format!("{} (newest Warning: {warning})", finding.message);
    finding.shown_by([warning])
}

fn newest(gateway: &Gateway, about: About, cluster: &ClusterSnapshot) -> Option<String> {
    let events = cluster.events.items();
    let fit = events.iter().filter(|event| {
        event.type_.as_deref() == Some("Warning") && is_about(event, gateway, about)
    });
    let event = fit.max_by_key(|event| seen_at(event))?;
    let object = &event.involved_object;
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let kind = or_empty(&object.kind).to_ascii_lowercase();
    let said = format!(
        "{kind} {}: {}: {}",
        or_empty(&object.name),
        or_empty(&event.reason),
        or_empty(&event.message)
    );
    Some(in_short(&said))
}

fn is_about(event: &Event, gateway: &Gateway, about: About) -> bool {
    let ObjectReference {
        kind: Some(kind),
        name: Some(name),
        namespace: Some(namespace),
        ..
    } = &event.involved_object
    else {
        return false;
    };
    if *namespace != gateway.namespace {
        return false;
    }
    let pods = gateway.backing.items();
    match (about, kind.as_str()) {
        (About::Service, "Service") => {
            let service = gateway.service.as_ref();
            service.is_some_and(|service| service.metadata.name.as_ref() == Some(name))
        }
        (About::Pods, "Pod") => pods
            .iter()
            .any(|pod| pod.metadata.name.as_ref() == Some(name)),
        // If there are no pods, their controller has the Events.
        (About::Pods, "ReplicaSet") => {
            let hash = name
                .strip_prefix(&gateway.name)
                .and_then(|rest| rest.strip_prefix('-'));
            pods.is_empty() && hash.is_some_and(|hash| !hash.is_empty() && !hash.contains('-'))
        }
        (_, _) => false,
    }
}

/// Returns the time of the last occurrence, from whichever field the reporter filled in.
fn seen_at(event: &Event) -> Option<Timestamp> {
    let series = event
        .series
        .as_ref()
        .and_then(|series| series.last_observed_time.as_ref());
    let times = [
        series.map(|time| time.0),
        event.last_timestamp.as_ref().map(|time| time.0),
        event.event_time.as_ref().map(|time| time.0),
        event.first_timestamp.as_ref().map(|time| time.0),
        event
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0),
    ];
    times.into_iter().flatten().max()
}

/// Returns a text from the cluster in one line, without characters that control a terminal, and shortened.
fn in_short(text: &str) -> String {
    let mut short = String::new();
    let mut words = text.split(|c: char| c.is_whitespace() || c.is_control());
    for word in words.by_ref().filter(|word| !word.is_empty()) {
        if !short.is_empty() {
            short.push(' ');
        }
        for c in word.chars() {
            if short.len() >= LONGEST {
                short.push('…');
                return short;
            }
            match c {
                '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}' => short.extend(c.escape_unicode()),
                plain => short.push(plain),
            }
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_the_cluster_is_one_short_line() {
        assert_eq!(
            in_short("quota\n  exceeded\u{1b}[31m \u{202e}here\u{2028}hint: x"),
            "quota exceeded [31m \\u{202e}here hint: x"
        );
        let long = in_short(&"word ".repeat(1000));
        assert!(long.len() < LONGEST + 10 && long.ends_with('…'), "{long}");
    }
}
