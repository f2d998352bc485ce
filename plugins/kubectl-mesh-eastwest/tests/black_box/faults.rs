//! `status`, `wait` and `apply` while the first read of a cluster fails, and spelled in every way.

use mesh_testkit::black_box::{self, Ends, Spelled, check_spellings};

use crate::apply::Clusters;
use crate::scene::{Scene, golden_file};

/// The rows for one verb: `$new` is a healthy world, `$line` the verb's command line, whose golden files are in `$folder`.
macro_rules! faults {
    ($verb:ident, $folder:literal, $line:literal, $new:expr, $world:ty) => {
        mod $verb {
            use super::*;

            fn check<E: Ends>(name: &str, arrange: impl Fn(&mut $world) -> E) {
                black_box::check(&golden_file($folder, name), $new, arrange);
            }

            mod reading {
                mesh_testkit::verb_faults!(super::check, $line);
            }

            mod ends {
                mesh_testkit::cases! { super::check;
                    a_closed_pipe_is_silent: |world| world.run($line).stdout_closed();
                }
            }

            #[test]
            fn every_kind_of_proxy_is_gone_through() {
                black_box::through_proxies(&mut $new(), $line, 0);
            }

            #[test]
            fn every_golden_file_has_its_case() {
                let names = [reading::NAMES, ends::NAMES];
                let strays = black_box::strays(&golden_file($folder, "x"), &names);
                assert!(strays.is_empty(), "{strays:?}");
            }
        }
    };
}

faults!(status, "faults_status", "status", Scene::healthy, Scene);
faults!(wait, "faults_wait", "wait", Scene::healthy, Scene);
faults!(apply, "faults_apply", "apply", Clusters::new, Clusters);

const FORMATS: &[&str] = &["table", "wide", "json", "yaml", "name", "jsonpath={.kind}"];

#[test]
fn status_is_spelled_as_with_kubectl() {
    let spelled = Spelled {
        report: "status --no-probes",
        one_namespace: true,
        several: true,
        formats: FORMATS,
    };
    check_spellings(&Scene::healthy(), spelled);
}

#[test]
fn wait_is_spelled_as_with_kubectl() {
    let spelled = Spelled {
        report: "wait --no-probes --timeout 0",
        one_namespace: true,
        several: true,
        formats: FORMATS,
    };
    check_spellings(&Scene::healthy(), spelled);
}

#[test]
fn apply_is_spelled_as_with_kubectl() {
    let spelled = Spelled {
        report: "apply --dry-run=client",
        one_namespace: false,
        several: true,
        formats: &[],
    };
    check_spellings(&Clusters::new(), spelled);
}

/// Help fits a terminal of 80 columns and one of 100.
macro_rules! helps {
    ($($name:ident: $line:expr, $columns:expr;)+) => {
        $(#[test] fn $name() {
            let output = Scene::healthy().run($line).env("COLUMNS", $columns).output();
            let widest = output.stdout.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some($columns.parse().unwrap()), "{}", output.golden());
            let golden = golden_file("help", stringify!($name));
            snapbox::assert_data_eq!(output.golden(), snapbox::Data::read_from(&golden, None));
        })+
        const HELPS: &[&str] = &[$(stringify!($name)),+];
    };
}

helps! {
    status_80: "status --help", "80";
    status_100: "status --help", "100";
    wait_80: "wait --help", "80";
    wait_100: "wait --help", "100";
    apply_80: "apply --help", "80";
    apply_100: "apply --help", "100";
}

#[test]
fn every_golden_file_of_help_has_its_case() {
    let strays = black_box::strays(&golden_file("help", "x"), &[HELPS]);
    assert!(strays.is_empty(), "{strays:?}");
}
