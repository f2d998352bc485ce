//! The comparisons, and the aim of each.

use std::ffi::OsString;

use super::arena::{Arena, CLUSTER, Login, NAMESPACE, Way};
use super::tools::Tool;

/// One row of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    /// Nothing but starting.
    Help,
    /// The same, with less to say.
    Version,
    /// The token is in place, the context authenticates by token, and the result is tried.
    Create,
    /// The same, untried, which is what istioctl does.
    CreateUntried,
    /// As `Create`, but the context authenticates by client certificate, so that trying takes a connection of its own.
    CreateByCertificate,
    /// A namespace that is not there, and so nothing in it.
    FromNothing,
}

/// The aim of a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Aim {
    /// At most this share of istioctl's.
    Share(f64),
    /// At most this much, whatever istioctl takes.
    AtMost(f64),
}

impl Case {
    pub(super) const ALL: [Self; 6] = [
        Self::Help,
        Self::Version,
        Self::Create,
        Self::CreateUntried,
        Self::CreateByCertificate,
        Self::FromNothing,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Help => "--help",
            Self::Version => "--version",
            Self::Create => "create",
            Self::CreateUntried => "create --no-verify",
            Self::CreateByCertificate => "create, by certificate",
            Self::FromNothing => "create, from nothing",
        }
    }

    /// Tells whether it reaches the API server.
    pub(super) fn connects(self) -> bool {
        match self {
            Self::Help | Self::Version => false,
            Self::Create | Self::CreateUntried | Self::CreateByCertificate | Self::FromNothing => {
                true
            }
        }
    }

    /// The largest number of runs; what writes is not repeated for the sake of a third digit.
    pub(super) fn most_runs(self) -> usize {
        match self {
            Self::FromNothing => 3,
            Self::Help
            | Self::Version
            | Self::Create
            | Self::CreateUntried
            | Self::CreateByCertificate => usize::MAX,
        }
    }

    /// Returns the arguments; `run` tells runs apart that must not find what an earlier one made.
    pub(super) fn arguments(self, tool: Tool, arena: &Arena, way: Way, run: &str) -> Vec<OsString> {
        let (login, namespace) = match self {
            Self::Help => return owned(&["--help"]),
            Self::Version => {
                return match tool {
                    Tool::Ours => owned(&["--version"]),
                    Tool::Istioctl => owned(&["version", "--remote=false"]),
                };
            }
            Self::Create | Self::CreateUntried => (Login::Token, NAMESPACE.to_owned()),
            Self::CreateByCertificate => (Login::Certificate, NAMESPACE.to_owned()),
            Self::FromNothing => (Login::Token, format!("fresh-{}-{run}", tool.short())),
        };
        let mut arguments = match tool {
            Tool::Ours => owned(&["create", "--allow-loopback"]),
            Tool::Istioctl => owned(&["create-remote-secret"]),
        };
        if self == Self::CreateUntried && tool == Tool::Ours {
            arguments.extend(owned(&["--no-verify"]));
        }
        arguments.extend(owned(&["--context", CLUSTER, "--name", CLUSTER]));
        arguments.extend(owned(&["--namespace", &namespace, "--kubeconfig"]));
        arguments.push(arena.kubeconfig(login, way).into());
        arguments
    }

    /// Seconds from start to end.
    pub(super) fn wall(self) -> Option<Aim> {
        match self {
            Self::Help | Self::Version => Some(Aim::AtMost(0.003)),
            Self::Create => Some(Aim::Share(1.0 / 5.0)),
            Self::CreateUntried => Some(Aim::Share(1.0 / 7.0)),
            Self::CreateByCertificate | Self::FromNothing => None,
        }
    }

    /// Seconds of CPU, and bytes of memory.
    pub(super) fn cpu_and_memory(self) -> Option<Aim> {
        match self {
            Self::Create | Self::CreateUntried => Some(Aim::Share(1.0 / 10.0)),
            Self::Help | Self::Version | Self::CreateByCertificate | Self::FromNothing => None,
        }
    }

    pub(super) fn connections(self) -> Option<Aim> {
        match self {
            Self::Create | Self::CreateUntried => Some(Aim::AtMost(1.0)),
            Self::CreateByCertificate => Some(Aim::AtMost(2.0)),
            Self::Help | Self::Version | Self::FromNothing => None,
        }
    }

    /// Three, and one for trying the result.
    pub(super) fn requests(self) -> Option<Aim> {
        match self {
            Self::CreateUntried => Some(Aim::AtMost(3.0)),
            Self::Create | Self::CreateByCertificate => Some(Aim::AtMost(4.0)),
            Self::Help | Self::Version | Self::FromNothing => None,
        }
    }
}

/// Bytes of the program's file.
pub(super) const SIZE: Aim = Aim::Share(1.0 / 10.0);

impl Aim {
    /// Tells whether a figure of ours is as aimed at, beside istioctl's.
    pub(super) fn met(self, ours: f64, istioctl: f64) -> bool {
        match self {
            Self::Share(share) => ours <= share * istioctl,
            Self::AtMost(most) => ours <= most,
        }
    }
}

fn owned(words: &[&str]) -> Vec<OsString> {
    words.iter().map(Into::into).collect()
}
