//! Owns the parsing of Istio versions, as image tags, labels and istiod itself contain them.

use std::fmt;

/// A version of Istio, as far as the rules depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IstioVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number; `None` if a build has none, such as `1.31-dev`.
    pub patch: Option<u32>,
}

impl IstioVersion {
    /// Reads a version such as `1.31.0`, `v1.31.0-distroless` or `1.31-dev`; returns `None` if it is not a version.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (major, rest) = number(text)?;
        let (minor, rest) = number(rest.strip_prefix('.')?)?;
        let patch = match rest.strip_prefix('.') {
            Some(patch) => Some(number(patch)?.0),
            None if rest.is_empty() || rest.starts_with(['-', '+']) => None,
            None => return None,
        };
        Some(Self {
            major,
            minor,
            patch,
        })
    }

    /// Returns whether it is this minor version of Istio 1, with any patch.
    pub fn is_minor(self, minor: u32) -> bool {
        (self.major, self.minor) == (1, minor)
    }

    /// Returns whether it is this minor version of Istio 1 or a later one.
    pub fn is_from_minor(self, minor: u32) -> bool {
        (self.major, self.minor) >= (1, minor)
    }
}

/// `1.31.0`, as images are tagged.
impl fmt::Display for IstioVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major,
            minor,
            patch,
        } = self;
        match patch {
            Some(patch) => write!(f, "{major}.{minor}.{patch}"),
            None => write!(f, "{major}.{minor}"),
        }
    }
}

/// Returns the number at the start of the text, and the text behind it.
fn number(text: &str) -> Option<(u32, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_with_what_builds_add_to_them() {
        for (text, expected) in [
            ("1.31.0", Some((1, 31, Some(0)))),
            ("v1.28.4", Some((1, 28, Some(4)))),
            ("1.30.2-distroless", Some((1, 30, Some(2)))),
            ("1.29-alpha.0a1b2c", Some((1, 29, None))),
            ("1.31", Some((1, 31, None))),
            ("1.300.0", Some((1, 300, Some(0)))),
            ("1.30.", None),
            ("1.30x", None),
            ("1", None),
            ("latest", None),
            ("", None),
            ("99999999999.1", None),
        ] {
            let read = IstioVersion::read(text);
            let read = read.map(|version| (version.major, version.minor, version.patch));
            assert_eq!(read, expected, "{text}");
        }
    }
}
