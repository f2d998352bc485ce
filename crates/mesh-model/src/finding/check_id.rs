//! The ids of checks, with title, severity and explanation of each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::Severity;
pub use super::catalogue::{CheckId, Group};

/// An id that is not in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown check {0:?}")]
pub struct UnknownCheck(String);

/// An entry of the catalogue.
pub(super) struct Entry {
    pub(super) id: &'static str,
    pub(super) group: Group,
    pub(super) severity: Severity,
    pub(super) title: &'static str,
    pub(super) explanation: &'static str,
}

/// Generates the enum of checks from their entries: `Variant "id" Severity "title" "explanation";`, in groups.
macro_rules! catalogue {
    ($($group:ident $heading:literal {
        $($check:ident $id:literal $severity:ident $title:literal $explanation:literal;)+
    })+) => {
        /// A check. Its text is the id in reports and JSON, such as `secret-server-loopback`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum CheckId {
            $($(
                #[doc = concat!("`", $id, "`: ", $title, ".")]
                $check,
            )+)+
        }

        /// A subject, which groups checks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Group {
            $(
                #[doc = concat!($heading, ".")]
                $group,
            )+
        }

        impl CheckId {
            /// All checks, by group.
            pub const ALL: &'static [Self] = &[$($(Self::$check,)+)+];

            pub(super) const fn entry(self) -> $crate::finding::check_id::Entry {
                match self {
                    $($(Self::$check => $crate::finding::check_id::Entry {
                        id: $id,
                        group: Group::$group,
                        severity: $crate::finding::Severity::$severity,
                        title: $title,
                        explanation: $explanation,
                    },)+)+
                }
            }
        }

        impl Group {
            /// All groups, in the catalogue's order.
            pub const ALL: &'static [Self] = &[$(Self::$group,)+];

            /// Returns the heading for its checks.
            pub const fn heading(self) -> &'static str {
                match self {
                    $(Self::$group => $heading,)+
                }
            }
        }
    };
}
pub(super) use catalogue;

impl CheckId {
    /// Returns the id.
    pub const fn as_str(self) -> &'static str {
        self.entry().id
    }

    /// Returns its subject.
    pub const fn group(self) -> Group {
        self.entry().group
    }

    /// Returns the usual severity; a single finding may be less or more severe.
    pub const fn severity(self) -> Severity {
        self.entry().severity
    }

    /// Returns the title: the problem in one line.
    pub const fn title(self) -> &'static str {
        self.entry().title
    }

    /// Returns the explanation: a few sentences about the consequences for Istio.
    pub const fn explanation(self) -> &'static str {
        self.entry().explanation
    }

    /// Returns its path in the documentation, relative to the root of the repository.
    pub fn anchor(self) -> String {
        format!("docs/checks.md#{self}")
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for CheckId {
    type Err = UnknownCheck;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.iter().copied();
        all.find(|check| check.as_str() == text)
            .ok_or_else(|| UnknownCheck(text.to_owned()))
    }
}

impl Serialize for CheckId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CheckId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTRODUCTION: &str = "\
# Checks

The findings of `mesh-verify`, `mesh-secret list` and `inspect`, `mesh-label show` and `mesh-eastwest status`, by their ids, and
why they matter. The severity is that of most findings of a check; a single one may weigh less, or more. An error is something that
does not work, a warning something that works today, and info something that healthy meshes have as well.
";

    /// Returns the text wrapped at the width of the other pages.
    fn wrapped(text: &str) -> String {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split(' ') {
            match lines.last_mut() {
                Some(line) if line.len() + 1 + word.len() <= 125 => {
                    line.push(' ');
                    line.push_str(word);
                }
                Some(_) | None => lines.push(word.to_owned()),
            }
        }
        lines.join("\n")
    }

    fn section(check: CheckId) -> String {
        let text = wrapped(check.explanation());
        let (title, severity) = (check.title(), check.severity().word());
        format!("\n### {check}\n\n*{severity}*: {title}.\n\n{text}\n")
    }

    /// `SNAPSHOTS=overwrite cargo test -p mesh-model the_page_of_checks` regenerates the page.
    #[test]
    fn the_page_of_checks_is_the_catalogue() {
        let of_group = |group: &Group| {
            let checks = CheckId::ALL.iter().filter(|check| check.group() == *group);
            let sections: String = checks.map(|check| section(*check)).collect();
            format!("\n## {}\n{sections}", group.heading())
        };
        let groups: String = Group::ALL.iter().map(of_group).collect();
        snapbox::assert_data_eq!(
            format!("{INTRODUCTION}{groups}"),
            snapbox::file!["../../../../docs/checks.md"]
        );
    }

    #[test]
    fn an_id_is_read_again_and_belongs_to_one_check() {
        for (number, check) in CheckId::ALL.iter().enumerate() {
            let id = check.to_string();
            assert_eq!(id.parse(), Ok(*check));
            let json = serde_json::to_string(check).expect("an id is JSON");
            assert_eq!(json, format!("\"{id}\""));
            assert_eq!(serde_json::from_str::<CheckId>(&json).ok(), Some(*check));
            let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(id.chars().all(is_kebab), "{id}");
            let again = CheckId::ALL.iter().skip(number + 1);
            assert!(again.into_iter().all(|other| other.as_str() != id), "{id}");
        }
        assert!("secret-anything".parse::<CheckId>().is_err());
    }

    #[test]
    fn every_check_is_explained_in_whole_sentences() {
        for check in CheckId::ALL {
            let (title, text) = (check.title(), check.explanation());
            assert!(!title.ends_with('.') && title.len() <= 90, "{title}");
            let sentences = text.matches(". ").count() + 1;
            assert!(
                text.ends_with('.') && (1..=3).contains(&sentences),
                "{check}"
            );
            assert!(!text.contains("  "), "{check}: {text}");
        }
    }
}
