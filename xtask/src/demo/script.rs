//! The script of the demonstration: texts and commands in their order.

use anyhow::{Context as _, Result};

use super::show::Show;

/// Two clusters in this process: from nothing to secrets in both directions, and what is seen when one breaks.
pub(super) fn on_embedded_clusters(show: &mut Show) -> Result<()> {
    show.say(
        "Two Kubernetes clusters, east and west, run inside this process; neither knows the other. They are reached \
         over\nloopback, which no real peer could use, so each command here carries --allow-loopback; yours need not.",
    );
    show.say("# Give istiod in east access to west: one command, from nothing.");
    show.run("kubectl mesh-secret create --context west --name west --into east --allow-loopback")?;
    show.say(
        "# The other direction as a manifest, for a pipe or a repository. Its token is cut here.",
    );
    show.run("kubectl mesh-secret create --context east --name east --allow-loopback")?;
    show.say("# What is in it? That needs no cluster, and shows no token.");
    show.run(
        "kubectl mesh-secret create --context east --name east --allow-loopback \
         | kubectl mesh-secret inspect -f - --allow-loopback",
    )?;
    show.run("kubectl mesh-secret create --context east --name east --into west --allow-loopback")?;
    show.say("# Do both work? --probe uses each credential as istiod would.");
    show.run("kubectl mesh-secret inspect --context east,west --probe --allow-loopback")?;
    show.say("# Again: what is right already is not written.");
    show.run("kubectl mesh-secret create --context west --name west --into east --allow-loopback")?;
    show.say("# Somebody deletes the Secret in west that the token is bound to.");
    show.stage().delete_token_of_west()?;
    show.run_to(
        "kubectl mesh-secret inspect --context east --probe --allow-loopback",
        1,
    )?;
    show.say("# One command repairs it.");
    show.run("kubectl mesh-secret create --context west --name west --into east --allow-loopback")?;
    show.run("kubectl mesh-secret inspect --context east --probe --allow-loopback")
}

/// A mesh of two clusters in this process: wired, broken, and repaired by the command that is printed.
pub(super) fn on_a_mesh(show: &mut Show) -> Result<()> {
    const VERIFY: &str = "kubectl mesh-verify --context east,west --allow-loopback";
    show.say(
        "Two more clusters in this process, on two networks, have everything but remote secrets.",
    );
    show.run("kubectl mesh-secret exchange --context east,west --allow-loopback")?;
    show.stage().delete_token_of_west()?;
    show.say("# Somebody deletes the token of west. What is wrong with this mesh?");
    show.run_to(VERIFY, 1)?;
    let fix = show.printed_fix();
    let fix = fix.context("mesh-verify printed no command that repairs the mesh")?;
    show.say("# The command that it printed.");
    show.run(&fix)?;
    show.say("# And now?");
    show.run(VERIFY)
}

/// Two real API servers with real istiods, the real kubectl, and what istiod says in the end.
pub(super) fn on_real_clusters(show: &mut Show) -> Result<()> {
    show.say(
        "Two real API servers, east and west, each with a real istiod. They listen on loopback, which their istiods \
         share\nwith them here, so each command carries --allow-loopback; yours need not.",
    );
    show.say("# kubectl finds the plugin on the search path.");
    show.run("kubectl plugin list --name-only")?;
    show.say("# Let each istiod read the other cluster.");
    show.run("kubectl mesh-secret create --context west --name west --allow-loopback | kubectl --context east apply -f -")?;
    show.run("kubectl mesh-secret create --context east --name east --allow-loopback | kubectl --context west apply -f -")?;
    show.say("# Do the secrets work?");
    show.run("kubectl mesh-secret inspect --context east,west --probe --allow-loopback")?;
    show.say("# And what do the istiods say?");
    show.stage().await_istiods()?;
    show.run("istioctl remote-clusters --context east")?;
    show.run("istioctl remote-clusters --context west")
}
