//! WebSocket frames, for one message after another: <https://www.rfc-editor.org/rfc/rfc6455#section-5.2>.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// The longest frame that is read; a kubelet sends at most 32 KiB.
const LONGEST: u64 = 1024 * 1024;
/// The longest control frame; control frames are never split: <https://www.rfc-editor.org/rfc/rfc6455#section-5.5>.
const LONGEST_CONTROL: u64 = 125;

/// The bits of the first byte: last frame of its message, three reserved bits, opcode.
const LAST: u8 = 0x80;
const RESERVED: u8 = 0x70;
const SORT: u8 = 0x0f;

/// The bit of the second byte for a mask.
const MASKED: u8 = 0x80;
/// The values of the length field if the length is in the two, or eight, bytes that follow.
const LENGTH_IN_2: u8 = 0x7e;
const LENGTH_IN_8: u8 = 0x7f;

/// The opcode of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// A continuation of the previous frame's message.
    More,
    /// A message, of bytes or of text.
    Message,
    /// The close frame.
    Close,
    /// A ping, which must be answered by a [`Sort::Pong`].
    Ping,
    /// A pong.
    Pong,
}

/// One frame from the server.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) sort: Sort,
    pub(super) bytes: Vec<u8>,
}

impl Sort {
    fn of(code: u8) -> io::Result<Self> {
        match code {
            0 => Ok(Self::More),
            1 | 2 => Ok(Self::Message),
            8 => Ok(Self::Close),
            9 => Ok(Self::Ping),
            10 => Ok(Self::Pong),
            _ => Err(invalid("a frame of an unknown sort")),
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::More => 0,
            Self::Message => 2,
            Self::Close => 8,
            Self::Ping => 9,
            Self::Pong => 10,
        }
    }
}

/// Reads the next frame; `None` if the connection ended before one began.
pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Frame>> {
    let first = match from.read_u8().await {
        Ok(first) => first,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    };
    if first & RESERVED != 0 {
        return Err(invalid("a frame with an extension that was not asked for"));
    }
    let sort = Sort::of(first & SORT)?;
    let second = from.read_u8().await?;
    if second & MASKED != 0 {
        return Err(invalid("a masked frame from a server"));
    }
    let length = match second {
        LENGTH_IN_2 => u64::from(from.read_u16().await?),
        LENGTH_IN_8 => from.read_u64().await?,
        itself => u64::from(itself),
    };
    let longest = match sort {
        Sort::Close | Sort::Ping | Sort::Pong if first & LAST == 0 => {
            return Err(invalid("a control frame in parts"));
        }
        Sort::Close | Sort::Ping | Sort::Pong => LONGEST_CONTROL,
        Sort::More | Sort::Message => LONGEST,
    };
    if length > longest {
        return Err(invalid("a frame that is too long"));
    }
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    from.read_exact(&mut bytes).await?;
    Ok(Some(Frame { sort, bytes }))
}

/// Returns a whole frame from a client with the bytes of `parts`, masked with `mask` as the RFC requires of clients.
pub(super) fn masked(sort: Sort, parts: &[&[u8]], mask: [u8; 4]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut frame = vec![0x80 | sort.code()];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(few), _) if few < 126 => frame.push(MASKED | few),
        (_, Ok(middling)) => {
            frame.push(MASKED | LENGTH_IN_2);
            frame.extend(middling.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(MASKED | LENGTH_IN_8);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    let bytes = parts.iter().flat_map(|part| part.iter());
    frame.extend(
        bytes
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask),
    );
    frame
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmasked(frame: &[u8]) -> Vec<u8> {
        // A server's frame is a client's without the mask, which is all zeros here.
        let mut frame = frame.to_vec();
        let short = frame[1] & 0x7f;
        frame[1] = short;
        let at = match short {
            126 => 4,
            127 => 10,
            _ => 2,
        };
        frame.drain(at..at + 4);
        frame
    }

    #[tokio::test]
    async fn frames_of_every_length_come_back_as_they_went() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let bytes = vec![7; length];
            let sent = unmasked(&masked(Sort::Message, &[&bytes], [0; 4]));
            let frame = read(&mut sent.as_slice()).await.unwrap().unwrap();
            assert_eq!((frame.sort, frame.bytes.len()), (Sort::Message, length));
        }
        assert_eq!(read(&mut [].as_slice()).await.unwrap(), None);
        let ping = [&[0x89, 125][..], &[0; 125]].concat();
        assert_eq!(
            read(&mut ping.as_slice()).await.unwrap().unwrap().sort,
            Sort::Ping
        );
    }

    #[tokio::test]
    async fn what_is_no_frame_of_a_server_is_an_error() {
        for bytes in [
            &[0x82, 0x81, 0, 0, 0, 0, 1][..],
            &[0x83, 0],
            &[0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0],
            &[0x82, 5, 1],
            // A reserved bit, an unknown opcode, control frames that are too long or split.
            &[0xc2, 0],
            &[0x8b, 0],
            &[0x89, 126, 0, 126],
            &[0x88, 126, 0, 200],
            &[0x8a, 127, 0, 0, 0, 0, 1, 0, 0, 0],
            &[0x09, 0],
            &[0x82, 127, 0, 0, 0, 0, 0, 0x20, 0, 0],
        ] {
            assert!(read(&mut &*bytes).await.is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_client_s_bytes_are_masked() {
        assert_eq!(
            masked(Sort::Message, &[&[0], b"ab"], [1, 2, 3, 4]),
            [0x82, 0x83, 1, 2, 3, 4, 1, b'a' ^ 2, b'b' ^ 3]
        );
    }
}
