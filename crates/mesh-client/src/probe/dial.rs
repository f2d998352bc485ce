//! One connection for each question, each with its deadline, all at once.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout, timeout_at};

use super::greeting::greet;
use super::readiness::is_ready;
use crate::fan_out;
use mesh_model::probe::{Answer, Ask, Question};

/// Asks all questions at once (as many as [`fan_out()`] allows), and returns the answers in their order. Each answer
/// takes at most `limit` after its connection was started.
pub async fn ask_all(questions: Vec<Question>, limit: Duration) -> Vec<Answer> {
    fan_out(
        questions,
        |question| async move { ask(&question, limit).await },
    )
    .await
}

/// Asks one question, within `limit` from the connection to the end of the answer.
pub async fn ask(question: &Question, limit: Duration) -> Answer {
    let deadline = Instant::now() + limit;
    let stream = match timeout_at(deadline, connect(question)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return unconnected(&error),
        Err(_) => return Answer::TimedOut,
    };
    tracing::debug!("probing port {} of {:?}", question.port, stream.peer_addr());
    match &question.ask {
        Ask::Readiness => is_ready(stream, deadline).await,
        Ask::Greeting {
            server_name,
            protocols,
            only_tls13,
        } => {
            let name = server_name.as_deref();
            greet(stream, deadline, name, protocols, *only_tls13).await
        }
    }
}

/// Returns the addresses of a host name on this machine, sorted; none if it does not resolve within `limit`. An address
/// resolves to itself.
pub async fn resolve(host: &str, limit: Duration) -> Vec<IpAddr> {
    if let Ok(address) = host.parse() {
        return vec![address];
    }
    let Ok(Ok(found)) = timeout(limit, lookup_host((host, 0))).await else {
        return Vec::new();
    };
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

async fn connect(question: &Question) -> io::Result<TcpStream> {
    let addresses = question.addresses.iter();
    let addresses: Vec<SocketAddr> = addresses
        .map(|address| SocketAddr::new(*address, question.port))
        .collect();
    TcpStream::connect(addresses.as_slice()).await
}

fn unconnected(error: &io::Error) -> Answer {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => Answer::Refused,
        io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::AddrNotAvailable => Answer::NoRoute,
        io::ErrorKind::TimedOut => Answer::TimedOut,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Answer::Closed,
        _ => Answer::Other {
            reason: error.to_string(),
        },
    }
}
