//! Servers that lead to another one: nobody follows, and no token goes there.

use mesh_testkit::embedded::Cluster;
use mesh_testkit::hostile::{HostileServer, REDIRECTS, SOCKETS};
use mesh_testkit::kubeconfig::User;

use crate::list::wired;

const LINES: [&str; 5] = [
    "list --context hostile",
    "inspect --context hostile --probe",
    "create --context hostile --name south --allow-loopback --dry-run",
    "create --context west --name west --allow-loopback --into hostile",
    "rotate --all --context hostile --revoke-unseen",
];

#[test]
fn no_redirect_is_followed() {
    let world = wired();
    let elsewhere = Cluster::builder("elsewhere").ca(world.west.ca()).start();
    let plain = HostileServer::start(SOCKETS[0]);
    let plain_url = plain.url().replace("https", "http");
    for mode in REDIRECTS {
        for url in [elsewhere.server_url(), &plain_url] {
            let server = HostileServer::leading_to(url, *mode, world.west.ca());
            // It would be worth something there.
            let user = User::new().token(elsewhere.admin_token());
            world.write(
                &world
                    .kubeconfig()
                    .entry("hostile", server.kubeconfig_cluster(), user),
            );
            for line in LINES {
                let run = world.run(&format!("{line} --request-timeout 5s"));
                let output = run.output();
                let case = format!("{} to {url}: {}", mode.name, output.golden());
                assert!([2, 3].contains(&output.code), "{case}");
                assert!(elsewhere.connections().is_empty(), "{case}");
                assert_eq!(plain.connections(), 0, "{case}");
            }
            // The server itself gets what it is meant to get.
            let shown = format!("Bearer {}", elsewhere.admin_token());
            let heads = server.heads();
            assert!(heads.iter().any(|head| head.contains(&shown)), "{heads:?}");
        }
    }
}
