//! The contents of a remote secret's kubeconfig without its secrets: the reverse of [`super::access`].

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::certificate::{self, CertificateFacts};
use super::go;
use super::secret::Salt;
use super::server::without_login;
use super::token::{self, TokenFacts};
use super::x509;

/// Server, trust and credential of a kubeconfig's current context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessFacts {
    /// URL of the API server, without user name and password.
    pub server: String,
    /// Trust anchors that the server's certificate is checked against.
    pub trust: TrustFacts,
    /// The name that is checked in the server's certificate, where it is not the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_server_name: Option<String>,
    /// The proxy, without user name and password.
    #[serde(rename = "proxyURL", skip_serializing_if = "Option::is_none")]
    pub proxy_url: Option<String>,
    /// The authentication methods, as the kubeconfig names them; a healthy secret has one.
    pub authentication: Vec<String>,
    /// The claims of the token, if there is one and it is a JSON web token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenFacts>,
    /// The client certificate, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_certificate: Option<CertificateFacts>,
}

/// The trust anchors that a server's certificate is checked against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "check")]
pub enum TrustFacts {
    /// These certificates.
    Authorities {
        /// In the order of the bundle.
        certificates: Vec<CertificateFacts>,
    },
    /// A file on the disk of the machine that reads the kubeconfig.
    AuthoritiesFile {
        /// Its path.
        path: String,
    },
    /// The root certificates of the machine that connects.
    SystemRoots,
    /// No check at all.
    Nothing,
}

impl AccessFacts {
    /// Returns `client certificate` or `token`, and `credential` if it has both or neither: with both, either may be
    /// the one in use.
    pub fn credential(&self) -> &'static str {
        let has = |way: &str| self.authentication.iter().any(|own| own.starts_with(way));
        match (has("client-certificate"), has("token")) {
            (true, false) => "client certificate",
            (false, true) => "token",
            (true, true) | (false, false) => "credential",
        }
    }
}

/// Reads `kubeconfig`; returns `None` if it has no current context with a cluster.
pub fn read(kubeconfig: &[u8]) -> Option<AccessFacts> {
    of_document(&go::first_document(kubeconfig).ok()?)
}

/// Reads a document that is parsed already; see [`read`].
pub(super) fn of_document(config: &Value) -> Option<AccessFacts> {
    let (cluster, user) = current(config)?;
    let owned = |value: &Value| {
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    Some(AccessFacts {
        server: owned(&cluster["server"])
            .map(|url| without_login(&url))
            .unwrap_or_default(),
        trust: trust(cluster),
        tls_server_name: owned(&cluster["tls-server-name"]),
        proxy_url: owned(&cluster["proxy-url"]).map(|url| without_login(&url)),
        authentication: authentication(user),
        token: user["token"].as_str().and_then(token::read),
        client_certificate: inline(&user["client-certificate-data"])
            .and_then(|pem| certificate::read_der(x509::certificates(&pem).first()?)),
    })
}

/// Returns the bearer token in `kubeconfig`, if there is one.
pub fn bearer_token(kubeconfig: &[u8]) -> Option<SecretString> {
    let config = go::first_document(kubeconfig).ok()?;
    let (_, user) = current(&config)?;
    let token = user["token"].as_str().filter(|token| !token.is_empty());
    token.map(SecretString::from)
}

/// Reads a document that is parsed already, with the mark of its credential ([`super::secret::JudgedKey::mark`]).
pub(super) fn marked(config: &Value, salt: &Salt) -> Option<(AccessFacts, Option<String>)> {
    let facts = of_document(config)?;
    let mark = mark(config, &facts, salt);
    Some((facts, mark))
}

fn mark(config: &Value, facts: &AccessFacts, salt: &Salt) -> Option<String> {
    let (_, user) = current(config)?;
    let is_guessable = |way: &String| !["token", "client-certificate-data"].contains(&way.as_str());
    if facts.authentication.is_empty() || facts.authentication.iter().any(is_guessable) {
        return None;
    }
    let mut digest = Sha256::new();
    digest.update(salt.bytes());
    digest.update(serde_json::to_vec(facts).ok()?);
    for key in ["token", "client-key-data"] {
        let credential = user[key].as_str().unwrap_or_default();
        digest.update(credential.len().to_be_bytes());
        digest.update(credential);
    }
    let bytes = digest.finalize();
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(pairs.concat())
}

/// Returns cluster and user of the current context; the user is null if the context names none.
fn current(config: &Value) -> Option<(&Value, &Value)> {
    let current = config["current-context"].as_str()?;
    let context = entry(config, "contexts", "context", current)?;
    let cluster = entry(config, "clusters", "cluster", context["cluster"].as_str()?)?;
    let user = context["user"]
        .as_str()
        .and_then(|name| entry(config, "users", "user", name));
    Some((cluster, user.unwrap_or(&Value::Null)))
}

fn entry<'a>(config: &'a Value, list: &str, item: &str, name: &str) -> Option<&'a Value> {
    config[list]
        .as_array()?
        .iter()
        .find(|entry| entry["name"] == name)
        .map(|entry| &entry[item])
}

fn trust(cluster: &Value) -> TrustFacts {
    if cluster["insecure-skip-tls-verify"] == true {
        return TrustFacts::Nothing;
    }
    if let Some(pem) = inline(&cluster["certificate-authority-data"]) {
        return TrustFacts::Authorities {
            certificates: certificate::read_pem(&pem),
        };
    }
    match cluster["certificate-authority"].as_str() {
        Some(path) => TrustFacts::AuthoritiesFile {
            path: path.to_owned(),
        },
        None => TrustFacts::SystemRoots,
    }
}

fn authentication(user: &Value) -> Vec<String> {
    let ways = [
        "token",
        "tokenFile",
        "client-certificate-data",
        "client-certificate",
        "username",
        "exec",
    ];
    let mut found: Vec<String> = ways
        .iter()
        .filter(|way| !user[**way].is_null())
        .map(|way| (*way).to_owned())
        .collect();
    if let Some(name) = user["auth-provider"]["name"].as_str() {
        found.push(format!("auth-provider {name}"));
    }
    found
}

fn inline(value: &Value) -> Option<Vec<u8>> {
    go::bytes(value).filter(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Access, AccessTrust, AccessUser};

    #[test]
    fn what_was_written_is_read_back_without_the_token() {
        let access = Access {
            server: "https://h:6443".to_owned(),
            trust: AccessTrust::Insecure,
            tls_server_name: Some("n".to_owned()),
            proxy_url: Some("http://u:p@proxy:3128".to_owned()),
            user: AccessUser::Token("very-secret".into()),
        };
        let kubeconfig = access.to_kubeconfig("west");
        let token = bearer_token(kubeconfig.as_bytes()).unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&token), "very-secret");
        let facts = read(kubeconfig.as_bytes()).unwrap();
        assert_eq!(facts.server, "https://h:6443");
        assert_eq!(
            (facts.trust.clone(), facts.token.clone()),
            (TrustFacts::Nothing, None)
        );
        assert_eq!(facts.proxy_url.as_deref(), Some("http://proxy:3128"));
        assert_eq!(facts.authentication, ["token"]);
        let all = serde_json::to_string(&facts).unwrap();
        assert!(
            !all.contains("very-secret") && !all.contains("u:p"),
            "{all}"
        );
    }

    #[test]
    fn a_kubeconfig_without_a_current_context_tells_nothing() {
        assert_eq!(read(b"apiVersion: v1\nkind: Config\n"), None);
        assert_eq!(read(b"\xff"), None);
        assert!(bearer_token(b"apiVersion: v1\nkind: Config\n").is_none());
    }
}
