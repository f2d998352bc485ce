//! Faults on the way to a cluster, whatever a plugin wants there: one table of rows.
//!
//! `kubeconfig_faults` and `connection_faults` are proven once, on the sample plugin, since all plugins share what they try.
//! `verb_faults` is for every verb: the first read fails, and the rest is the verb's.

use std::time::Duration;

use serde_json::json;

use super::World;
use crate::command::{Run, Running};
use crate::condition::wait_until;
use crate::embedded::Fault;
use crate::kubeconfig::{Cluster, Kubeconfig, User};
use crate::proxy::{ConnectProxy, SocksProxy};

/// A test for each way in which a kubeconfig can be wrong: `$check` runs and judges one row, `$line` is a command line of the
/// plugin that needs one cluster and names none. To be used in a module of its own.
#[macro_export]
macro_rules! kubeconfig_faults {
    ($check:path, $line:expr) => {
        $crate::cases! { $check;
            kubeconfig_missing: |world| world.run(&format!("{} --kubeconfig nowhere", $line));
            kubeconfig_nowhere_at_all: |world| {
                std::fs::remove_file(world.config()).expect("it was there");
                world.run($line)
            };
            kubeconfig_unparsable: |world| {
                $crate::black_box::with_kubeconfig(world, $line, "clusters: [\n  token: very-secret\n")
            };
            kubeconfig_empty: |world| $crate::black_box::with_kubeconfig(world, $line, "");
            kubeconfig_is_a_folder: |world| world.run(&format!("{} --kubeconfig .", $line));
            no_current_context: |world| {
                let kubeconfig = $crate::kubeconfig::Kubeconfig::new()
                    .cluster("east", world.east.kubeconfig_cluster())
                    .user("east", world.east.kubeconfig_user())
                    .context("east", "east", "east");
                world.write(&kubeconfig);
                world.run($line)
            };
            unknown_context: |world| world.run(&format!("{} --context wets", $line));
            context_without_cluster: |world| {
                world.write(&world.kubeconfig().context("broken", "gone", "west"));
                world.run(&format!("{} --context broken", $line))
            };
        }
    };
}

/// A test for each way in which a credential can be none, a proxy can fail, and a server can be strange or broken.
#[macro_export]
macro_rules! connection_faults {
    ($check:path, $line:expr) => {
        $crate::cases! { $check;
            // Credentials.
            exec_plugin_missing: |world| {
                let exec = $crate::kubeconfig::Exec::new("no-such-plugin")
                    .field("installHint", "get it from your cloud's command line tool");
                $crate::black_box::with_user(world, $line, $crate::kubeconfig::User::new().exec(exec))
            };
            exec_plugin_fails: |world| {
                let exec = $crate::kubeconfig::Exec::new("/bin/false");
                $crate::black_box::with_user(world, $line, $crate::kubeconfig::User::new().exec(exec))
            };
            exec_plugin_says_nothing: |world| {
                let exec = $crate::kubeconfig::Exec::new("/bin/echo").args(&["very-secret"]);
                $crate::black_box::with_user(world, $line, $crate::kubeconfig::User::new().exec(exec))
            };
            token_refused: |world| {
                let user = $crate::kubeconfig::User::new().token("not-a-token-of-this-cluster");
                $crate::black_box::with_user(world, $line, user)
            };
            client_certificate_expired: |world| {
                let expired = $crate::pki::Validity::expired();
                let identity = world.west.ca().client_with_validity("admin", &["system:masters"], expired);
                let user = $crate::kubeconfig::User::new().client_certificate(&identity);
                $crate::black_box::with_user(world, $line, user)
            };
            auth_provider_gone: |world| $crate::black_box::with_auth_provider(world, $line);

            // Proxies.
            proxy_dead: |world| $crate::black_box::behind(world, $line, "http://127.0.0.1:1");
            proxy_socks5_dead: |world| $crate::black_box::behind(world, $line, "socks5://127.0.0.1:1");
            proxy_wants_a_login: |world| {
                let proxy = $crate::proxy::ConnectProxy::with_basic_auth("me", "very-secret");
                let url = proxy.url();
                world.keep(proxy, url.trim_start_matches("http://"), "PROXY");
                $crate::black_box::behind(world, $line, &url)
            };
            proxy_refuses_a_login: |world| {
                let proxy = $crate::proxy::ConnectProxy::with_basic_auth("me", "other");
                let address = proxy.url().trim_start_matches("http://").to_owned();
                world.keep(proxy, &address, "PROXY");
                $crate::black_box::behind(world, $line, &format!("http://me:very-secret@{address}"))
            };
            proxy_leads_nowhere: |world| {
                let proxy = $crate::proxy::ConnectProxy::start();
                let url = proxy.url();
                world.keep(proxy, url.trim_start_matches("http://"), "PROXY");
                world.west.stop();
                $crate::black_box::behind(world, $line, &url)
            };

            // The server.
            server_name_unknown: |world| {
                $crate::black_box::to_server(world, $line, "https://no-such-host.invalid:6443")
            };
            server_mute: |world| {
                world.west.mute();
                world.run($line).deadline(std::time::Duration::from_secs(40))
            };
            server_certificate_foreign: |world| { world.west.show_foreign_certificate(); world.run($line) };
            server_certificate_expired: |world| { world.west.show_expired_certificate(); world.run($line) };
            server_certificate_for_others: |world| {
                let identity = world.west.ca().server(&["api.example"]);
                world.west.show_certificate(&identity);
                world.run($line)
            };
            server_garbage: |world| {
                world.west.inject($crate::embedded::Fault::everywhere().garbage());
                world.run($line)
            };
            server_login_page: |world| {
                world.west.inject($crate::embedded::Fault::everywhere().login_page());
                world.run($line)
            };
            server_500: |world| {
                world.west.inject($crate::embedded::Fault::everywhere().status(500));
                world.run($line)
            };
            server_503: |world| {
                world.west.inject($crate::embedded::Fault::everywhere().unavailable(1));
                world.run(&format!("{} --request-timeout 2s", $line))
            };
            server_429_for_an_hour: |world| {
                world.west.inject($crate::embedded::Fault::everywhere().too_many_requests(3600));
                world.run(&format!("{} --request-timeout 1s", $line))
            };
            server_resets_in_the_middle: |world| {
                world.west.inject($crate::embedded::Fault::everywhere().reset_in_body());
                world.run($line)
            };
        }
    };
}

