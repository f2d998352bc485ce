//! Plugins after an installation: programs in a folder of the search path.

use std::os::unix::fs::symlink;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_LABEL, MESH_SECRET, Workstation, part};
use mesh_testkit::command::Run;
use mesh_testkit::kubeconfig::Kubeconfig;
use mesh_testkit::parts::{self, Part};

/// All plugins of the suite, in the order of their names.
pub(crate) const ALL: [&str; 3] = [MESH_EASTWEST, MESH_LABEL, MESH_SECRET];

/// A workstation, and a folder that holds these plugins and nothing else.
pub(crate) struct Installed {
    workstation: Workstation,
}

impl Installed {
    pub(crate) fn new(workstation: Workstation, plugins: &[&str]) -> Self {
        std::fs::create_dir(workstation.dir().join("bin")).unwrap();
        for plugin in plugins {
            let place = workstation.dir().join("bin").join(plugin);
            symlink(parts::plugin(plugin).unwrap(), place).unwrap();
        }
        Self { workstation }
    }

    /// kubectl with nothing of ours but these plugins.
    pub(crate) fn kubectl<S: AsRef<str>>(&self, words: &[S]) -> Run {
        let words = words.iter().map(AsRef::as_ref);
        self.workstation
            .program(part(Part::Kubectl), words)
            .env("PATH", self.workstation.dir().join("bin"))
            .record()
    }
}

#[test]
fn kubectl_lists_them_without_a_warning() {
    let installed = Installed::new(Workstation::with(&Kubeconfig::new()), &ALL);
    let list = installed.kubectl(&["plugin", "list", "--name-only"]);
    let list = list.output().expect_success();
    let listed: Vec<&str> = list.stdout.lines().rev().take(ALL.len()).collect();
    let listed: Vec<&str> = listed.into_iter().rev().collect();
    assert_eq!(
        (listed.as_slice(), list.stderr.as_str()),
        (ALL.as_slice(), ""),
        "{}",
        list.golden()
    );
}
