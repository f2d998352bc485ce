//! Takes connections of tests and answers their requests, each connection on a thread of its own.

use std::io::{BufRead as _, BufReader, Write as _};
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
    let mut writer = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let reply = match serde_json::from_str::<Request>(&line?) {
            Ok(request) => registry.answer(request),
            Err(error) => Reply::Failed(format!("not a request: {error}")),
        };
        let mut text = serde_json::to_string(&reply).context("replies are JSON")?;
        text.push('\n');
        writer.write_all(text.as_bytes())?;
    }
    Ok(())
}
