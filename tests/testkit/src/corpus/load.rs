//! Embedded clusters with the objects of a case, istiods in their pods, and gateways at their addresses.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tempfile::TempDir;

use super::data::{Case, Istiod, MESH_FILE, mesh};
use super::known::{networkz, syncz};
use super::objects::{Clusters, istiods};
use super::placeholder::{fill, filled, none_is_left};
use super::token::{Token, from_now};
use crate::command::Run;
use crate::embedded::Cluster;
use crate::gateway::{Door, FakeGateway, Limit, MeshAuthority};
use crate::istiod::{FakeIstiod, Left, Page};
use crate::kubeconfig::Kubeconfig;
use crate::pki::{Identity, Validity, hours_from_now};

pub(super) const NAMESPACE: &str = "istio-system";
/// The identity of the workload behind each gateway.
const WORKLOAD: &str = "spiffe://cluster.local/ns/default/sa/hello";

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
    gateways: BTreeMap<String, FakeGateway>,
    /// The objects at the start.
    pub(super) data: Clusters,
    /// The istiods that answer.
    pub(super) istiods: RefCell<Vec<Running>>,
    authorities: RefCell<BTreeMap<String, MeshAuthority>>,
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
        let gateways = case.gateways.iter().flat_map(|_| data.objects.keys());
        let mut loaded = Self {
            clusters: data.objects.keys().map(start).collect(),
            gateways: gateways
                .map(|context| (context.clone(), FakeGateway::start()))
                .collect(),
            data: data.clone(),
            istiods: RefCell::default(),
            authorities: RefCell::default(),
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
            loaded.open_gateway(context, case);
        }
        loaded.write_kubeconfig(case);
        if let Some(file) = &case.file {
            // JSON is YAML.
            let written = std::fs::write(loaded.dir.path().join(MESH_FILE), file.to_string());
            written.expect("a temporary folder can be written to");
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
            "root" => self.authority(of, |authority| authority.root_pem().to_owned()),
            "ca-cert.pem" | "ca-key.pem" | "cert-chain.pem" => self.intermediate(of, what),
            // In a text of JSON.
            "root-json" => self.meaning(&format!("root:{of}"))?.replace('\n', "\\n"),
            "gateway" => self.gateway_address(of),
            "hours" => {
                let hours: i64 = of.parse().expect("hours from now");
                hours_from_now(hours)
                    .strftime("%Y-%m-%dT%H:%M:%SZ")
                    .to_string()
            }
            _ => return None,
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

    /// A part of the Secret cacerts with the intermediate `ROOT:CLUSTER`, which may be followed by `:FROM:TO` in days from now, or by
    /// `:servers` for one that is good for certificates of servers alone.
    fn intermediate(&self, text: &str, part: &str) -> String {
        let (root, own) = text.split_once(':').expect("ROOT:CLUSTER");
        let own: Vec<&str> = own.split(':').skip(1).collect();
        let limit = match own[..] {
            [] => Limit::None,
            ["servers"] => Limit::Servers,
            [from, to] => Limit::Time(Validity {
                not_before: from_now(from),
                not_after: from_now(to),
            }),
            _ => panic!("an intermediate that is {text}"),
        };
        let known = self.authorities.borrow().contains_key(text);
        if !known {
            let sibling = self.authority(root, |authority| authority.sibling(limit));
            let mut authorities = self.authorities.borrow_mut();
            authorities.insert(text.to_owned(), sibling);
        }
        let parts = self.authority(text, MeshAuthority::ca_certs);
        let found = parts.into_iter().find(|(key, _)| *key == part);
        found.expect("the Secret has this part").1
    }

    fn authority<T>(&self, name: &str, of: impl FnOnce(&MeshAuthority) -> T) -> T {
        let mut authorities = self.authorities.borrow_mut();
        of(authorities.entry(name.to_owned()).or_default())
    }

    /// The address of a cluster's gateway: one of documentation, where no gateway was started.
    fn gateway_address(&self, context: &str) -> String {
        if let Some(gateway) = self.gateways.get(context) {
            return gateway.address();
        }
        let number = self.clusters.keys().position(|one| one == context);
        let number = number.unwrap_or_else(|| panic!("no cluster is {context}"));
        format!("203.0.113.{}", number + 1)
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

    fn open_gateway(&self, context: &str, case: &Case) {
        let Some(gateway) = self.gateways.get(context) else {
            return;
        };
        let usual = [(15021, "ready 200"), (15443, "passthrough")];
        let usual = usual.map(|(port, door)| (port, door.to_owned()));
        let mut ports: BTreeMap<u16, String> = usual.into();
        let own = case.gateways.as_ref().and_then(|all| all.get(context));
        ports.extend(own.cloned().unwrap_or_default());
        for (port, door) in ports {
            if door != "closed" {
                gateway.open(port, self.door(&door));
            }
        }
    }

    fn door(&self, text: &str) -> Door {
        let (what, of) = text.split_once(' ').unwrap_or((text, "shared"));
        match what {
            "ready" => Door::Ready(of.parse().expect("a status of HTTP")),
            "hangs-up" => Door::HangsUp,
            "mute" => Door::Mute,
            "plaintext" => Door::Plaintext,
            "passthrough" => {
                let identity = self.authority(of, |authority| authority.workload(WORKLOAD));
                Door::Passthrough(identity, Vec::new())
            }
            "mutual" => Door::Mutual(self.authority(of, |authority| authority.workload(WORKLOAD))),
            "istiod" => {
                let names = ["istiod.istio-system.svc"];
                Door::Server(self.authority(of, |authority| authority.istiod(&names)))
            }
            _ => panic!("a port of a gateway that is {text}"),
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
