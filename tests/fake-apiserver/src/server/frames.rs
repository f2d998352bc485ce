//! WebSocket frames as a server reads and writes them: <https://www.rfc-editor.org/rfc/rfc6455#section-5.2>. Knows nothing of
//! what they carry.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest;
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest frame that is read.
const LONGEST: u64 = 1024 * 1024;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;

/// One frame from a client.
pub(crate) enum Frame {
    Message(Vec<u8>),
    Close,
    /// Anything that asks for nothing here.
    Control,
}

/// Returns a server's answer to a client's key: <https://www.rfc-editor.org/rfc/rfc6455#section-4.2.2>.
pub(crate) fn accept(key: &str) -> String {
    let text = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    STANDARD.encode(digest)
}

/// The next frame of a client, which masks its bytes.
pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Frame> {
    let first = from.read_u8().await?;
    let second = from.read_u8().await?;
    if first & FINAL == 0 || second & MASKED == 0 {
        return Err(io::Error::other("a frame that is no client's whole one"));
    }
    let length = match second & !MASKED {
        126 => u64::from(from.read_u16().await?),
        127 => from.read_u64().await?,
        short => u64::from(short),
    };
    if length > LONGEST {
        return Err(io::Error::other("a frame that is too long"));
    }
    let mut mask = [0; 4];
    from.read_exact(&mut mask).await?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    from.read_exact(&mut bytes).await?;
    for (byte, mask) in bytes.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    Ok(match first & 0x0f {
        1 | 2 => Frame::Message(bytes),
        8 => Frame::Close,
        _ => Frame::Control,
    })
}

/// A whole message to a client.
pub(crate) fn message(bytes: &[u8]) -> Vec<u8> {
    frame(2, bytes)
}

/// The end, of its own accord.
pub(crate) fn close() -> Vec<u8> {
    frame(8, &1000_u16.to_be_bytes())
}

fn frame(code: u8, bytes: &[u8]) -> Vec<u8> {
    let mut frame = vec![FINAL | code];
    match (u8::try_from(bytes.len()), u16::try_from(bytes.len())) {
        (Ok(few @ ..126), _) => frame.push(few),
        (_, Ok(middling)) => {
            frame.push(126);
            frame.extend(middling.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(127);
            frame.extend((bytes.len() as u64).to_be_bytes());
        }
    }
    frame.extend(bytes);
    frame
}

#[cfg(test)]
mod tests {
    use super::accept;

    #[test]
    fn the_answer_to_a_key_is_that_of_the_standard() {
        let answer = accept("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
