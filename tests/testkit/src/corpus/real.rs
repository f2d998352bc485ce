//! Real API servers with the objects of a case.
//!
//! No istiod and no controller of workloads runs beside them: the status of each object is the one that the case has. The servers
//! are used for one case after the other.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::data::{Case, mesh};
use super::materials::Materials;
use super::objects::Clusters;
use super::patch::called;
use super::placeholder::fill;
use super::requests::{expect, patch, path_of, send, text};
use super::token::Token;
use crate::command::Run;
use crate::condition::wait_until;
use crate::kubeconfig::{Kubeconfig, User};
use crate::real::Cluster;

const READER: &str = "istio-reader-service-account";
/// The namespaces that every cluster has, of which cases change the first alone.
const OWN_NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];
/// The kinds of objects that a fix may create in Istio's namespace, by their path before and after the namespace.
const BY_FIXES: [(&str, &str); 6] = [
    ("api/v1", "secrets"),
    ("api/v1", "serviceaccounts"),
    ("api/v1", "services"),
    ("apis/apps/v1", "deployments"),
    ("apis/networking.istio.io/v1", "gateways"),
    ("apis/networking.istio.io/v1", "virtualservices"),
];

/// The clusters of a case, and a folder with a kubeconfig that knows each by its context.
pub struct OnRealServers<'c> {
    clusters: BTreeMap<String, &'c Cluster>,
    materials: Materials,
    tokens: RefCell<BTreeMap<String, String>>,
    /// Placeholders whose meaning real servers cannot have.
    unknown: RefCell<BTreeSet<String>>,
    /// The context and path of each object that was created, in order.
    created: RefCell<Vec<(String, String)>>,
    stopped: Vec<String>,
    dir: TempDir,
}

impl<'c> OnRealServers<'c> {
    /// Puts the objects of a case into servers, of which there are as many as the case has clusters or more, and which have Istio's
    /// kinds and those of the Gateway API.
    ///
    /// # Errors
    /// The case has something that a real server cannot have, such as a token that was issued in the past.
    pub fn new(case: &Case, servers: &'c [Cluster]) -> Result<Self, String> {
        let data = Clusters::of(case, &mesh(&case.mesh));
        let contexts: Vec<String> = data.objects.keys().cloned().collect();
        if contexts.len() > servers.len() {
            return Err(format!("it has {} clusters", contexts.len()));
        }
        if !case.clocks.is_empty() {
            return Err("a clock of it is wrong".to_owned());
        }
        let mut loaded = Self {
            clusters: contexts.iter().cloned().zip(servers).collect(),
            materials: Materials::of(case, &contexts),
            tokens: RefCell::default(),
            unknown: RefCell::default(),
            created: RefCell::default(),
            stopped: Vec::new(),
            dir: tempfile::tempdir().expect("the system has a folder for temporary files"),
        };
        loaded.write_kubeconfig(case);
        case.write_file(loaded.dir.path());
        for (context, objects) in &data.objects {
            loaded.prepare_namespaces(context, objects);
        }
        // Secrets last, since tokens of other clusters are in them.
        for is_secret in [false, true] {
            for (context, objects) in &data.objects {
                let mut objects = objects.iter();
                objects.try_for_each(|object| {
                    if (object["kind"] == "Secret") == is_secret {
                        loaded.create(context, object)
                    } else {
                        Ok(())
                    }
                })?;
            }
        }
        for context in &case.stopped {
            let stopped = loaded.clusters[context].stop_api_server();
            stopped.expect("a server can be stopped");
            loaded.stopped.push(context.clone());
        }
        Ok(loaded)
    }

    /// The contexts of the clusters.
    pub fn contexts(&self) -> Vec<&str> {
        self.clusters.keys().map(String::as_str).collect()
    }

