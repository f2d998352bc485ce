//! Finds credentials in text: private keys, tokens, and either of them in base64.
//!
//! It says where and of what kind, and never gives back the credential itself.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    /// The line where it begins, from 1.
    pub line: usize,
    /// Its description.
    pub what: &'static str,
}

/// Finds one kind of credential: the offset where each begins, and what it is.
pub(crate) type Detector = fn(&str) -> Vec<(usize, &'static str)>;

/// Secrets that no file of the repository may hold.
pub(crate) const IN_FILES: &[Detector] = &[private_keys, json_web_tokens];
/// Secrets that no program may print unasked. Beyond [`IN_FILES`], the values that stand behind `token:` and `Bearer`.
pub(crate) const IN_OUTPUT: &[Detector] = &[private_keys, json_web_tokens, token_values];

/// A Secret's `data` holds a kubeconfig that holds a key: each is base64 in the other.
const NESTED: usize = 3;

/// Every credential that `detectors` find in `text`, also inside of base64.
pub(crate) fn find(text: &str, detectors: &[Detector]) -> Vec<Secret> {
    let mut found: Vec<(usize, &'static str)> = Vec::new();
    search(text, detectors, NESTED, &mut found);
    found.sort_unstable();
    found.dedup();
    let line_of = |offset: usize| 1 + text[..offset].matches('\n').count();
    found
        .into_iter()
        .map(|(offset, what)| Secret {
            line: line_of(offset),
            what,
        })
        .collect()
}

fn search(
    text: &str,
    detectors: &[Detector],
    depth: usize,
    found: &mut Vec<(usize, &'static str)>,
) {
    found.extend(detectors.iter().flat_map(|detector| detector(text)));
    if depth == 0 {
        return;
    }
    let config =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine = GeneralPurpose::new(&STANDARD, config);
    for (offset, run) in runs(
        text,
        |c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='),
        60,
    ) {
        let decoded = engine
            .decode(run)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let mut inside = Vec::new();
        search(
            &decoded.unwrap_or_default(),
            detectors,
            depth - 1,
            &mut inside,
        );
        found.extend(inside.into_iter().map(|(_, what)| (offset, what)));
    }
}

/// The longest runs of characters that `belongs` takes, of at least `length` bytes, with their offsets.
fn runs(text: &str, belongs: impl Fn(char) -> bool, length: usize) -> Vec<(usize, &str)> {
    text.split(|c: char| !belongs(c))
        .filter(|run| run.len() >= length)
        .map(|run| (run.as_ptr() as usize - text.as_ptr() as usize, run))
        .collect()
}

/// PEM blocks of private keys; a marker without a body, as a parser's source has it, is none.
fn private_keys(text: &str) -> Vec<(usize, &'static str)> {
    const MARKER: &str = "PRIVATE KEY-----";
    let body = |at: usize| {
        let mut rest = &text[at + MARKER.len()..];
        loop {
            let next = rest
                .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '|' | '>'));
            let next = next
                .strip_prefix("\\n")
                .or(next.strip_prefix("\\r"))
                .unwrap_or(next);
            if next.len() == rest.len() {
                return rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '/'))
                    .unwrap_or(rest.len());
            }
            rest = next;
        }
    };
    text.match_indices(MARKER)
        .filter(|(at, _)| {
            text[..*at]
                .lines()
                .next_back()
                .is_some_and(|line| line.contains("-----BEGIN "))
        })
        .filter(|(at, _)| body(*at) >= 32)
        .map(|(at, _)| (at, "a private key"))
        .collect()
}

/// Three base64url parts of real length, of which the first two are JSON objects; RFC 7519, section 3.
fn json_web_tokens(text: &str) -> Vec<(usize, &'static str)> {
    let belongs = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    runs(text, belongs, 52)
        .into_iter()
        .filter(|(_, run)| {
            let parts: Vec<&str> = run.split('.').collect();
            parts.windows(3).any(|three| {
                three[0].contains("eyJ")
                    && three[1].starts_with("eyJ")
                    && three[1].len() >= 10
                    && three[2].len() >= 32
            })
        })
        .map(|(at, _)| (at, "a JSON web token"))
        .collect()
}

/// Values of 16 and more characters behind `token:`, `"token":` and `Bearer`.
fn token_values(text: &str) -> Vec<(usize, &'static str)> {
    let belongs =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+' | '~' | '=');
    ["token:", "token\":", "token=", "Bearer "]
        .iter()
        .flat_map(|key| text.match_indices(key))
        .filter(|(at, key)| {
            let value = text[at + key.len()..].trim_start_matches([' ', '"', '\'']);
            let length = value.find(|c: char| !belongs(c)).unwrap_or(value.len());
            // A word of letters, or a path, is talk about tokens and no token.
            length >= 16
                && value[..length].contains(|c: char| c.is_ascii_digit())
                && !value.starts_with(['/', '.'])
        })
        .map(|(at, _)| (at, "a token"))
        .collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{IN_FILES, IN_OUTPUT, find};

    fn key() -> String {
        let body = "Ab3+".repeat(16);
        format!(
            "-----BEGIN {0} KEY-----\n{body}\n-----END {0} KEY-----\n",
            "EC PRIVATE"
        )
    }

    fn token() -> String {
        format!(
            "{0}hbGciOiJSUzI1NiJ9.{0}pc3MiOiJhIn0.{1}",
            "eyJ",
            "s1G-".repeat(12)
        )
    }

    fn found(text: &str) -> Vec<(usize, &'static str)> {
        find(text, IN_OUTPUT)
            .into_iter()
            .map(|secret| (secret.line, secret.what))
            .collect()
    }

    #[test]
    fn a_key_is_found_plain_escaped_and_in_base64() {
        assert_eq!(found(&format!("a\n{}", key())), [(2, "a private key")]);
        assert_eq!(found(&key().replace('\n', "\\n")), [(1, "a private key")]);
        let once = STANDARD.encode(key());
        assert_eq!(
            found(&format!("client-key-data: {once}")),
            [(1, "a private key")]
        );
        let twice = STANDARD.encode(format!("users:\n- client-key-data: {once}\n"));
        assert_eq!(
            found(&format!("data:\n  west: {twice}\n")),
            [(2, "a private key")]
        );
    }

    #[test]
    fn a_token_is_found_plain_and_in_base64() {
        assert_eq!(
            found(&format!("x\ny {} z", token())),
            [(2, "a JSON web token")]
        );
        assert_eq!(found(&STANDARD.encode(token())), [(1, "a JSON web token")]);
        assert_eq!(
            found("Authorization: Bearer 0123456789abcdef0123"),
            [(1, "a token")]
        );
        assert_eq!(
            found("{\"token\": \"0123456789abcdef0123\"}"),
            [(1, "a token")]
        );
    }

    #[test]
    fn talk_about_them_is_not_them() {
        let marker = "let begin = \"-----BEGIN PRIVATE KEY-----\";\nlet end = 1;";
        let certificate = key().replace("EC PRIVATE KEY", "CERTIFICATE");
        for text in [
            marker,
            &certificate,
            "token: <redacted>",
            "token: tokenFromTheServiceAccount",
            "tokenFile: /a/b1",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(find("token: 0123456789abcdef0123", IN_FILES), []);
    }
}
