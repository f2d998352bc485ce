//! Before HTTP: TCP and TLS.

use super::script::{Mode, Place, Script};

/// Ways in which a server misbehaves before it says a word of HTTP.
pub const SOCKETS: &[Mode] = &[
    at("closes at once", |_| Script::nothing()),
    at("resets at once", |_| Script::nothing().resets()),
    at("never says a word", |_| Script::nothing().hangs()),
    at("speaks HTTP without TLS", |_| {
        Script::says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    }),
    at("speaks SSH", |_| {
        Script::says("SSH-2.0-OpenSSH_9.9\r\n").hangs()
    }),
    at("zeros for ever", |_| Script::nothing().for_ever([0; 4096])),
    at("an alert: handshake_failure", |_| {
        Script::says([0x15, 3, 3, 0, 2, 2, 40])
    }),
    at("an alert of no kind that there is", |_| {
        Script::says([0x15, 3, 3, 0, 2, 9, 255]).hangs()
    }),
    at("alerts that warn, for ever", |_| {
        Script::nothing().for_ever([0x15, 3, 3, 0, 2, 1, 90])
    }),
    at("a record longer than TLS allows", |_| {
        Script::says([0x16, 3, 3, 0xff, 0xff]).for_ever([0; 4096])
    }),
    at("half a record, and nothing more", |_| {
        Script::says([0x16, 3, 3, 0, 100, 2, 0]).hangs()
    }),
    at("a greeting of a server with a random body", |_| {
        let body: Vec<u8> = (0..90_u8).map(|n| n.wrapping_mul(151)).collect();
        Script::says([0x16, 3, 3, 0, 94, 2, 0, 0, 90]).then(body)
    }),
    at("a handshake message of 16 MiB", |_| {
        let mut fragment = vec![0x16, 3, 3, 0x40, 0];
        fragment.extend([0; 0x4000]);
        Script::says([0x16, 3, 3, 0, 4, 11, 0xff, 0xff, 0xff]).for_ever(fragment)
    }),
    at("empty records for ever", |_| {
        Script::nothing().for_ever([0x16, 3, 3, 0, 0].repeat(500))
    }),
    Mode {
        name: "closes behind the handshake",
        place: Place::Http1,
        script: |_| Script::nothing(),
    },
    Mode {
        name: "resets behind the handshake",
        place: Place::Http1,
        script: |_| Script::nothing().resets(),
    },
];

const fn at(name: &'static str, script: fn(&super::script::Asked) -> Script) -> Mode {
    Mode {
        name,
        place: Place::Connection,
        script,
    }
}
