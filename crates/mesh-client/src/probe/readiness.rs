//! `GET /healthz/ready`, which a proxy answers with 200 once it has its configuration.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use mesh_model::probe::Answer;

/// Source of the path: the readiness probe in `templates/deployment.yaml` of Istio's chart gateway.
const REQUEST: &[u8] =
    b"GET /healthz/ready HTTP/1.1\r\nHost: gateway\r\nUser-Agent: kubectl-mesh\r\nConnection: close\r\n\r\n";

/// The maximum length of an answer that is read: its first line has the status.
const LONGEST_LINE: usize = 256;

pub(super) async fn is_ready(mut stream: TcpStream, deadline: Instant) -> Answer {
    let mut line = Vec::new();
    let asked = async {
        stream.write_all(REQUEST).await?;
        while line.len() < LONGEST_LINE && !line.contains(&b'\n') {
            if stream.read_buf(&mut line).await? == 0 {
                break;
            }
        }
        Ok::<_, std::io::Error>(())
    };
    match timeout_at(deadline, asked).await {
        Err(_) => Answer::Silent,
        Ok(Err(_)) => Answer::Closed,
        Ok(Ok(())) if line.is_empty() => Answer::Closed,
        Ok(Ok(())) => status(&line).map_or_else(
            || Answer::Other {
                reason: "the answer is not HTTP".to_owned(),
            },
            |status| Answer::Http { status },
        ),
    }
}

/// <https://www.rfc-editor.org/rfc/rfc9112#name-status-line>
fn status(line: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(line.split(|byte| *byte == b'\r').next()?).ok()?;
    let mut words = text.split(' ');
    words.next().filter(|word| word.starts_with("HTTP/1."))?;
    words.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::status;

    #[test]
    fn a_status_is_read_from_its_line() {
        for (line, expected) in [
            ("HTTP/1.1 200 OK\r\n", Some(200)),
            ("HTTP/1.0 503\r\n", Some(503)),
            ("SSH-2.0-OpenSSH_9.9\r\n", None),
            ("\u{15}\u{3}\u{1}", None),
        ] {
            assert_eq!(status(line.as_bytes()), expected, "{line:?}");
        }
    }
}
