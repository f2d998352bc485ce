//! The files of a cluster: certificates, keys and kubeconfig, made anew for each.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::kubeconfig::{Cluster as ClusterEntry, Kubeconfig, User};
use crate::pki::{CertificateAuthority, Identity, LOOPBACK, signing_key};
use crate::supervisor::protocol::{Key, Options};

/// The in-cluster names of the API server, and the first address of [`SERVICE_RANGE`], which is its Service's.
const IN_CLUSTER: [&str; 5] = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
    "10.96.0.1",
];

/// The range of addresses for Services.
pub(super) const SERVICE_RANGE: &str = "10.96.0.0/16";

/// The folder of a cluster and what is in it before anything runs.
pub(super) struct Files {
    pub(super) dir: PathBuf,
    pub(super) authority: CertificateAuthority,
    pub(super) admin: Identity,
}

impl Files {
    /// Makes the folder with all certificates and keys. The kubeconfig follows when the port is known.
    pub(super) fn create(dir: PathBuf, key: &Key, options: &Options) -> Result<Self> {
        let pki = dir.join("pki");
        fs::create_dir_all(&pki).with_context(|| format!("cannot make {}", pki.display()))?;
        let authority = CertificateAuthority::new(&format!("{}-ca", key.name));
        let names: Vec<_> = LOOPBACK
            .into_iter()
            .chain(IN_CLUSTER)
            .chain(options.server_names.iter().map(String::as_str))
            .collect();
        let server = authority.server(&names);
        let admin = authority.client("kubernetes-admin", &["system:masters"]);
        let (signing, verifying) = signing_key();
        let texts = [
            ("ca.crt", authority.certificate_pem()),
            (
                "client-authorities.crt",
                authority.certificate_pem() + &options.client_authorities,
            ),
            ("server.crt", server.certificate_pem),
            ("server.key", server.key_pem),
            ("admin.crt", admin.certificate_pem.clone()),
            ("admin.key", admin.key_pem.clone()),
            ("service-accounts.key", signing),
            ("service-accounts.pub", verifying),
        ];
        for (name, text) in texts {
            fs::write(pki.join(name), text).with_context(|| format!("cannot write {name}"))?;
        }
        Ok(Self {
            dir,
            authority,
            admin,
        })
    }

    /// A certificate or key.
    pub(super) fn pki(&self, name: &str) -> PathBuf {
        self.dir.join("pki").join(name)
    }

    /// The administrator's kubeconfig.
    pub(super) fn kubeconfig(&self) -> PathBuf {
        self.dir.join("kubeconfig")
    }

    /// Writes the administrator's kubeconfig.
    pub(super) fn write_kubeconfig(&self, name: &str, server: &str) {
        let cluster = ClusterEntry::new(server).ca_pem(&self.authority.certificate_pem());
        let user = User::new().client_certificate(&self.admin);
        Kubeconfig::single(name, cluster, user).write(&self.kubeconfig());
    }
}

/// A path as a flag's value.
pub(super) fn text(path: &Path) -> String {
    path.display().to_string()
}
