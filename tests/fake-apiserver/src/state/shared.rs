//! Everything that one embedded cluster knows, behind one lock, and what it starts with.
//!
//! The rules live in the modules around it; this one only holds the parts together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};

use crate::model::attributes::Denial;
use crate::model::forward::Port;
use crate::model::kinds::{self, Kind};
use crate::model::resources;
use crate::objects::defaults;
use crate::state::clock::Clock;
use crate::state::faults::Faults;
use crate::state::grants::{Grant, Signer};
use crate::state::random;
use crate::state::recording::Recording;
use crate::state::store::{Key, Store};

/// When token Secrets are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenController {
    /// After this time, as on a real cluster with its controller manager.
    After(Duration),
    /// Never: a cluster whose controller manager is away.
    Never,
}

/// The whole state of a cluster.
pub(crate) struct State {
    pub(crate) address: String,
    pub(crate) ca_pem: String,
    pub(crate) store: Store,
    pub(crate) kinds: Vec<Arc<Kind>>,
    pub(crate) tokens: BTreeMap<String, Grant>,
    pub(crate) signer: Signer,
    pub(crate) denials: Vec<Denial>,
    pub(crate) faults: Faults,
    pub(crate) recording: Recording,
    pub(crate) clock: Arc<Clock>,
    pub(crate) token_controller: TokenController,
    pub(crate) longest_token: Option<Duration>,
    /// The listeners in pods, by namespace, name and port.
    pub(crate) ports: BTreeMap<(String, String, u16), Port>,
    /// New custom resources whose status is filled in whenever they are read but not stored yet: the next write stores it
    /// and so counts as one, even if it changes nothing else.
    pub(crate) without_status: BTreeSet<Key>,
}

/// The state, shared by connections, watches and the test.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Mutex<State>>);

impl Shared {
    pub(crate) fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A test thread that panicked while it held the lock is failing already; its state is still whole.
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl State {
    pub(crate) fn kind(&self, group: &str, resource: &str) -> Option<Arc<Kind>> {
        self.kinds
            .iter()
            .find(|kind| kind.group == group && kind.resource == resource)
            .cloned()
    }

    /// Takes up the kinds that `CustomResourceDefinitions` define, after one of them changed.
    pub(crate) fn refresh_kinds(&mut self) {
        let custom = self
            .store
            .list("apiextensions.k8s.io", "customresourcedefinitions", "")
            .into_iter()
            .filter_map(|(_, definition)| kinds::from_definition(definition))
            .map(Arc::new);
        self.kinds = resources::built_in().into_iter().chain(custom).collect();
    }

    /// The UID of an object, if it is there.
    pub(crate) fn uid_of(&self, key: &Key) -> Option<String> {
        self.store.get(key)?["metadata"]["uid"]
            .as_str()
            .map(ToOwned::to_owned)
    }

    pub(crate) fn namespace_exists(&self, name: &str) -> bool {
        self.store.get(&Key::core("namespaces", "", name)).is_some()
    }

    /// Makes the objects that every cluster has from the start: four namespaces, and the roles that let everybody look around.
    pub(crate) fn bootstrap(&mut self) {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            self.arrange("", "namespaces", &json!({"metadata": {"name": name}}));
        }
        let look_around = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
        let discover = [
            "/api",
            "/api/*",
            "/apis",
            "/apis/*",
            "/healthz",
            "/livez",
            "/openapi",
            "/openapi/*",
            "/readyz",
            "/version",
            "/version/",
        ];
        let everything = json!([
            {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
            {"nonResourceURLs": ["*"], "verbs": ["*"]},
        ]);
        let ask_about_oneself = json!([
            {"apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"], "verbs": ["create"]},
            {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
        ]);
        let all = ["system:authenticated", "system:unauthenticated"];
        self.bind("cluster-admin", &everything, &["system:masters"]);
        self.bind("system:basic-user", &ask_about_oneself, &all[..1]);
        self.bind(
            "system:discovery",
            &json!([{"nonResourceURLs": discover, "verbs": ["get"]}]),
            &all[..1],
        );
        let issuer = [
            "/.well-known/openid-configuration",
            "/.well-known/openid-configuration/",
            "/openid/v1/jwks",
            "/openid/v1/jwks/",
        ];
        self.bind(
            "system:service-account-issuer-discovery",
            &json!([{"nonResourceURLs": issuer, "verbs": ["get"]}]),
            &["system:serviceaccounts"],
        );
        self.bind(
            "system:public-info-viewer",
            &json!([{"nonResourceURLs": look_around, "verbs": ["get"]}]),
            &all,
        );
    }

    fn bind(&mut self, name: &str, rules: &Value, groups: &[&str]) {
        const GROUP: &str = "rbac.authorization.k8s.io";
        let metadata =
            json!({"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}});
        self.arrange(
            GROUP,
            "clusterroles",
            &json!({"metadata": metadata, "rules": rules}),
        );
        let subjects: Vec<Value> = groups
            .iter()
            .map(|group| json!({"kind": "Group", "name": group}))
            .collect();
        let reference = json!({"kind": "ClusterRole", "name": name});
        self.arrange(
            GROUP,
            "clusterrolebindings",
            &json!({"metadata": metadata, "roleRef": reference, "subjects": subjects}),
        );
    }

    /// Puts an object of ours into the store, without owners.
    fn arrange(&mut self, group: &str, resource: &str, object: &Value) {
        let kind = self
            .kind(group, resource)
            .expect("only built-in kinds are there at the start");
        let mut object = object.clone();
        object["metadata"]["uid"] = random::uid().into();
        object["metadata"]["creationTimestamp"] = self.clock.text().into();
        defaults::fill(&kind, &mut object);
        defaults::allocate(&kind, &mut object);
        let name = object["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        self.store.put(Key::new(&kind, "", &name), object);
    }
}
