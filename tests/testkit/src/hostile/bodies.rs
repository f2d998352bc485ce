//! HTTP/1.1 behind the empty line.

use super::heads::answer;
use super::script::{Asked, Mode, Place, Script};

/// Ways in which a server misbehaves in the body of its answer.
pub const BODIES: &[Mode] = &[
    at("a body shorter than it says", |_| sized("1000", "{}")),
    at("a body longer than it says", |_| sized("1", "{}, and more")),
    at("a length below zero", |_| sized("-1", "{}")),
    at("a length beyond all numbers", |_| {
        sized("99999999999999999999999", "{}")
    }),
    at("a length of 16 EiB", |_| {
        sized("18446744073709551615", "{}").hangs()
    }),
    at("two lengths", |_| {
        head("Content-Length: 2\r\nContent-Length: 3\r\n").then("{}")
    }),
    at("a length, and chunks", |_| {
        head("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n").then("2\r\n{}\r\n0\r\n\r\n")
    }),
    at("a chunk whose size is none", |_| chunked("zz\r\n{}\r\n")),
    at("a chunk of 16 EiB", |_| {
        chunked("ffffffffffffffff\r\n{}").hangs()
    }),
    at("a chunk beyond all numbers", |_| {
        chunked("ffffffffffffffffff\r\n{}")
    }),
    at("a chunk that does not end", |_| chunked("2\r\n{}xx")),
    at("a chunk that stops in the middle", |_| {
        chunked("ff\r\n{").resets()
    }),
    at("a chunk's extension for ever", |_| {
        chunked("2;").for_ever("x".repeat(4096))
    }),
    at("trailers for ever", |_| {
        chunked("2\r\n{}\r\n0\r\n").for_ever("X: y\r\n".repeat(500))
    }),
    at("chunks of a byte for ever", |_| {
        chunked("").for_ever("1\r\n \r\n".repeat(500))
    }),
    at("a list without an end", |_| {
        chunked(&chunk(LIST)).for_ever(chunk(&ITEM.repeat(100)))
    }),
    at("a text without an end", |_| {
        chunked(&chunk("{\"kind\":\"")).for_ever(chunk(&"x".repeat(16_000)))
    }),
    at("an answer of 300 MB", |_| {
        sized("300000000", LIST).for_ever(ITEM.repeat(100))
    }),
    at("an answer that drips", |_| {
        sized("300000000", LIST).slowly(" ")
    }),
    at("pages for ever", |asked| pages(asked, 1)),
    at("long pages for ever", |asked| pages(asked, 500)),
    at("empty pages for ever", |asked| pages(asked, 0)),
    at("the same page for ever", |_| {
        let list =
            "{\"metadata\":{\"continue\":\"x\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}]}";
        answer("200 OK", "", list).keeps()
    }),
    at("a page that is over, for ever", |asked| {
        if asked.path().contains("continue") {
            let status =
                "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\",\"message\":\"old\"}";
            answer("410 Gone", "", status).keeps()
        } else {
            pages(asked, 1)
        }
    }),
    at("no body", |_| answer("200 OK", "", "")),
    at("half an object", |_| answer("200 OK", "", "{\"kind\":\"Se")),
    at("no JSON", |_| answer("200 OK", "", "kind: Secret\n")),
    at("a page of the web", |_| {
        Script::says(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
        )
    }),
    at("arrays as deep as they go", |_| {
        answer("200 OK", "", &"[".repeat(100_000))
    }),
    at("objects as deep as they go", |_| {
        answer("200 OK", "", &"{\"a\":".repeat(100_000))
    }),
    at("ever deeper inside of an object", |_| {
        let deep = format!(
            "{{\"metadata\":{{\"annotations\":{}",
            "{\"a\":".repeat(100_000)
        );
        answer("200 OK", "", &deep)
    }),
    at("bytes that are no text", |_| {
        sized("4", "").then([b'"', 0xff, 0xfe, b'"'])
    }),
    at("half of a character", |_| {
        answer("200 OK", "", "{\"kind\":\"\\ud800\"}")
    }),
    at("zeros", |_| sized("1000", "").then([0; 1000])),
    at("UTF-16", |_| {
        sized("6", "").then([0xff, 0xfe, b'{', 0, b'}', 0])
    }),
    at("a number beyond all numbers", |_| {
        answer("200 OK", "", "{\"metadata\":{\"generation\":1e999999999}}")
    }),
    at("a number of a MiB", |_| {
        let number = "9".repeat(1 << 20);
        answer(
            "200 OK",
            "",
            &format!("{{\"metadata\":{{\"generation\":{number}}}}}"),
        )
    }),
    at("another kind of thing", |_| {
        answer("200 OK", "", "{\"metadata\":[],\"items\":{\"a\":1}}")
    }),
    at("items that are none", |_| {
        answer(
            "200 OK",
            "",
            "{\"metadata\":{},\"items\":[null,1,\"x\",[]]}",
        )
    }),
    at("protobuf", |_| {
        Script::says("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.kubernetes.protobuf\r\nContent-Length: 8\r\n\r\n")
            .then(*b"k8s\0\n\x0c\n\x02")
    }),
    at("what was packed, and unpacks to more", |_| {
        // The head of a gzip stream of zeros.
        let packed = [
            0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xec, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe,
        ];
        head("Content-Encoding: gzip\r\nContent-Length: 4020\r\n")
            .then(packed)
            .then([0; 4000])
    }),
    at("a refusal of 10 MB", |_| {
        let status = format!(
            "{{\"kind\":\"Status\",\"code\":500,\"reason\":\"x\",\"message\":\"{}\"}}",
            "x".repeat(10_000_000)
        );
        answer("500 Internal Server Error", "", &status)
    }),
    at("a refusal without an end", |_| {
        Script::says("HTTP/1.1 500 No\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            .for_ever(chunk(&"x".repeat(16_000)))
    }),
    at("a refusal that imitates us", |_| {
        let message = "no\\nhint: imitated\\nerror: imitated\\u001b[2J\\u202e\\u2028hint: imitated";
        let status = format!(
            "{{\"kind\":\"Status\",\"code\":403,\"reason\":\"Forbidden\",\"message\":\"{message}\"}}"
        );
        answer("403 Forbidden", "", &status).keeps()
    }),
];

/// The beginning of a list that could be any.
const LIST: &str =
    "{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":\"a\"}}";
/// One object more of it.
const ITEM: &str =
    ",{\"metadata\":{\"name\":\"a\",\"labels\":{\"a\":\"b\"}},\"data\":{\"a\":\"eA==\"}}";

const fn at(name: &'static str, script: fn(&Asked) -> Script) -> Mode {
    Mode {
        name,
        place: Place::Request,
        script,
    }
}

fn head(headers: &str) -> Script {
    Script::says(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{headers}\r\n"
    ))
}

fn sized(length: &str, body: &str) -> Script {
    head(&format!("Content-Length: {length}\r\n")).then(body)
}

fn chunked(chunks: &str) -> Script {
    head("Transfer-Encoding: chunked\r\n").then(chunks)
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// A page of so many objects, after which there is another one.
fn pages(asked: &Asked, items: usize) -> Script {
    let item = |n: usize| format!("{{\"metadata\":{{\"name\":\"a{n}\"}}}}");
    let items: Vec<String> = (0..items).map(item).collect();
    let list = format!(
        "{{\"metadata\":{{\"continue\":\"{}\"}},\"items\":[{}]}}",
        asked.before,
        items.join(",")
    );
    answer("200 OK", "", &list).keeps()
}
