//! The common part of all writes: options, and the body checked against its kind.
//!
//! The verbs are in `create`, `change`, `apply` and `delete`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::model::failure::{Cause, Failure};
use crate::model::kinds::Kind;
use crate::model::request::{Request, ResourcePath};
use crate::objects::owners::Writer;
use crate::objects::validate;
use crate::state::store::Key;

pub(crate) const APPLY: &str = "application/apply-patch+yaml";

/// One write, as the request asks for it.
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) path: &'a ResourcePath,
    pub(crate) kind: &'a Arc<Kind>,
}

/// The options of a write in the query.
pub(crate) struct Options {
    pub(crate) writer: Writer,
    pub(crate) dry_run: bool,
    pub(crate) force: bool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(request: &'a Request, path: &'a ResourcePath, kind: &'a Arc<Kind>) -> Self {
        Self {
            request,
            path,
            kind,
        }
    }

    pub(crate) fn key(&self) -> Key {
        Key::new(self.kind, &self.path.namespace, &self.path.name)
    }

    pub(crate) fn strict(&self) -> bool {
        self.request.query("fieldValidation") == "Strict"
    }

    pub(crate) fn options(&self, of: &str) -> Result<Options, Failure> {
        let apply = self.request.content_type() == APPLY;
        let mut causes = Vec::new();
        let dry_run = self.request.query("dryRun");
        if !dry_run.is_empty() && dry_run != "All" {
            causes.push(Cause::unsupported("dryRun", &json!([dry_run]), "\"All\""));
        }
        let manager = self.request.query("fieldManager");
        if of == "PatchOptions" && apply && manager.is_empty() {
            causes.push(Cause::required(
                "fieldManager",
                "is required for apply patch",
            ));
        }
        if of == "PatchOptions" && !apply && self.request.query.contains_key("force") {
            causes.push(Cause::forbidden(
                "force",
                "may not be specified for non-apply patch",
            ));
        }
        if !causes.is_empty() {
            return Err(Failure::invalid("meta.k8s.io", of, "", &causes));
        }
        Ok(Options {
            writer: Writer {
                apply,
                manager: if manager.is_empty() {
                    self.request.default_manager()
                } else {
                    manager.to_owned()
                },
                api_version: self.kind.api_version(),
                subresource: self.path.subresource.clone(),
            },
            dry_run: dry_run == "All",
            force: self.request.query_flag("force"),
        })
    }

    /// The body of POST and PUT, checked against the kind.
    pub(crate) fn decoded(&self) -> Result<Value, Failure> {
        let mut object = decode(self.request, &self.kind.kind)?;
        let said = |field: &str| object[field].as_str().unwrap_or_default().to_owned();
        let (kind, version) = (said("kind"), said("apiVersion"));
        if !kind.is_empty() && kind != self.kind.kind {
            return Err(Failure::bad_request(format!(
                "{kind} in version \"{0}\" cannot be handled as a {1}: converting ({0}.{kind}) to ({2}.{1}): unknown conversion",
                self.kind.version,
                self.kind.kind,
                if self.kind.group.is_empty() {
                    "core"
                } else {
                    &self.kind.group
                },
            )));
        }
        if !version.is_empty() && version != self.kind.api_version() {
            return Err(Failure::bad_request(format!(
                "{0} in version \"{version}\" cannot be handled as a {0}: no kind \"{0}\" is registered for version \"{version}\" in scheme \"pkg/runtime/scheme.go:111\"",
                self.kind.kind,
            )));
        }
        validate::decode(self.kind, &mut object, self.strict())?;
        if !object["metadata"].is_object() {
            object["metadata"] = json!({});
        }
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        if !namespace.is_empty() && self.kind.namespaced && namespace != self.path.namespace {
            return Err(Failure::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        Ok(object)
    }
}

/// The body as JSON, from JSON or YAML.
pub(crate) fn decode(request: &Request, kind: &str) -> Result<Value, Failure> {
    let text = String::from_utf8_lossy(&request.body);
    match request.content_type() {
        "" | "application/json" => serde_json::from_str(&text).map_err(|_| {
            let why = if text.trim().is_empty() || !text.trim_end().ends_with('}') {
                "unexpected end of JSON input"
            } else {
                "invalid character"
            };
            Failure::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: {why} ({text})"
            ))
        }),
        "application/yaml" => serde_saphyr::from_str(&text)
            .map_err(|error| Failure::bad_request(format!("error decoding YAML: {error}"))),
        // kubectl's typed commands and istioctl's writes come this way; `kubectl apply` does not.
        "application/vnd.kubernetes.protobuf" => Err(Failure::not_implemented("reading bodies in protobuf")),
        _ => Err(Failure::unsupported_body()),
    }
}

/// The body of a patch in JSON.
pub(crate) fn decode_patch(request: &Request) -> Result<Value, Failure> {
    serde_json::from_slice(&request.body)
        .map_err(|error| Failure::bad_request(format!("error decoding patch: {error}")))
}

pub(crate) fn wrong_name(name: &str, wanted: &str) -> Failure {
    if name.is_empty() {
        return Failure::bad_request(format!(
            "the name of the object ({wanted} based on URL) was undeterminable: name must be provided"
        ));
    }
    Failure::bad_request(format!(
        "the name of the object ({name}) does not match the name on the URL ({wanted})"
    ))
}
