//! Takes connections of tests and answers their requests, each connection on a thread of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, Result};

use super::protocol::{Reply, Request};
use super::registry::Registry;

/// Serves until the process ends.
pub(super) fn serve(listener: UnixListener, registry: Arc<Registry>) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let registry = Arc::clone(&registry);
            // A test that went away in the middle of an answer needs none.
            thread::spawn(move || converse(stream, &registry));
        }
    });
}

fn converse(stream: UnixStream, registry: &Registry) -> Result<()> {
    let writer = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let reply = match serde_json::from_str::<Request>(&line?) {
            Ok(Request::Stay) => return host(&writer, registry),
            Ok(request) => registry.answer(request),
            Err(error) => Reply::Failed(format!("not a request: {error}")),
        };
        say(&writer, &reply)?;
    }
    Ok(())
}

/// Keeps a guest until its end of the connection closes, in whatever way its process ends.
fn host(mut stream: &UnixStream, registry: &Registry) -> Result<()> {
    let guest = registry.welcome();
    let said = say(stream, &Reply::Guest(guest));
    // Closed or broken, either way it is gone.
    let _ = stream.read_to_end(&mut Vec::new());
    registry.leave(guest);
    said
}

fn say(mut stream: &UnixStream, reply: &Reply) -> Result<()> {
    let mut text = serde_json::to_string(reply).context("replies are JSON")?;
    text.push('\n');
    Ok(stream.write_all(text.as_bytes())?)
}
