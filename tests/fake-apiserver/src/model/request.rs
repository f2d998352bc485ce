//! One request, read: what it is about, for authorization and for the handlers.
//!
//! Path rules: <https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris>. Nothing is decided here.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, header};

use crate::model::attributes::Attributes;

/// A resource path, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourcePath {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) resource: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) subresource: String,
}

/// The subject of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Target {
    /// For authorization.
    pub(crate) attributes: Attributes,
    /// None for paths such as `/version`.
    pub(crate) resource: Option<ResourcePath>,
}

/// A whole request.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) target: Target,
}

impl Request {
    pub(crate) fn new(parts: Parts, body: Bytes) -> Self {
        let path = decode(parts.uri.path());
        let query = parse_query(parts.uri.query().unwrap_or_default());
        let target = target(&parts.method, &path, &query);
        Self {
            method: parts.method,
            path,
            query,
            headers: parts.headers,
            body,
            target,
        }
    }

    pub(crate) fn query(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }

    pub(crate) fn query_flag(&self, name: &str) -> bool {
        matches!(self.query(name), "1" | "t" | "true" | "True")
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The media type of the body, without parameters.
    pub(crate) fn content_type(&self) -> &str {
        self.header(header::CONTENT_TYPE)
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
    }

    pub(crate) fn accept(&self) -> &str {
        self.header(header::ACCEPT)
    }

    /// The manager of a write that names none: the first word of the user agent.
    pub(crate) fn default_manager(&self) -> String {
        let agent = self.header(header::USER_AGENT);
        let name = agent.split('/').next().unwrap_or_default();
        if name.is_empty() {
            "unknown".to_owned()
        } else {
            name.to_owned()
        }
    }

    /// Path and query as recordings show them: decoded, parameters in the order of their names.
    pub(crate) fn shown(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let pairs: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{}?{}", self.path, pairs.join("&"))
    }
}

fn parse_query(text: &str) -> BTreeMap<String, String> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = |text: &str| decode(&text.replace('+', " "));
            (plain(name), plain(value))
        })
        .collect()
}

/// Percent-decoding; what is not an escape stays as it is.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn target(method: &Method, path: &str, query: &BTreeMap<String, String>) -> Target {
    let Some(resource) = resource_path(path) else {
        return Target {
            attributes: Attributes {
                verb: method.as_str().to_lowercase(),
                path: path.to_owned(),
                ..Attributes::default()
            },
            resource: None,
        };
    };
    let watching = matches!(
        query.get("watch").map(String::as_str),
        Some("1" | "t" | "true" | "True")
    );
    let named = !resource.name.is_empty();
    let verb = match *method {
        Method::GET | Method::HEAD if named => "get",
        Method::GET | Method::HEAD if watching => "watch",
        Method::GET | Method::HEAD => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE if named => "delete",
        Method::DELETE => "deletecollection",
        _ => "",
    };
    let selected = query
        .get("fieldSelector")
        .and_then(|selector| selector.strip_prefix("metadata.name="))
        .filter(|name| !named && !name.contains(','));
    // A namespace counts as being inside of itself.
    let namespace = if resource.resource == "namespaces" {
        &resource.name
    } else {
        &resource.namespace
    };
    let full = if resource.subresource.is_empty() {
        resource.resource.clone()
    } else {
        format!("{}/{}", resource.resource, resource.subresource)
    };
    Target {
        attributes: Attributes {
            verb: verb.to_owned(),
            group: resource.group.clone(),
            resource: full,
            namespace: namespace.clone(),
            name: selected.map_or_else(|| resource.name.clone(), ToOwned::to_owned),
            path: path.to_owned(),
        },
        resource: Some(resource),
    }
}

fn resource_path(path: &str) -> Option<ResourcePath> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        [] => return None,
        ["namespaces", name, "status" | "finalize"] => {
            return Some(ResourcePath {
                group: group.to_owned(),
                version: version.to_owned(),
                resource: "namespaces".to_owned(),
                namespace: String::new(),
                name: (*name).to_owned(),
                subresource: rest[2].to_owned(),
            });
        }
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let part = |index: usize| rest.get(index).copied().unwrap_or_default().to_owned();
    Some(ResourcePath {
        group: group.to_owned(),
        version: version.to_owned(),
        resource: part(0),
        namespace: namespace.to_owned(),
        name: part(1),
        subresource: rest.get(2..).unwrap_or_default().join("/"),
    })
}
