//! URLs as Go's `net/url` parses them, as far as scheme and host are concerned.
//!
//! Source: `Parse` in Go's `net/url/url.go` (1.26), and <https://pkg.go.dev/net/url#Parse>.

/// The parts of a URL that decide whether a client can be created for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// In lower case; empty if there is none.
    pub(crate) scheme: String,
    /// With its port; empty if there is none.
    pub(crate) host: String,
    /// Everything between host and query.
    pub(crate) path: String,
}

impl Url {
    /// Parses a URL; returns `None` if Go refuses it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
        if text.chars().any(|c| c.is_ascii_control()) || !escapes_are_good(fragment) {
            return None;
        }
        let (scheme, rest) = scheme(text)?;
        let rest = rest.split_once('?').map_or(rest, |(before, _)| before);
        let mut url = Self {
            scheme: scheme.to_ascii_lowercase(),
            host: String::new(),
            path: rest.to_owned(),
        };
        if !rest.starts_with('/') {
            let first = rest.split('/').next().unwrap_or_default();
            // The text behind a scheme without a slash is opaque and not parsed.
            return if scheme.is_empty() {
                (!first.contains(':') && escapes_are_good(rest)).then_some(url)
            } else {
                url.path = String::new();
                Some(url)
            };
        }
        let has_authority = !scheme.is_empty() || !rest.starts_with("///");
        if let Some(authority) = rest.strip_prefix("//").filter(|_| has_authority) {
            let end = authority.find('/').unwrap_or(authority.len());
            let (authority, path) = authority.split_at(end);
            let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
            if !user_is_good(user) || !host_is_good(host) {
                return None;
            }
            host.clone_into(&mut url.host);
            path.clone_into(&mut url.path);
        }
        escapes_are_good(&url.path).then_some(url)
    }
}

/// Returns the scheme, and the text behind its colon; an empty scheme if there is none. `None` if the text begins with
/// a colon.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let in_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    let end = text.find(|c| !in_scheme(c)).unwrap_or(text.len());
    if text.starts_with(':') {
        return None;
    }
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphabetic());
    match text[end..].strip_prefix(':') {
        Some(rest) if begins_well => Some((&text[..end], rest)),
        Some(_) | None => Some(("", text)),
    }
}

fn user_is_good(user: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    user.chars().all(allowed) && escapes_are_good(user)
}

fn host_is_good(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.rsplit_once(']') {
            Some((address, port)) => (address, port),
            None => return false,
        },
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port_is_good = match port.strip_prefix(':') {
        Some(digits) => digits.chars().all(|c| c.is_ascii_digit()),
        None => port.is_empty(),
    };
    let in_name = |c: char| {
        !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c)
    };
    // In a host, escapes may only stand for non-ASCII letters, or for the sign before an IPv6 zone.
    let escapes = name.split('%').skip(1).all(|rest| {
        let code = rest
            .get(..2)
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        code.is_some_and(|code| code >= 0x80 || code == b'%')
    });
    port_is_good && name.chars().all(in_name) && escapes
}

fn escapes_are_good(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        rest.get(..2)
            .is_some_and(|two| two.chars().all(|c| c.is_ascii_hexdigit()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_come_apart_as_in_go() {
        for (text, expected) in [
            ("https://h:1/p?q#f", Some(("https", "h:1", "/p"))),
            ("HTTPS://h", Some(("https", "h", ""))),
            ("https://u:p@[::1]:1", Some(("https", "[::1]:1", ""))),
            (
                "https://[fe80::1%25en0]",
                Some(("https", "[fe80::1%25en0]", "")),
            ),
            ("https://", Some(("https", "", ""))),
            ("https:h", Some(("https", "", ""))),
            ("h", Some(("", "", "h"))),
            ("h/p", Some(("", "", "h/p"))),
            ("/p", Some(("", "", "/p"))),
            ("//h/p", Some(("", "h", "/p"))),
            ("///p", Some(("", "", "///p"))),
            ("", Some(("", "", ""))),
            ("127.0.0.1:1", None),
            (":1", None),
            ("https://h:x", None),
            ("https://h:1:2", None),
            ("https://h h", None),
            ("https://[::1", None),
            ("https://h/%zz", None),
            ("https://%41", None),
            ("https://u v@h", None),
            ("https://h\u{1}", None),
        ] {
            let url = Url::parse(text);
            let parts = url
                .as_ref()
                .map(|url| (url.scheme.as_str(), url.host.as_str(), url.path.as_str()));
            assert_eq!(parts, expected, "{text:?}");
        }
    }
}
