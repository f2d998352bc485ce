//! The text of one kubeconfig file as plain data.
//!
//! Only the fields that this suite uses are read, so a file of hundreds of contexts stays cheap.
//! <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct File {
    pub(super) current_context: Option<String>,
    pub(super) clusters: Option<Vec<NamedCluster>>,
    pub(super) contexts: Option<Vec<NamedContext>>,
    pub(super) users: Option<Vec<NamedUser>>,
}

#[derive(Deserialize)]
pub(super) struct NamedCluster {
    pub(super) name: String,
    pub(super) cluster: Option<ClusterEntry>,
}

#[derive(Deserialize)]
pub(super) struct NamedContext {
    pub(super) name: String,
    pub(super) context: Option<ContextEntry>,
}

#[derive(Deserialize)]
pub(super) struct NamedUser {
    pub(super) name: String,
    pub(super) user: Option<UserEntry>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct ClusterEntry {
    pub(super) server: Option<String>,
    pub(super) certificate_authority: Option<String>,
    pub(super) certificate_authority_data: Option<String>,
    pub(super) insecure_skip_tls_verify: Option<bool>,
    pub(super) tls_server_name: Option<String>,
    pub(super) proxy_url: Option<String>,
    pub(super) extensions: Option<Vec<NamedExtension>>,
}

#[derive(Deserialize)]
pub(super) struct NamedExtension {
    pub(super) name: String,
    pub(super) extension: Option<serde_json::Value>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ContextEntry {
    pub(super) cluster: Option<String>,
    pub(super) user: Option<String>,
    pub(super) namespace: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case", default)]
pub(super) struct UserEntry {
    pub(super) token: Option<String>,
    #[serde(rename = "tokenFile")]
    pub(super) token_file: Option<String>,
    pub(super) username: Option<String>,
    pub(super) password: Option<String>,
    pub(super) client_certificate: Option<String>,
    pub(super) client_certificate_data: Option<String>,
    pub(super) client_key: Option<String>,
    pub(super) client_key_data: Option<String>,
    #[serde(rename = "as")]
    pub(super) impersonate: Option<String>,
    pub(super) as_uid: Option<String>,
    pub(super) as_groups: Option<Vec<String>>,
    pub(super) as_user_extra: Option<BTreeMap<String, Option<Vec<String>>>>,
    pub(super) auth_provider: Option<AuthProviderEntry>,
    pub(super) exec: Option<ExecEntry>,
}

#[derive(Deserialize)]
pub(super) struct AuthProviderEntry {
    pub(super) name: String,
    pub(super) config: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ExecEntry {
    pub(super) api_version: Option<String>,
    pub(super) command: Option<String>,
    pub(super) args: Option<Vec<String>>,
    pub(super) env: Option<Vec<ExecVariable>>,
    pub(super) install_hint: Option<String>,
    pub(super) provide_cluster_info: Option<bool>,
    pub(super) interactive_mode: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ExecVariable {
    pub(super) name: String,
    #[serde(default)]
    pub(super) value: String,
}

/// Where in a text the first thing stands that is not a kubeconfig's: line and column, from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u64,
    pub(super) column: u64,
}

/// Parses a file's text; several documents count as several files, an empty text as none.
///
/// The error is a place alone, because the parser's own words can quote a token or a key.
pub(super) fn parse(text: &str) -> Result<Vec<File>, Option<Place>> {
    serde_saphyr::from_multiple(text).map_err(|error| {
        error.location().map(|location| Place {
            line: location.line(),
            column: location.column(),
        })
    })
}
