//! HTTP/2: <https://www.rfc-editor.org/rfc/rfc9113>.

use super::script::{Asked, Mode, Place, Script};
use super::server::SETTINGS;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const OPTIONS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200` as HPACK has it.
const OK: u8 = 0x88;

/// Ways in which a server of HTTP/2 misbehaves.
pub const HTTP2: &[Mode] = &[
    behind("zeros in place of settings", |_| {
        Script::nothing().for_ever([0; 4096])
    }),
    behind("HTTP/1.1", |_| {
        Script::says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    }),
    behind("a frame of 16 MiB", |_| {
        Script::says([0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1]).for_ever([0; 4096])
    }),
    behind("settings, and the end", |_| Script::says(SETTINGS)),
    behind("settings, and nothing more", |_| {
        Script::says(SETTINGS).hangs()
    }),
    behind("GOAWAY at once", |_| {
        Script::says(SETTINGS).then(frame(GOAWAY, 0, 0, &[0; 8]))
    }),
    behind("GOAWAY: be calm", |_| {
        let calm = [&[0, 0, 0, 0, 0, 0, 0, 0xb][..], &[b'x'; 4000]].concat();
        Script::says(SETTINGS)
            .then(frame(GOAWAY, 0, 0, &calm))
            .hangs()
    }),
    behind("settings for ever", |_| {
        Script::nothing().for_ever(SETTINGS.repeat(400))
    }),
    behind("settings that nobody has", |_| {
        Script::says(frame(OPTIONS, 0, 0, &[0xff; 6000])).hangs()
    }),
    behind("no streams allowed", |_| {
        Script::says(frame(OPTIONS, 0, 0, &[0, 3, 0, 0, 0, 0])).hangs()
    }),
    behind("pings for ever", |_| {
        Script::says(SETTINGS).for_ever(frame(PING, 0, 0, &[7; 8]).repeat(200))
    }),
    behind("a window that flows over", |_| {
        let most = frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]);
        Script::says(SETTINGS).then(most.repeat(2)).hangs()
    }),
    behind("data of a stream that nobody opened", |_| {
        Script::says(SETTINGS)
            .then(frame(DATA, 0, 99, b"x"))
            .hangs()
    }),
    behind("frames of no kind that there is, for ever", |_| {
        Script::says(SETTINGS).for_ever(frame(0x77, 0xff, 0, &[1; 64]).repeat(50))
    }),
    at("RST_STREAM", |asked| {
        Script::says(frame(RST_STREAM, 0, asked.stream, &[0, 0, 0, 2])).keeps()
    }),
    at("RST_STREAM: refused, for ever", |asked| {
        Script::says(frame(RST_STREAM, 0, asked.stream, &[0, 0, 0, 7])).keeps()
    }),
    at("RST_STREAM behind the head", |asked| {
        let reset = frame(RST_STREAM, 0, asked.stream, &[0, 0, 0, 0]);
        headers(asked).then(reset).keeps()
    }),
    at("GOAWAY in place of an answer", |_| {
        Script::says(frame(GOAWAY, 0, 0, &[0, 0, 0, 0, 0, 0, 0, 2])).hangs()
    }),
    at("resets in place of an answer", |_| {
        Script::nothing().resets()
    }),
    at("a head, and nothing more", |asked| headers(asked).keeps()),
    at("a head, and the end", |asked| {
        Script::says(frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            asked.stream,
            &[OK],
        ))
        .keeps()
    }),
    at("a head that cannot be unpacked", |asked| {
        Script::says(frame(HEADERS, END_HEADERS, asked.stream, &[0xff; 40])).hangs()
    }),
    at("a head without a status", |asked| {
        Script::says(frame(HEADERS, END_HEADERS, asked.stream, &[])).hangs()
    }),
    at("a head that goes on for ever", |asked| {
        // A header that is not remembered: name "x", value of a hundred bytes.
        let header = [&[0, 1, b'x', 100][..], &[b'y'; 100]].concat();
        let more = frame(CONTINUATION, 0, asked.stream, &header.repeat(100));
        Script::says(frame(HEADERS, 0, asked.stream, &[OK])).for_ever(more)
    }),
    at("empty continuations for ever", |asked| {
        let more = frame(CONTINUATION, 0, asked.stream, &[]);
        Script::says(frame(HEADERS, 0, asked.stream, &[OK])).for_ever(more.repeat(400))
    }),
    at("a head that unpacks to a thousand times itself", |asked| {
        // A header of four thousand bytes that is remembered, and then named again and again.
        let mut block = vec![OK, 0x40, 1, b'x', 0x7f, 0xa1, 0x1e];
        block.extend([b'y'; 4000]);
        block.extend([0xbe; 12_000]);
        Script::says(frame(HEADERS, END_HEADERS, asked.stream, &block)).hangs()
    }),
    at("a head that interim ones go before, for ever", |asked| {
        let interim = frame(HEADERS, END_HEADERS, asked.stream, b"\x08\x03103");
        Script::nothing().for_ever(interim.repeat(200))
    }),
    at("empty data for ever", |asked| {
        headers(asked).for_ever(frame(DATA, 0, asked.stream, &[]).repeat(400))
    }),
    at("padding for ever", |asked| {
        let padded = frame(DATA, 8, asked.stream, &[&[255][..], &[0; 255]].concat());
        headers(asked).for_ever(padded.repeat(50))
    }),
    at("data for ever", |asked| {
        headers(asked).for_ever(frame(DATA, 0, asked.stream, &[b' '; 16_000]))
    }),
    at("an answer that was promised", |asked| {
        let promise = [0, 0, 0, 2, OK];
        Script::says(frame(PUSH_PROMISE, END_HEADERS, asked.stream, &promise)).hangs()
    }),
];

const fn behind(name: &'static str, script: fn(&Asked) -> Script) -> Mode {
    Mode {
        name,
        place: Place::Http2,
        script,
    }
}

const fn at(name: &'static str, script: fn(&Asked) -> Script) -> Mode {
    Mode {
        name,
        place: Place::Stream,
        script,
    }
}

fn headers(asked: &Asked) -> Script {
    Script::says(frame(HEADERS, END_HEADERS, asked.stream, &[OK]))
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("frames of tests are short");
    let [_, length @ ..] = length.to_be_bytes();
    let mut frame = length.to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}
