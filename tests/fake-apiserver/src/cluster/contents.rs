//! Objects of an embedded cluster as tests put and see them, without HTTP and unrecorded.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::cluster::handle::Cluster;
use crate::model::definitions;
use crate::model::kinds::Kind;
use crate::objects::owners::Writer;
use crate::objects::validate::{TOKEN_SECRET, TOKEN_SECRET_ACCOUNT};
use crate::state::shared::State;
use crate::state::store::Key;
use crate::verbs::create;

/// Objects, without HTTP and unrecorded.
impl Cluster {
    /// Creates an object as the field manager `arrangement`, with its namespace if that is missing, and returns it as stored.
    /// What a server fills in is filled in; the status stays as given.
    pub fn create(&self, object: Value) -> Value {
        self.create_as("arrangement", object)
    }

    /// As [`Self::create`], owned by another field manager, such as `kubectl-client-side-apply`.
    pub fn create_as(&self, manager: &str, object: Value) -> Value {
        let stored = {
            let mut state = self.shared.lock();
            let kind = kind_of(&state, &object);
            let namespace = object["metadata"]["namespace"]
                .as_str()
                .unwrap_or("default")
                .to_owned();
            let writer = |kind: &Kind| Writer {
                apply: false,
                manager: manager.to_owned(),
                api_version: kind.api_version(),
                subresource: String::new(),
            };
            if kind.namespaced && !state.namespace_exists(&namespace) {
                let namespaces = state
                    .kind("", "namespaces")
                    .expect("namespaces are built in");
                let new = json!({"metadata": {"name": namespace}});
                create::insert(
                    &mut state,
                    &namespaces,
                    "",
                    new,
                    &writer(&namespaces),
                    false,
                    true,
                )
                .unwrap_or_else(|failure| panic!("namespace {namespace}: {}", failure.message));
            }
            let stored = create::insert(
                &mut state,
                &kind,
                &namespace,
                object,
                &writer(&kind),
                false,
                true,
            )
            .unwrap_or_else(|failure| panic!("{}", failure.message));
            state.refresh_kinds();
            stored
        };
        // It looks at all Secrets, of which there may be thousands.
        if stored["type"] == TOKEN_SECRET || stored["kind"] == "ServiceAccount" {
            self.shared.wake_token_controller();
        }
        stored
    }

    /// An object of a built-in or defined resource; `namespace` is empty for cluster-scoped ones.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let state = self.shared.lock();
        let kind = kind_called(&state, resource);
        state
            .store
            .get(&Key::new(&kind, namespace, name))
            .map(|object| (*object).clone())
    }

    /// Changes an object in place, as if a controller had; nothing but the revision is touched beside it.
    pub fn edit(&self, resource: &str, namespace: &str, name: &str, edit: impl FnOnce(&mut Value)) {
        let mut state = self.shared.lock();
        let key = Key::new(&kind_called(&state, resource), namespace, name);
        let mut object = (*state.store.get(&key).expect("there is something to edit")).clone();
        edit(&mut object);
        state.store.put(key, object);
    }

    /// Changes every object that was not there from the start in place, as a server that keeps none of Kubernetes' rules could.
    /// Objects are still asked for by the names that they had.
    pub fn edit_all(&self, edit: impl Fn(&mut Value)) {
        let mut state = self.shared.lock();
        let all: Vec<(Key, Value)> = state
            .store
            .all()
            .filter(|(_, object)| !is_initial(object))
            .map(|(key, object)| (key.clone(), (**object).clone()))
            .collect();
        for (key, mut object) in all {
            edit(&mut object);
            state.store.put(key, object);
        }
    }

    /// Gives a Service the addresses of a load balancer (IP addresses or host names), as a cloud's controller does; none
    /// takes them away.
    pub fn set_load_balancer(&self, namespace: &str, service: &str, addresses: &[&str]) {
        let ingress: Vec<Value> = addresses
            .iter()
            .map(|address| {
                if address.parse::<IpAddr>().is_ok() {
                    json!({"ip": address, "ipMode": "VIP"})
                } else {
                    json!({"hostname": address})
                }
            })
            .collect();
        self.edit("services", namespace, service, |object| {
            object["status"]["loadBalancer"] = if ingress.is_empty() {
                json!({})
            } else {
                json!({"ingress": ingress})
            };
        });
    }

    /// Removes an object, whatever holds it. Without its definition a custom kind is no longer served.
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) {
        {
            let mut state = self.shared.lock();
            let key = Key::new(&kind_called(&state, resource), namespace, name);
            state
                .store
                .remove(&key)
                .expect("there is something to delete");
            state.refresh_kinds();
        }
        self.shared.wake_token_controller();
    }

    /// Everything in the cluster but what it had from the start, in the order of group, resource, namespace and name.
    pub fn objects(&self) -> Vec<Value> {
        let state = self.shared.lock();
        state
            .store
            .all()
            .filter(|(_, object)| !is_initial(object))
            .map(|(_, object)| (**object).clone())
            .collect()
    }

    /// Creates a ServiceAccount with a token Secret called `NAME-istio-remote-secret-token` or the like, and returns the token.
    pub fn service_account_with_token(
        &self,
        namespace: &str,
        account: &str,
        secret: &str,
    ) -> String {
        if self.get("serviceaccounts", namespace, account).is_none() {
            self.create(json!({
                "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account, "namespace": namespace},
            }));
        }
        self.create(json!({
            "apiVersion": "v1", "kind": "Secret", "type": TOKEN_SECRET,
            "metadata": {"name": secret, "namespace": namespace, "annotations": {TOKEN_SECRET_ACCOUNT: account}},
        }));
        self.shared.lock().run_token_controller();
        let filled = self
            .get("secrets", namespace, secret)
            .expect("the account exists");
        let data = filled["data"]["token"].as_str().unwrap_or_default();
        let bytes = STANDARD.decode(data);
        String::from_utf8(bytes.expect("the controller writes base64")).expect("tokens are ASCII")
    }

    /// Fills token Secrets now, whatever the controller was told.
    pub fn run_token_controller(&self) {
        self.shared.lock().run_token_controller();
    }

    /// The time by the cluster's clock, as Kubernetes writes it.
    pub fn time(&self) -> String {
        self.shared.lock().clock.text()
    }

    /// Moves the cluster's clock on: tokens and client certificates expire without anybody waiting.
    pub fn advance_clock(&self, by: Duration) {
        self.shared.lock().clock.advance(by);
    }

    /// Forgets old revisions: watches and continued lists from before get 410.
    pub fn compact(&self) {
        self.shared.lock().store.compact();
    }
}

/// Tells whether every cluster has it.
fn is_initial(object: &Value) -> bool {
    let system = ["default", "kube-node-lease", "kube-public", "kube-system"];
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    (object["kind"] == "Namespace" && system.contains(&name))
        || definitions::is_from_the_start(object)
        || object["metadata"]["labels"]["kubernetes.io/bootstrapping"].is_string()
}

fn kind_of(state: &State, object: &Value) -> Arc<Kind> {
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let found = state
        .kinds
        .iter()
        .find(|kind| object["kind"] == kind.kind && kind.api_version() == version)
        .cloned();
    found.unwrap_or_else(|| {
        panic!(
            "the embedded cluster has no {} of {version}",
            object["kind"]
        )
    })
}

fn kind_called(state: &State, resource: &str) -> Arc<Kind> {
    let found = state
        .kinds
        .iter()
        .find(|kind| kind.resource == resource || kind.qualified() == resource)
        .cloned();
    found.unwrap_or_else(|| panic!("the embedded cluster has no {resource}"))
}
