//! Embedded clusters with the objects of a case, istiods in their pods, and gateways at their addresses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::data::{Case, Istiod, mesh};
use super::known::{networkz, syncz};
use super::materials::Materials;
use super::objects::{Clusters, istiods};
use super::placeholder::{fill, filled, none_is_left};
use super::token::{Token, from_now};
use crate::command::Run;
use crate::embedded::Cluster;
use crate::istiod::{FakeIstiod, Left, Page};
use crate::kubeconfig::Kubeconfig;
use crate::pki::{Identity, Validity};

pub(super) const NAMESPACE: &str = "istio-system";

/// An istiod of a case.
pub(super) struct Running {
    pub(super) context: String,
    pub(super) istiod: Left,
    /// The pages that the case says.
    pub(super) pages: BTreeMap<String, Value>,
}

/// The clusters of a case, and a folder with a kubeconfig that knows each by its context.
pub struct Loaded {
    clusters: BTreeMap<String, Cluster>,
    materials: Materials,
    /// The objects at the start.
    pub(super) data: Clusters,
    /// The istiods that answer.
    pub(super) istiods: RefCell<Vec<Running>>,
    /// Client certificates with their keys, by the placeholder that asked for them.
    clients: RefCell<BTreeMap<String, Identity>>,
    /// Tokens by the placeholder that asked for them, so that holders share them.
    tokens: RefCell<BTreeMap<String, String>>,
    dir: TempDir,
}

impl Loaded {
    /// Starts the clusters of a case and puts everything into them.
    pub fn new(case: &Case) -> Self {
        let data = Clusters::of(case, &mesh(&case.mesh));
        let start = |context: &String| {
            let builder = Cluster::builder(context).istio_crds().gateway_api_crds();
            (context.clone(), builder.start())
        };
        let contexts: Vec<String> = data.objects.keys().cloned().collect();
        let mut loaded = Self {
            clusters: data.objects.keys().map(start).collect(),
            materials: Materials::of(case, &contexts),
            data: data.clone(),
            istiods: RefCell::default(),
            clients: RefCell::default(),
            tokens: RefCell::default(),
            dir: tempfile::tempdir().expect("the system has a folder for temporary files"),
        };
        for (context, objects) in &data.objects {
            for object in objects {
                loaded.create(context, object);
            }
        }
        for context in data.objects.keys() {
            loaded.start_istiods(context, case, &data);
        }
        loaded.write_kubeconfig(case);
        case.write_file(loaded.dir.path());
        for (context, ahead) in &case.clocks {
            loaded.cluster(context).show_clock_ahead(*ahead);
        }
        for context in &case.stopped {
            let cluster = loaded.clusters.get_mut(context);
            cluster.expect("the case has the cluster").stop();
        }
        for cluster in loaded.clusters.values() {
            cluster.clear_recordings();
        }
        loaded
    }

    /// The contexts of the clusters.
    pub fn contexts(&self) -> Vec<&str> {
        self.clusters.keys().map(String::as_str).collect()
    }

