//! HTTP/1.1 up to the empty line.

use super::script::{Asked, Mode, Place, Script};

/// Ways in which a server misbehaves before the body of its answer.
pub const HEADS: &[Mode] = &[
    at("closes at the request", |_| Script::nothing()),
    at("resets at the request", |_| Script::nothing().resets()),
    at("never answers", |_| Script::nothing().hangs()),
    at("resets in the head", |_| {
        Script::says("HTTP/1.1 200 OK\r\nContent-").resets()
    }),
    at("hangs in the head", |_| {
        Script::says("HTTP/1.1 200 OK\r\nContent-").hangs()
    }),
    at("drips its head", |_| {
        Script::says("HTTP/1.1 200 OK\r\nX: ").slowly("x")
    }),
    at("a page without a head (HTTP/0.9)", |_| {
        Script::says("<html>hello</html>")
    }),
    at("HTTP/3.7", |_| {
        Script::says("HTTP/3.7 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    }),
    at("no status", |_| {
        Script::says("HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}")
    }),
    at("status 999", |_| answer("999 What", "", "{}")),
    at("status 1000", |_| answer("1000 What", "", "{}")),
    at("a status line for ever", |_| {
        Script::says("HTTP/1.1 200 ").for_ever("x".repeat(4096))
    }),
    at("a header for ever", |_| {
        Script::says("HTTP/1.1 200 OK\r\nX: ").for_ever("x".repeat(4096))
    }),
    at("headers for ever", |_| {
        Script::says("HTTP/1.1 200 OK\r\n").for_ever("X-Header: some value of it\r\n".repeat(100))
    }),
    at("ten thousand headers", |_| {
        answer("200 OK", &"X-Header: value\r\n".repeat(10_000), "{}")
    }),
    at("a header of a MiB", |_| {
        answer("200 OK", &format!("X: {}\r\n", "x".repeat(1 << 20)), "{}")
    }),
    at("a header's name that is none", |_| {
        answer("200 OK", "b\u{e4}d \u{1}name: x\r\n", "{}")
    }),
    at("a header's value with a zero", |_| {
        answer("200 OK", "X: a\0b\r\n", "{}")
    }),
    at("a header that goes on in the next line", |_| {
        answer("200 OK", "X: a\r\n b\r\n", "{}")
    }),
    at("100 for ever", |_| {
        Script::nothing().for_ever("HTTP/1.1 100 Continue\r\n\r\n".repeat(50))
    }),
    at("103 for ever", |_| {
        Script::nothing()
            .for_ever("HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n".repeat(50))
    }),
    at("101, which nobody asked for", |_| {
        Script::says(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
        )
        .for_ever([0; 4096])
    }),
    at("204 with a body", |_| answer("204 No Content", "", "{}")),
    at("304", |_| Script::says("HTTP/1.1 304 Not Modified\r\n\r\n")),
    at("416", |_| {
        answer(
            "416 Range Not Satisfiable",
            "Content-Range: bytes */1\r\n",
            "",
        )
    }),
    at("429 and a wait for ever", |_| {
        let wait = "Retry-After: 99999999999999999999\r\n";
        answer("429 Too Many Requests", wait, "")
    }),
    at("429 and a wait of an age", |_| {
        let wait = "Retry-After: 18446744073709551615\r\n";
        answer("429 Too Many Requests", wait, "")
    }),
    at("429 and a wait until a day", |_| {
        let wait = "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n";
        answer("429 Too Many Requests", wait, "")
    }),
    at("503 and no wait, for ever", |_| {
        answer("503 Service Unavailable", "Retry-After: 0\r\n", "").keeps()
    }),
    at("401 that asks for a name", |_| {
        let ask = "WWW-Authenticate: Basic realm=\"\u{1b}[2J\"\r\n";
        answer("401 Unauthorized", ask, "")
    }),
    at("407", |_| {
        answer("407 Proxy Authentication Required", "", "")
    }),
];

/// The ways of leading a client to another server.
pub const REDIRECTS: &[Mode] = &[
    at("300", |asked| leads("300 Multiple Choices", asked)),
    at("301", |asked| leads("301 Moved Permanently", asked)),
    at("302", |asked| leads("302 Found", asked)),
    at("303", |asked| leads("303 See Other", asked)),
    at("305", |asked| leads("305 Use Proxy", asked)),
    at("307", |asked| leads("307 Temporary Redirect", asked)),
    at("308", |asked| leads("308 Permanent Redirect", asked)),
    at("200 with a place", |asked| leads("200 OK", asked)),
    at("401 with a place", |asked| leads("401 Unauthorized", asked)),
];

fn leads(status: &str, asked: &Asked) -> Script {
    let place = format!("{}{}", asked.elsewhere, asked.path());
    let headers = format!("Location: {place}\r\nRefresh: 0; url={place}\r\n");
    answer(status, &headers, "{}").keeps()
}

const fn at(name: &'static str, script: fn(&Asked) -> Script) -> Mode {
    Mode {
        name,
        place: Place::Request,
        script,
    }
}

/// A whole answer as it should be, but for what is in it.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> Script {
    let length = body.len();
    Script::says(format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    ))
}
