//! The supervisor's main function.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result};

use super::cluster::Means;
use super::ledger::{Ledger, shared_root};
use super::owner::owner;
use super::ports::Ports;
use super::registry::Registry;
use super::serve::serve;
use super::under_parent;

/// Prints the path of its socket on one line, and serves until its standard input closes.
pub fn run() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments
        .next()
        .is_some_and(|argument| argument == under_parent::ARGUMENT)
    {
        return under_parent::turn_into(arguments);
    }
    match supervise() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "supervisor: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn supervise() -> Result<()> {
    let ledger = Ledger::open(&shared_root())?;
    let (owner, orders) = owner();
    let socket = ledger.dir().join("socket");
    let listener = UnixListener::bind(&socket)
        .with_context(|| format!("cannot listen on {}", socket.display()))?;
    let means = Means {
        owner: owner.clone(),
        ports: Ports::new(),
        dir: ledger.dir().to_owned(),
    };
    serve(listener, Arc::new(Registry::new(means)));
    thread::spawn(move || {
        // Closed or broken, either way nobody needs the clusters any more.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        owner.end_all();
    });
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{}", socket.display()).and_then(|()| stdout.flush())?;
    orders.carry_out(&ledger);
    Ok(())
}
