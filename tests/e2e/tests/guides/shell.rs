//! A reader's shell: bash in a folder of its own, with kubectl, istioctl, helm and the plugins on the search path.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mesh_e2e::plugin::{MESH_EASTWEST, MESH_LABEL, MESH_SECRET, part};
use mesh_testkit::command::{Output, Run};
use mesh_testkit::condition::wait_until;
use mesh_testkit::kubeconfig::Kubeconfig;
use mesh_testkit::parts::{self, Module, Part, module_dir};
use tempfile::TempDir;

use crate::page::{Block, Kind};

/// The time for one block, on a busy machine.
const DEADLINE: Duration = Duration::from_mins(3);

/// The time in which a command has to show what the page says.
const SHOWN_WITHIN: Duration = Duration::from_mins(1);

/// The charts by the names that Istio's repository gives them, and their folders in Istio's module.
const CHARTS: [(&str, &str); 5] = [
    ("base", "base"),
    ("istiod", "istio-control/istio-discovery"),
    ("gateway", "gateway"),
    ("cni", "istio-cni"),
    ("ztunnel", "ztunnel"),
];

/// The shell. What a block exports is there in the next.
pub(crate) struct Shell {
    home: TempDir,
}

impl Shell {
    /// A shell with this kubeconfig, and with Istio's charts in the folder `istio` of its working directory.
    pub(crate) fn new(kubeconfig: &Kubeconfig) -> Self {
        let home = tempfile::tempdir().unwrap();
        let shell = Self { home };
        kubeconfig.write(&shell.home.path().join("config"));
        std::fs::write(shell.exports(), "").unwrap();
        std::fs::create_dir_all(shell.dir().join("istio")).unwrap();
        let charts = module_dir(Module::Istio, "istio.io/istio")
            .unwrap()
            .join("manifests/charts");
        for (name, folder) in CHARTS {
            symlink(charts.join(folder), shell.dir().join("istio").join(name)).unwrap();
        }
        shell
    }

    /// Runs a block as it stands.
    ///
    /// # Panics
    /// Where a command fails, or where what it shows is not what the page says.
    pub(crate) fn run(&self, block: &Block) {
        match &block.kind {
            Kind::Script(script) => {
                let output = self.bash(script);
                assert!(output.success(), "{}: {}", block.place, output.golden());
            }
            Kind::Sample { command, output } => {
                let mut last = None;
                let shown = wait_until(SHOWN_WITHIN, || {
                    let said = self.bash(command);
                    let good = said.success() && is_like(output, &said.stdout);
                    last = Some(said);
                    good.then_some(())
                });
                let last = last.map(|said| said.golden()).unwrap_or_default();
                assert!(
                    shown.is_some(),
                    "{}: the page shows\n{output}\nbut {last}",
                    block.place
                );
            }
        }
    }

    fn bash(&self, script: &str) -> Output {
        let exports = self.exports();
        let exports = exports.display();
        let script = format!("set -euo pipefail\n. {exports}\n{script}\nexport -p > {exports}\n");
        let plugins =
            [MESH_LABEL, MESH_SECRET, MESH_EASTWEST].map(|name| parts::plugin(name).unwrap());
        let programs = [Part::Kubectl, Part::Istioctl, Part::Helm].map(part);
        plugins
            .iter()
            .chain(&programs)
            .fold(Run::new("/bin/bash"), |run, program| {
                run.path_dir(folder(program))
            })
            .args(["-c", &script])
            .env("KUBECONFIG", self.home.path().join("config"))
            .home(self.home.path())
            .dir(self.dir())
            .deadline(DEADLINE)
            .record()
            .output()
    }

    fn dir(&self) -> PathBuf {
        self.home.path().join("work")
    }

    fn exports(&self) -> PathBuf {
        self.home.path().join("exports")
    }
}

fn folder(program: &Path) -> &Path {
    program.parent().expect("a program lies in a folder")
}

/// Tells whether a text is the sample, where `…` stands for anything within a line, a line of it for any number of lines, and any
/// blanks are as good as others.
fn is_like(sample: &str, text: &str) -> bool {
    let (sample, text): (Vec<_>, Vec<_>) = (sample.lines().collect(), text.lines().collect());
    lines_are_like(&sample, &text)
}

fn lines_are_like(sample: &[&str], text: &[&str]) -> bool {
    match (sample, text) {
        ([], text) => text.is_empty(),
        (["…", rest @ ..], text) => (0..=text.len()).any(|at| lines_are_like(rest, &text[at..])),
        ([first, rest @ ..], [line, lines @ ..]) => {
            line_is_like(first, line) && lines_are_like(rest, lines)
        }
        (_, []) => false,
    }
}

fn line_is_like(sample: &str, line: &str) -> bool {
    let blanks = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (sample, line) = (blanks(sample), blanks(line));
    let mut pieces = sample.split('…');
    let Some(mut rest) = pieces.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let mut ends_open = true;
    for piece in pieces {
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
        ends_open = piece.is_empty();
    }
    if sample.contains('…') && ends_open {
        true
    } else {
        rest.is_empty()
    }
}

#[test]
fn an_ellipsis_stands_for_what_differs() {
    for (sample, text, like) in [
        ("a   b", "a b\n", true),
        ("a b", "a c", false),
        ("a b", "a b c", false),
        ("a … c", "a b b c", true),
        ("a … c", "a b c d", false),
        ("pod-…", "pod-1", true),
        ("pod-…\nx", "pod-1", false),
        ("a\n…\nz", "a\nb\nc\nz", true),
        ("a\n…\nz", "a\nz", true),
        ("a\n…\nz", "a\nb", false),
        ("a\n…", "a\nb", true),
        ("…\nb", "a\nb\nc", false),
    ] {
        assert_eq!(is_like(sample, text), like, "{sample:?} and {text:?}");
    }
}
