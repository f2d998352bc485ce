//! Sending a script to a server and writing down what came back. Compares nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mesh_testkit::condition::wait_until;
use mesh_testkit::pki::Identity;
use mesh_testkit::wire::{Client, Reply};
use serde_json::Value;

use super::script::{Case, Step};
use super::transcript;

/// The time for which a step with `until` asks again.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server to be judged.
pub struct Server {
    /// `https://host:port`.
    pub url: String,
    /// Its authority.
    pub ca_pem: String,
    /// A client certificate of `system:masters`.
    pub admin: Identity,
}

/// Plays cases against a server and returns the transcript. `prefix` keeps the namespaces of scripts apart.
pub fn play(server: &Server, prefix: &str, cases: &[Case]) -> String {
    let mut text = String::new();
    for (index, case) in cases.iter().enumerate() {
        text.push_str("== ");
        text.push_str(&case.name);
        text.push('\n');
        let namespace = format!("{prefix}-{}", index + 1);
        let mut player = Player::new(server, &namespace);
        for step in &case.steps {
            let reply = player.step(step);
            if !step.quiet {
                text.push_str(&step.line);
                text.push('\n');
                text.push_str(&transcript::of(&reply));
            }
        }
        text.push('\n');
    }
    text
}

struct Player<'a> {
    server: &'a Server,
    admin: Client,
    variables: BTreeMap<String, String>,
}

impl<'a> Player<'a> {
    fn new(server: &'a Server, namespace: &str) -> Self {
        let mut admin = Client::new(&server.url, &server.ca_pem, Some(&server.admin))
            .header("user-agent", "behaviour/1.0");
        let body = format!("{{\"metadata\":{{\"name\":\"{namespace}\"}}}}");
        admin
            .send(
                "POST",
                "/api/v1/namespaces",
                &[("content-type", "application/json")],
                &body,
            )
            .expect("the server answers");
        Self {
            server,
            admin,
            variables: BTreeMap::from([("ns".to_owned(), namespace.to_owned())]),
        }
    }

    fn step(&mut self, step: &Step) -> Reply {
        let reply = match &step.until {
            None => self.send(step),
            Some(wanted) => {
                let mut last = None;
                let found = wait_until(PATIENCE, || {
                    let reply = self.send(step);
                    let good = is_so(&reply, wanted);
                    last = Some(reply);
                    good.then(|| last.clone()).flatten()
                });
                found.or(last).expect("it was asked at least once")
            }
        };
        for (name, path) in &step.save {
            let value = lookup(&reply.json(), path);
            self.variables.insert(name.clone(), value);
        }
        reply
    }

    fn send(&mut self, step: &Step) -> Reply {
        let path = self.fill(&step.path);
        let body = self.fill(&step.body);
        let token = self.variables.get(&step.user).cloned();
        let headers: Vec<(String, String)> = step
            .headers
            .iter()
            .map(|(n, v)| (n.clone(), self.fill(v)))
            .collect();
        let mut headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        if !body.is_empty() {
            headers.push(("content-type", &step.media_type));
        }
        let reply = if step.user.is_empty() {
            self.admin.send(&step.method, &path, &headers, &body)
        } else {
            let client = Client::new(&self.server.url, &self.server.ca_pem, None)
                .header("user-agent", "behaviour/1.0");
            let mut client = match (step.user.as_str(), token) {
                ("anonymous", _) => client,
                ("nobody", _) => client.bearer("not-a-token"),
                (_, Some(token)) => client.bearer(&token),
                (name, None) => panic!("nothing was saved as {name}"),
            };
            client.send(&step.method, &path, &headers, &body)
        };
        reply.unwrap_or_else(|error| panic!("{}: {error}", step.line))
    }

    fn fill(&self, text: &str) -> String {
        self.variables
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(&format!("${name}"), value)
            })
    }
}

fn is_so(reply: &Reply, wanted: &str) -> bool {
    match wanted.parse::<u16>() {
        Ok(status) => reply.status == status,
        Err(_) => !lookup(&reply.json(), wanted).is_empty(),
    }
}

/// The text at `.a.b` or `base64:.a.b`; the dot of a key such as `ca.crt` is written `\.`.
fn lookup(value: &Value, path: &str) -> String {
    let (decode, path) = match path.strip_prefix("base64:") {
        Some(path) => (true, path),
        None => (false, path),
    };
    let found =
        path.replace("\\.", "\u{0}")
            .split('.')
            .skip(1)
            .fold(value.clone(), |value, step| {
                let step = step.replace('\u{0}', ".");
                match step.parse::<usize>() {
                    Ok(index) => value[index].clone(),
                    Err(_) => value[step.as_str()].clone(),
                }
            });
    let text = match found {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    if decode {
        let bytes = STANDARD.decode(text).unwrap_or_default();
        return String::from_utf8_lossy(&bytes).into_owned();
    }
    text
}