    /// A run of a program beside them, with the arguments of `line`, split at blanks.
    pub fn run(&self, program: impl AsRef<Path>, line: &str) -> Run {
        Run::new(program.as_ref())
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.dir.path().join("config"))
            .dir(self.dir.path())
    }

    fn write_kubeconfig(&self, case: &Case) {
        let empty = Kubeconfig::new();
        let mut config = self.clusters.iter().fold(empty, |config, (name, cluster)| {
            let admin = cluster
                .admin()
                .expect("the lab has the administrator's key");
            config.entry(
                name,
                cluster.entry(),
                User::new().client_certificate(&admin),
            )
        });
        for (context, cluster) in &case.contexts {
            config = config.context(context, cluster, cluster);
        }
        let config = config.current_context(self.contexts()[0]);
        config.write(&self.dir.path().join("config"));
    }

    /// Gives the cluster the namespaces of these objects and no others, without labels and annotations.
    fn prepare_namespaces(&self, context: &str, objects: &[Value]) {
        let cluster = self.clusters[context];
        let wanted: BTreeSet<&str> = objects
            .iter()
            .filter_map(|object| match object["kind"].as_str() {
                Some("Namespace") => object["metadata"]["name"].as_str(),
                _ => object["metadata"]["namespace"].as_str(),
            })
            .chain(["default"])
            .collect();
        let all = cluster.get("/api/v1/namespaces").expect("it answers");
        let all = all["items"].as_array().cloned().unwrap_or_default();
        let mut gone = Vec::new();
        for namespace in all {
            let name = text(&namespace["metadata"]["name"]).to_owned();
            let path = format!("/api/v1/namespaces/{name}");
            if OWN_NAMESPACES[1..].contains(&name.as_str()) {
                continue;
            }
            if wanted.contains(name.as_str()) {
                let mut bare = namespace;
                bare["metadata"]["labels"] = json!({});
                bare["metadata"]["annotations"] = json!({});
                expect(&send(cluster, "PUT", &path, &bare), &[200]);
            } else {
                expect(&send(cluster, "DELETE", &path, &json!({})), &[200, 202]);
                gone.push(path);
            }
        }
        for path in gone {
            self.is_gone(context, &path);
        }
        for name in wanted {
            let namespace = json!({"metadata": {"name": name}});
            expect(
                &send(cluster, "POST", "/api/v1/namespaces", &namespace),
                &[201, 409],
            );
        }
    }

    fn create(&self, context: &str, object: &Value) -> Result<(), String> {
        let mut object = fill(object, &|text| self.meaning(text));
        if let Some(unknown) = self.unknown.borrow().iter().next() {
            return Err(format!("it has {unknown}"));
        }
        let left = object.to_string();
        assert!(!left.contains("${"), "a placeholder has no meaning: {left}");
        if let Some(meta) = object["metadata"].as_object_mut() {
            meta.remove("creationTimestamp");
        }
        let namespace = text(&object["metadata"]["namespace"]).to_owned();
        if object["kind"] == "Pod" {
            self.prepare_pod(context, &namespace, &mut object);
        }
        let path = path_of(&object);
        let name = text(&object["metadata"]["name"]).to_owned();
        let cluster = self.clusters[context];
        let answer = send(cluster, "POST", &path, &object);
        let own = format!("{path}/{name}");
        if answer.status == 409 && object["kind"] == "Namespace" {
            let labels = json!({"metadata": {"labels": object["metadata"]["labels"],
                "annotations": object["metadata"]["annotations"]}});
            expect(&patch(cluster, &own, &labels), &[200]);
            return Ok(());
        }
        if answer.status != 201 {
            let words = answer.json()["message"].clone();
            return Err(format!("{} is refused: {words}", called(&object)));
        }
        self.created
            .borrow_mut()
            .push((context.to_owned(), own.clone()));
        let status = &object["status"];
        if !status.is_null() {
            let mut status = status.clone();
            if let Some(first) = status["podIPs"][0]["ip"].as_str() {
                status["podIP"] = first.into();
            }
            let answer = patch(
                cluster,
                &format!("{own}/status"),
                &json!({"status": status}),
            );
            if answer.status != 200 {
                let words = answer.json()["message"].clone();
                return Err(format!(
                    "the status of {} is refused: {words}",
                    called(&object)
                ));
            }
        }
        Ok(())
    }

    /// Creates the account and the owner that a pod names.
    fn prepare_pod(&self, context: &str, namespace: &str, pod: &mut Value) {
        let account = pod["spec"]["serviceAccountName"]
            .as_str()
            .unwrap_or("default");
        let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        self.ensure(context, &accounts, &json!({"metadata": {"name": account}}));
        let sets = format!("/apis/apps/v1/namespaces/{namespace}/replicasets");
        let owners = pod["metadata"]["ownerReferences"].as_array_mut();
        for owner in owners.into_iter().flatten() {
            if owner["kind"] != "ReplicaSet" {
                continue;
            }
            let labels = json!({"owner": owner["name"]});
            let set = json!({"metadata": {"name": owner["name"]}, "spec": {"replicas": 0,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "a", "image": "a"}]}}}});
            let name = text(&owner["name"]).to_owned();
            self.ensure(context, &sets, &set);
            let set = self.clusters[context].get(&format!("{sets}/{name}"));
            owner["uid"] = set.expect("it was created")["metadata"]["uid"].clone();
        }
    }

    fn ensure(&self, context: &str, path: &str, object: &Value) {
        let answer = send(self.clusters[context], "POST", path, object);
        expect(&answer, &[201, 409]);
        if answer.status == 201 {
            let name = text(&object["metadata"]["name"]);
            self.created
                .borrow_mut()
                .push((context.to_owned(), format!("{path}/{name}")));
        }
    }

    /// The meaning of a placeholder.
    fn meaning(&self, placeholder: &str) -> Option<String> {
        let (what, of) = placeholder.split_once(':')?;
        Some(match what {
            "server" => self.clusters[of].server().to_owned(),
            "authority" => BASE64_STANDARD.encode(self.clusters[of].ca_pem()),
            "uid" => {
                let system = self.clusters[of].get("/api/v1/namespaces/kube-system");
                text(&system.expect("it answers")["metadata"]["uid"]).to_owned()
            }
            "token" => self.token(of),
            "admin" | "client-certificate" | "client-key" => self.has_none(placeholder),
            _ => return self.materials.meaning(placeholder),
        })
    }

    /// The token of `CLUSTER[:0:DAYS[:ACCOUNT]]`, issued by that cluster now.
    fn token(&self, of: &str) -> String {
        let known = self.tokens.borrow().get(of).cloned();
        known.unwrap_or_else(|| {
            let token = self.new_token(of);
            self.tokens
                .borrow_mut()
                .insert(of.to_owned(), token.clone());
            token
        })
    }

    fn new_token(&self, of: &str) -> String {
        let mut parts = of.split(':');
        let context = parts.next().unwrap_or_default();
        let Some(cluster) = self.clusters.get(context) else {
            return Token::of(of).text;
        };
        let from = parts.next().unwrap_or("0");
        let days = parts.next().unwrap_or("365").parse::<u32>();
        let (true, Ok(days)) = (from == "0", days) else {
            return self.has_none(&format!("token:{of}"));
        };
        let other = parts.next();
        let account = other.unwrap_or(READER);
        let (namespace, name) = account.split_once('/').unwrap_or(("istio-system", account));
        if other.is_some() {
            let accounts = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
            self.ensure(context, &accounts, &json!({"metadata": {"name": name}}));
        }
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token");
        let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"expirationSeconds": u64::from(days) * 86_400}});
        let answer = send(cluster, "POST", &path, &request);
        if answer.status != 201 {
            return self.has_none(&format!("token:{of}"));
        }
        text(&answer.json()["status"]["token"]).to_owned()
    }

    fn has_none(&self, placeholder: &str) -> String {
        self.unknown.borrow_mut().insert(placeholder.to_owned());
        String::new()
    }

    fn is_gone(&self, context: &str, path: &str) {
        const WITHIN: Duration = Duration::from_mins(1);
        let cluster = self.clusters[context];
        let gone = wait_until(WITHIN, || {
            let answer = cluster.request("GET", path, None).ok()?;
            (answer.status == 404).then_some(())
        });
        assert!(gone.is_some(), "{path} is still there");
    }
}

/// Takes the objects of the case away, and what was created beside them.
impl Drop for OnRealServers<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for context in &self.stopped {
            let started = self.clusters[context].start_api_server();
            started.expect("a server can be started again");
        }
        let now = json!({"gracePeriodSeconds": 0, "propagationPolicy": "Background"});
        for (context, path) in self.created.borrow().iter().rev() {
            expect(
                &send(self.clusters[context], "DELETE", path, &now),
                &[200, 202, 404],
            );
        }
        for cluster in self.clusters.values() {
            for (version, kind) in BY_FIXES {
                let path = format!("/{version}/namespaces/istio-system/{kind}");
                expect(&send(cluster, "DELETE", &path, &now), &[200]);
            }
        }
    }
}
