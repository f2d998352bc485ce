//! Connections to ports of pods: <https://www.rfc-editor.org/rfc/rfc6455#section-5.2>.

use super::heads::answer;
use super::script::{Asked, Mode, Place, Script};

const MESSAGE: u8 = 0x82;
const MORE: u8 = 0x00;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;

/// The port that is asked for, as each channel begins with it.
const PORT: [u8; 2] = 15014_u16.to_le_bytes();

/// Ways in which a server misbehaves where it is asked for a connection to a pod.
pub const WEBSOCKETS: &[Mode] = &[
    at("200 in place of 101", |_| answer("200 OK", "", "{}")),
    at("a refusal of 10 MB", |_| {
        answer("403 Forbidden", "", &"x".repeat(10_000_000))
    }),
    at("another protocol", |_| {
        Script::says("HTTP/1.1 101 No\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n").hangs()
    }),
    at("nothing more", |_| Script::says(SWITCHED).hangs()),
    at("the end", |_| Script::says(SWITCHED)),
    at("a reset", |_| Script::says(SWITCHED).resets()),
    at("HTTP in place of frames", |_| {
        Script::says(SWITCHED).then("HTTP/1.1 200 OK\r\n\r\nhello")
    }),
    at("a masked frame", |_| {
        Script::says(SWITCHED).then([MESSAGE, 0x81, 0, 0, 0, 0, 1])
    }),
    at("bits that nobody agreed on", |_| {
        Script::says(SWITCHED).then([0xf2, 0])
    }),
    at("a frame of no kind that there is", |_| {
        Script::says(SWITCHED).then([0x8f, 0])
    }),
    at("a frame of 8 EiB", |_| {
        Script::says(SWITCHED)
            .then([
                MESSAGE, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
            ])
            .for_ever([0; 4096])
    }),
    at("a ping of 16 MiB", |_| {
        Script::says(SWITCHED)
            .then([PING, 0x7f, 0, 0, 0, 0, 1, 0, 0, 0])
            .for_ever([0; 4096])
    }),
    at("pings for ever", |_| {
        Script::says(SWITCHED).for_ever([PING, 4, 1, 2, 3, 4].repeat(500))
    }),
    at("an end that says much", |_| {
        Script::says(SWITCHED)
            .then([CLOSE, 0x7e, 0x40, 0])
            .then([b'x'; 0x4000])
    }),
    at("a message in parts for ever", |_| {
        Script::says(SWITCHED)
            .then([2, 1, 0])
            .for_ever([MORE, 4, b'x', b'x', b'x', b'x'].repeat(500))
    }),
    at("empty frames for ever", |_| {
        Script::says(SWITCHED).for_ever([MESSAGE, 0].repeat(2000))
    }),
    at("a channel that nobody knows, for ever", |_| {
        Script::says(SWITCHED).for_ever(frame(9, &[b'x'; 4000]))
    }),
    at("half a frame", |_| {
        Script::says(SWITCHED).then([MESSAGE, 100, 0, 1, 2]).hangs()
    }),
    at("an error of 7 MB", |_| {
        let mut script = Script::says(SWITCHED).then(frame(1, &PORT));
        for _ in 0..140 {
            script = script.then(frame(1, &HOSTILE.as_bytes().repeat(800)));
        }
        script.hangs()
    }),
    at("data that is no HTTP", |_| {
        greeted().then(frame(0, &[0; 5000])).hangs()
    }),
    at("a head without an end", |_| {
        greeted()
            .then(frame(0, b"HTTP/1.1 200 OK\r\nX: "))
            .for_ever(frame(0, &[b'x'; 8000]))
    }),
    at("a page without an end", |_| {
        greeted()
            .then(frame(0, b"HTTP/1.1 200 OK\r\n\r\n"))
            .for_ever(frame(0, &[b'x'; 60_000]))
    }),
    at("a page that drips", |_| {
        greeted()
            .then(frame(0, b"HTTP/1.1 200 OK\r\n\r\n"))
            .slowly(frame(0, b"x"))
    }),
    at("a page that is no text", |_| {
        greeted()
            .then(frame(
                0,
                b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xff\xfe",
            ))
            .hangs()
    }),
];

const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n";

/// Texts that must not reach anybody as they are.
const HOSTILE: &str =
    "no\nhint: imitated\nerror: imitated\u{1b}[2J\u{202e}\u{2028}\u{200b}imitated ";

const fn at(name: &'static str, script: fn(&Asked) -> Script) -> Mode {
    Mode {
        name,
        place: Place::Request,
        script,
    }
}

/// Both channels of a port that somebody listens on.
fn greeted() -> Script {
    Script::says(SWITCHED)
        .then(frame(0, &PORT))
        .then(frame(1, &PORT))
}

fn frame(channel: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len() + 1).expect("frames of tests are short");
    let mut frame = vec![MESSAGE];
    if let Ok(few @ ..126) = u8::try_from(length) {
        frame.push(few);
    } else {
        frame.push(126);
        frame.extend(length.to_be_bytes());
    }
    frame.push(channel);
    frame.extend(bytes);
    frame
}