/// A test for each way in which the first read of a verb can fail, where the words are the verb's own: which object it asked for.
/// `$check` and `$line` are as for [`kubeconfig_faults`]. To be used in a module of its own.
#[macro_export]
macro_rules! verb_faults {
    ($check:path, $line:expr) => {
        $crate::cases! { $check;
            server_dead: |world| { world.west.stop(); world.run($line) };
            server_hangs: |world| {
                world.west.inject($crate::embedded::Fault::everywhere().hang());
                world.run(&format!("{} --request-timeout 1s", $line))
            };
            forbidden_everything: |world| {
                let token = world.west.add_user("guest", &[]);
                $crate::black_box::with_user(world, $line, $crate::kubeconfig::User::new().token(&token))
            };
            ctrl_c_while_reading: |world| $crate::black_box::interrupted(world, $line);
        }
    };
}

/// The plugin with the text `kubeconfig` where its kubeconfig is.
///
/// # Panics
/// Where the file cannot be written.
pub fn with_kubeconfig(world: &mut World, line: &str, kubeconfig: &str) -> Run {
    std::fs::write(world.config(), kubeconfig).expect("the world's folder can be written");
    world.run(line)
}

/// The plugin as this user of west.
pub fn with_user(world: &mut World, line: &str, user: User) -> Run {
    world.write(&Kubeconfig::single(
        "west",
        world.west.kubeconfig_cluster(),
        user,
    ));
    world.run(line)
}

/// The plugin with a way to log in that Kubernetes has left behind.
pub fn with_auth_provider(world: &mut World, line: &str) -> Run {
    let user = User::new().field("auth-provider", json!({"name": "gcp"}));
    with_user(world, line, user)
}

/// The plugin with west at this URL.
pub fn to_server(world: &mut World, line: &str, url: &str) -> Run {
    let cluster = Cluster::new(url).ca_pem(&world.west.ca_pem());
    to_cluster(world, line, cluster)
}

/// The plugin with west behind this proxy.
pub fn behind(world: &mut World, line: &str, proxy: &str) -> Run {
    let cluster = world.west.kubeconfig_cluster().proxy_url(proxy);
    to_cluster(world, line, cluster)
}

fn to_cluster(world: &mut World, line: &str, cluster: Cluster) -> Run {
    world.write(&Kubeconfig::single(
        "west",
        cluster,
        world.west.kubeconfig_user(),
    ));
    world.run(line)
}

/// The plugin after Ctrl-C while west keeps it waiting.
///
/// # Panics
/// Where it asks west nothing.
pub fn interrupted(world: &mut World, line: &str) -> Running {
    world.west.inject(Fault::everywhere().hang());
    let running = world.run(line).spawn();
    wait_until(Duration::from_secs(20), || {
        (!world.west.requests().is_empty()).then_some(())
    })
    .expect("a request arrives");
    running.interrupt();
    running
}

/// Runs `line`, which has to end with `code`, through each kind of proxy.
///
/// # Panics
/// Where it ends otherwise or goes past the proxy.
pub fn through_proxies(world: &mut World, line: &str, code: i32) {
    let connect = ConnectProxy::with_basic_auth("me", "very-secret");
    let address = connect.url().trim_start_matches("http://").to_owned();
    let output = behind(world, line, &format!("http://me:very-secret@{address}")).output();
    assert_eq!(output.code, code, "{}", output.golden());
    assert!(!connect.tunnels().is_empty(), "{}", output.golden());

    let socks = SocksProxy::start();
    let output = behind(world, line, &socks.url()).output();
    assert_eq!(output.code, code, "{}", output.golden());
    assert!(!socks.tunnels().is_empty(), "{}", output.golden());
}
