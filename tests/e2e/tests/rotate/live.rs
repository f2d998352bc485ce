//! `rotate` on three real clusters whose istiods read each other: every holder's current secret works all the while, each
//! istiod is seen to take the new token, and the old one is refused in the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mesh_e2e::plugin::Workstation;
use mesh_testkit::condition::wait_until;
use mesh_testkit::real::{Cluster, Kind, Lab};

use crate::reader::{is_refused, kubeconfig, read_with};

const WITHIN: Duration = Duration::from_mins(1);

struct Mesh {
    clusters: [Cluster; 3],
    workstation: Workstation,
    contexts: String,
}

impl Mesh {
    /// Three primaries that `exchange` has introduced to each other.
    fn new(names: [&str; 3]) -> Self {
        let clusters = Lab::get().unwrap().clusters(names, Kind::Istiod).unwrap();
        let workstation = Workstation::over(&clusters.each_ref());
        let contexts = clusters.each_ref().map(Cluster::context).join(",");
        let mesh = Self {
            clusters,
            workstation,
            contexts,
        };
        mesh.exchange();
        for holder in &mesh.clusters {
            for source in mesh.peers(holder) {
                is_synced(holder, source);
            }
        }
        mesh
    }

    fn exchange(&self) -> String {
        let words = ["exchange", "--allow-loopback", "--context"];
        let run = self.workstation.mesh_secret(words).args([&self.contexts]);
        run.output().expect_success().stdout
    }

    fn peers<'m>(&'m self, of: &'m Cluster) -> impl Iterator<Item = &'m Cluster> {
        let others = self.clusters.iter();
        others.filter(move |other| other.name() != of.name())
    }
}

fn is_synced(holder: &Cluster, source: &Cluster) {
    let found = wait_until(WITHIN, || {
        let status = holder.sync_status(source.name()).unwrap();
        (status.as_deref() == Some("synced")).then_some(())
    });
    assert!(found.is_some(), "{} of {}", holder.name(), source.name());
}

/// Reads with each holder's current secret for `source` while `work` goes on; how often, and what was refused.
fn meanwhile(mesh: &Mesh, source: &Cluster, work: impl FnOnce()) -> (usize, Vec<String>) {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers: Vec<_> = mesh
            .peers(source)
            .map(|holder| {
                let ended = &ended;
                scope.spawn(move || {
                    let (mut count, mut refused) = (0, Vec::new());
                    while !ended.load(Ordering::Relaxed) {
                        count += 1;
                        let read = read_with(&kubeconfig(holder, source));
                        refused.extend(read.err().map(|error| error.in_one_line()));
                    }
                    (count, refused)
                })
            })
            .collect();
        let ends = End(&ended);
        work();
        drop(ends);
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .fold((0, Vec::new()), |(count, mut all), (more, refused)| {
                all.extend(refused);
                (count + more, all)
            })
    })
}

/// Lets the readers end, however the work ends.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn no_holder_is_ever_refused_while_the_token_that_they_share_is_replaced() {
    let mesh = Mesh::new(["turn-east", "turn-west", "turn-north"]);
    let west = &mesh.clusters[1];
    let holders: Vec<&Cluster> = mesh.peers(west).collect();
    let old = kubeconfig(holders[0], west);
    let (count, refused) = meanwhile(&mesh, west, || {
        let output = mesh
            .workstation
            .mesh_secret(["rotate", "turn-west"])
            .output();
        assert_eq!(output.code, 0, "{}", output.golden());
        for holder in &holders {
            let line = format!(
                "secret/istio-remote-secret-turn-west rotated in context {}\n",
                holder.context()
            );
            assert!(output.stdout.contains(&line), "{}", output.golden());
        }
        assert!(output.stdout.contains("revoked"), "{}", output.golden());
        is_refused(&old);
    });
    assert!(count > 10, "{count}");
    assert_eq!(refused, Vec::<String>::new(), "of {count}");
    let new = kubeconfig(holders[0], west);
    assert_ne!(old, new);
    assert_eq!(new, kubeconfig(holders[1], west));
    for holder in &holders {
        is_synced(holder, west);
    }
    // Who asks now gets the new token, and there is nothing left to do.
    let again = mesh.exchange();
    assert_eq!(again.matches(" unchanged ").count(), 6, "{again}");
}

#[test]
fn an_istiod_that_does_not_answer_keeps_the_old_token_alive_until_it_does() {
    let mesh = Mesh::new(["stay-east", "stay-west", "stay-north"]);
    let (west, north) = (&mesh.clusters[1], &mesh.clusters[2]);
    let old = kubeconfig(north, west);
    north.stop_istiod().unwrap();
    let (_, refused) = meanwhile(&mesh, west, || {
        let output = mesh
            .workstation
            .mesh_secret(["rotate", "stay-west"])
            .output();
        assert_eq!(output.code, 3, "{}", output.golden());
        assert!(
            output.stderr.contains("is not revoked"),
            "{}",
            output.golden()
        );
        assert!(!output.stdout.contains("revoked"), "{}", output.golden());
        read_with(&old).unwrap();
        north.start_istiod(&[]).unwrap();
        is_synced(north, west);
        // East has the new token already: its istiod is given a reason to look again.
        let output = mesh
            .workstation
            .mesh_secret(["rotate", "stay-west"])
            .output();
        assert_eq!(output.code, 0, "{}", output.golden());
        is_refused(&old);
    });
    assert_eq!(refused, Vec::<String>::new());
    for holder in mesh.peers(west) {
        is_synced(holder, west);
    }
}