    /// The clusters.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.values()
    }

    /// The cluster of a context.
    pub fn cluster(&self, context: &str) -> &Cluster {
        &self.clusters[context]
    }

    /// The same, to stop it.
    pub fn cluster_mut(&mut self, context: &str) -> &mut Cluster {
        let cluster = self.clusters.get_mut(context);
        cluster.expect("the case has the cluster")
    }

    /// The kubeconfig's path.
    pub fn kubeconfig(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// A run of a plugin beside them, with the arguments of `line`, split at blanks.
    pub fn run(&self, program: impl AsRef<Path>, line: &str) -> Run {
        Run::new(program.as_ref())
            .args(line.split_whitespace())
            .env("KUBECONFIG", self.kubeconfig())
            .dir(self.dir.path())
    }

    fn create(&self, context: &str, object: &Value) {
        let cluster = self.cluster(context);
        let object = fill(object, &|text| self.meaning(text));
        none_is_left(&object);
        let stored = cluster.create(object.clone());
        let created = &object["metadata"]["creationTimestamp"];
        if created.is_null() {
            return;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let resource = format!("{}s", text(&stored["kind"]).to_lowercase());
        let [namespace, name] = ["namespace", "name"].map(|field| text(&stored["metadata"][field]));
        cluster.edit(&resource, &namespace, &name, |stored| {
            let meta = &mut stored["metadata"];
            meta["creationTimestamp"] = created.clone();
            for entry in meta["managedFields"].as_array_mut().into_iter().flatten() {
                entry["time"] = created.clone();
            }
        });
    }

    /// The meaning of a placeholder that only running clusters have.
    fn meaning(&self, text: &str) -> Option<String> {
        let (what, of) = text.split_once(':')?;
        Some(match what {
            "server" => self.cluster(of).server_url().to_owned(),
            "authority" => BASE64_STANDARD.encode(self.cluster(of).ca_pem()),
            "uid" => self.cluster(of).uid(),
            "token" => self.token(of),
            "admin" => self.cluster(of).admin_token().to_owned(),
            "client-certificate" => BASE64_STANDARD.encode(self.client(of).certificate_pem),
            "client-key" => BASE64_STANDARD.encode(self.client(of).key_pem),
            _ => return self.materials.meaning(text),
        })
    }

    fn token(&self, text: &str) -> String {
        let mut tokens = self.tokens.borrow_mut();
        let token = tokens.entry(text.to_owned()).or_insert_with(|| {
            let token = Token::of(text);
            if let Some(cluster) = self.clusters.get(&token.cluster) {
                cluster.accept(&token.text, &token.user, "reader");
            }
            token.text
        });
        token.clone()
    }

    /// The client certificate of `CLUSTER:FROM:TO`, in days from now, for a user called `client`.
    fn client(&self, text: &str) -> Identity {
        let mut clients = self.clients.borrow_mut();
        let client = clients.entry(text.to_owned()).or_insert_with(|| {
            let [cluster, from, to] = text.split(':').collect::<Vec<_>>()[..] else {
                panic!("a client certificate is CLUSTER:FROM:TO, not {text}");
            };
            let [not_before, not_after] = [from, to].map(from_now);
            let validity = Validity {
                not_before,
                not_after,
            };
            let authority = self.cluster(cluster).ca();
            authority.client_with_validity("client", &[], validity)
        });
        client.clone()
    }

    fn start_istiods(&self, context: &str, case: &Case, data: &Clusters) {
        let here = istiods(&data.objects[context])
            .filter(|istiod| istiod["metadata"]["namespace"] == NAMESPACE);
        let revisions = here.map(|istiod| {
            let name = istiod["metadata"]["name"].as_str().unwrap_or_default();
            let revision = istiod["metadata"]["labels"]["istio.io/rev"].clone();
            (format!("{name}-1"), revision)
        });
        let revisions: BTreeMap<String, Value> = revisions.collect();
        let usual = revisions
            .keys()
            .map(|pod| (pod.clone(), Some(Istiod::default())));
        let mut pods: BTreeMap<String, Option<Istiod>> = usual.collect();
        pods.extend(case.istiods.get(context).cloned().unwrap_or_default());
        let known = networkz(context, data);
        let connected = syncz(context, data);
        let variables = &data.variables[context];
        for (pod, says) in pods {
            let Some(says) = says else {
                continue;
            };
            let istiod = FakeIstiod::start(self.cluster(context), &pod)
                .called(&variables["id"])
                .version(&variables["version"]);
            let started = says.started.as_deref().unwrap_or("${hours:-1000}");
            let started = filled(started, &|text| self.meaning(text));
            let revision = revisions.get(&pod).cloned();
            self.cluster(context).edit("pods", NAMESPACE, &pod, |pod| {
                if let Some(revision) = revision {
                    pod["metadata"]["labels"]["istio.io/rev"] = revision;
                }
                let state = &mut pod["status"]["containerStatuses"][0]["state"];
                state["running"]["startedAt"] = started.into();
            });
            if let Some(status) = &says.status {
                istiod.says(status);
            }
            if says.silent {
                istiod.refuses("connection refused");
            }
            let mut pages = says.pages.clone();
            pages.entry("networkz".to_owned()).or_insert(known.clone());
            pages.entry("syncz".to_owned()).or_insert(connected.clone());
            for (page, content) in pages {
                istiod.page(&format!("/debug/{page}"), self.page(&content));
            }
            self.istiods.borrow_mut().push(Running {
                context: context.to_owned(),
                istiod: istiod.leave(),
                pages: says.pages,
            });
        }
    }

    pub(super) fn page(&self, content: &Value) -> Page {
        match fill(content, &|text| self.meaning(text)) {
            Value::Number(code) => {
                let code = code.as_u64().and_then(|code| u16::try_from(code).ok());
                Page::Status(code.expect("a status of HTTP"))
            }
            Value::String(text) => Page::Text(text),
            content => {
                none_is_left(&content);
                Page::Text(content.to_string())
            }
        }
    }

    fn write_kubeconfig(&self, case: &Case) {
        let empty = Kubeconfig::new();
        let mut config = self.clusters.iter().fold(empty, |config, (name, cluster)| {
            config.entry(
                name,
                cluster.kubeconfig_cluster(),
                cluster.kubeconfig_user(),
            )
        });
        for (context, cluster) in &case.contexts {
            config = config.context(context, cluster, cluster);
        }
        let first = self.contexts()[0];
        let config = config.current_context(first);
        config.write(&self.kubeconfig());
    }
}
