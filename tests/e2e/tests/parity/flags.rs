//! The flags that istioctl has today, and those that these tests know.

use mesh_testkit::command::Run;
use mesh_testkit::parts::{self, Part};

/// Every flag that `istioctl create-remote-secret --help` shows, with its short spelling behind it, sorted.
pub(crate) const KNOWN: &[&str] = &[
    "--as",
    "--as-group",
    "--as-uid",
    "--auth-plugin-config",
    "--auth-plugin-name",
    "--auth-type",
    "--context",
    "--create-service-account",
    "--help -h",
    "--istioNamespace -i",
    "--kubeclient-timeout",
    "--kubeconfig -c",
    "--manifests -d",
    "--name",
    "--namespace -n",
    "--secret-name",
    "--server",
    "--service-account",
    "--tls-server-name",
    "--type",
    "--vklog",
];

/// Flags that say nothing about a secret.
pub(crate) const ABOUT_ISTIOCTL_ITSELF: &[&str] = &["--help", "-h"];

/// The help of the pinned istioctl.
pub(crate) fn of_istioctl() -> Vec<String> {
    let help = Run::new(parts::path(Part::Istioctl).unwrap())
        .args(["create-remote-secret", "--help"])
        .output()
        .expect_success()
        .stdout;
    let mut flags: Vec<String> = help.lines().filter_map(flag).collect();
    flags.sort();
    flags
}

/// `-n, --namespace string   …` and `    --name string   …` are lines of a flag.
fn flag(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let first = words.next()?;
    if let Some(short) = first
        .strip_suffix(',')
        .filter(|short| short.starts_with('-'))
    {
        return Some(format!("{} {short}", words.next()?));
    }
    let is_flag = first.starts_with("--") && line.starts_with("      --");
    is_flag.then(|| first.to_owned())
}
