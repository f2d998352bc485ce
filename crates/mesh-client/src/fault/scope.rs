//! The policy for failures: the scope of each kind, beyond the request that failed.
//!
//! A failed read affects only the checks that depend on it, or its whole cluster; a failed cluster affects only itself,
//! or the whole command.

use super::{ApiFault, ConnectFault, api_fault, connect_fault};
use mesh_model::Error;
use mesh_model::error::Kind;
use mesh_model::read::{Read, Unread, is_of_a_read};

/// Returns the result of a failed read if the rest of its cluster can still be read; `None` if the cluster is unusable.
pub(crate) fn lost_read<T>(error: &Error) -> Option<Read<T>> {
    let is_late = matches!(
        connect_fault(error),
        Some(ConnectFault::NoAnswer { .. } | ConnectFault::TimedOut { .. })
    );
    // An error that was made from a read was sorted before.
    let is_of_a_read = is_of_a_read(error);
    match error.kind() {
        Kind::Forbidden => Some(Read::Denied(Unread::of(error, false))),
        Kind::NotFound => Some(Read::Absent(Unread::of(error, false))),
        // The server answered, if only that it cannot answer this now, or with what cannot be read.
        Kind::Unreachable if is_busy(error) || is_unreadable(error) => {
            Some(Read::Failed(Unread::of(error, true)))
        }
        Kind::Unreachable if is_late || is_of_a_read => Some(Read::Late(Unread::of(error, true))),
        Kind::Refused | Kind::Conflict if api_fault(error).is_some() || is_of_a_read => {
            Some(Read::Failed(Unread::of(error, true)))
        }
        Kind::Refused
        | Kind::Conflict
        | Kind::Unreachable
        | Kind::Unauthenticated
        | Kind::Usage
        | Kind::WaitRanOut
        | Kind::Interrupted => None,
    }
}

/// Returns whether `error` concerns one cluster alone: it is unreachable, rejects the credential, forbids the request,
/// or fails.
///
/// Work on many clusters continues without that cluster. Any other error needs a person's decision before anything is
/// done: a wrong argument, a conflict with another field manager, a named object that does not exist.
pub fn concerns_one_cluster(error: &Error) -> bool {
    match error.kind() {
        Kind::Unreachable | Kind::Unauthenticated | Kind::Forbidden => true,
        Kind::Refused | Kind::NotFound | Kind::Conflict => {
            api_fault(error).is_some_and(is_of_the_server) || is_of_a_read(error)
        }
        Kind::Usage | Kind::WaitRanOut | Kind::Interrupted => false,
    }
}

/// Splits the results of work on several clusters into values and errors that concern one cluster alone.
///
/// # Errors
/// All errors, joined, if one of them concerns more than one cluster, or if there is no value.
pub fn each_alone<T>(
    results: impl IntoIterator<Item = Result<T, Error>>,
) -> Result<(Vec<T>, Vec<Error>), Error> {
    let (good, wrong) = Error::parted(results);
    let (mut lost, mut wrong): (Vec<_>, Vec<_>) = wrong.into_iter().partition(concerns_one_cluster);
    if good.is_empty() || !wrong.is_empty() {
        wrong.append(&mut lost);
    }
    Error::all(wrong).map_or(Ok((good, lost)), Err)
}

/// Joins the errors that concern one cluster alone to an error that stops the work everywhere, so that all of them can
/// be fixed before the next run.
pub fn with_lost(error: Error, lost: &mut Vec<Error>) -> Error {
    if error.kind() == Kind::Interrupted {
        return error;
    }
    lost.drain(..).fold(error, Error::and)
}

/// Returns whether a server refused the request. Otherwise a write may have been carried out without an answer.
pub fn is_refused(error: &Error) -> bool {
    matches!(
        api_fault(error),
        Some(
            ApiFault::Unauthenticated { .. }
                | ApiFault::Forbidden { .. }
                | ApiFault::KindUnknown { .. }
                | ApiFault::Invalid { .. }
                | ApiFault::TooManyRequests { .. }
                | ApiFault::Refused { .. }
        )
    )
}

/// Returns whether the failure may pass by itself, so that a wait goes on: the cluster is unreachable, or its server failed a read.
pub fn may_pass(error: &Error) -> bool {
    error.kind() == Kind::Unreachable || (error.kind() == Kind::Refused && is_of_a_read(error))
}

/// Returns whether the server refused to answer for now, after all retries.
fn is_busy(error: &Error) -> bool {
    matches!(
        api_fault(error),
        Some(ApiFault::TooManyRequests { .. } | ApiFault::Unavailable { .. })
    )
}

/// Returns whether a Kubernetes API answered, and the answer cannot be parsed.
fn is_unreadable(error: &Error) -> bool {
    matches!(api_fault(error), Some(ApiFault::Unreadable { .. }))
}

fn is_of_the_server(fault: &ApiFault) -> bool {
    match fault {
        ApiFault::Unauthenticated { .. }
        | ApiFault::Forbidden { .. }
        | ApiFault::KindUnknown { .. }
        | ApiFault::Expired { .. }
        | ApiFault::Invalid { .. }
        | ApiFault::TooManyRequests { .. }
        | ApiFault::Unavailable { .. }
        | ApiFault::ServerFailed { .. }
        | ApiFault::Refused { .. }
        | ApiFault::NotKubernetes { .. }
        | ApiFault::TooLong { .. }
        | ApiFault::Unreadable { .. } => true,
        ApiFault::NotFound { .. }
        | ApiFault::NamespaceMissing { .. }
        | ApiFault::AlreadyExists { .. }
        | ApiFault::FieldConflict { .. }
        | ApiFault::Changed { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn api(kind: Kind, fault: ApiFault) -> Error {
        Error::new(kind, "x").because(fault)
    }

    fn unreached(fault: ConnectFault) -> Error {
        Error::new(Kind::Unreachable, "x").because(fault)
    }

    fn word(read: &Read<()>) -> &'static str {
        match read {
            Read::Seen(()) => "seen",
            Read::Absent(_) => "absent",
            Read::Denied(_) => "denied",
            Read::Failed(_) => "failed",
            Read::Late(_) => "late",
            Read::NotAsked => "not asked",
        }
    }

    /// The policy, a row for each kind of failure: the result of a read that fails so (or that its cluster is
    /// unusable), whether work on several clusters continues without this one, whether a write that fails so was
    /// certainly not carried out, and whether a wait goes on. Verbs call these functions and have no policy of their own.
    #[test]
    #[rustfmt::skip]
    fn what_each_kind_of_failure_costs() {
        use Kind::{Conflict, Forbidden, NotFound, Refused, Unauthenticated, Unreachable};
        const LOST: &str = "the cluster is lost";
        let m = String::new;
        let (alone, all, refused, unknown) = (true, false, true, false);
        let (passes, stays) = (true, false);
        for (error, read, goes_on, not_written, passing) in [
            // The cluster is unreachable, or does not accept the credential: it is unusable, the others are not
            // affected.
            (unreached(ConnectFault::UnknownHost { host: m() }), LOST, alone, unknown, passes),
            (unreached(ConnectFault::Refused { address: m() }), LOST, alone, unknown, passes),
            (unreached(ConnectFault::UnknownAuthority { reason: None }), LOST, alone, unknown, passes),
            (unreached(ConnectFault::BrokenOff), LOST, alone, unknown, passes),
            (Error::new(Unauthenticated, "no credential"), LOST, alone, unknown, stays),
            (api(Unauthenticated, ApiFault::Unauthenticated { message: m() }), LOST, alone, refused, stays),
            // The answer is not that of a Kubernetes API server, or longer than any of one: likewise.
            (api(Unreachable, ApiFault::Expired { message: m() }), LOST, alone, unknown, passes),
            (api(Unreachable, ApiFault::NotKubernetes { answer: m() }), LOST, alone, unknown, passes),
            (api(Unreachable, ApiFault::TooLong { mebibytes: 1 }), LOST, alone, unknown, passes),
            // The answer is late, forbidden, about an unknown kind, an error, also one that retries did not get past, or
            // cannot be parsed, as one object of a list may be: a report continues without that read.
            (unreached(ConnectFault::NoAnswer { after: Duration::ZERO }), "late", alone, unknown, passes),
            (unreached(ConnectFault::TimedOut { after: Duration::ZERO }), "late", alone, unknown, passes),
            (api(Forbidden, ApiFault::Forbidden { message: m(), user: None }), "denied", alone, refused, stays),
            (api(NotFound, ApiFault::KindUnknown { message: m() }), "absent", alone, refused, stays),
            (api(Unreachable, ApiFault::Unavailable { message: m() }), "failed", alone, unknown, passes),
            (api(Unreachable, ApiFault::TooManyRequests { message: m() }), "failed", alone, refused, passes),
            (api(Unreachable, ApiFault::Unreadable { reason: m() }), "failed", alone, unknown, passes),
            (api(Refused, ApiFault::ServerFailed { message: m() }), "failed", alone, unknown, stays),
            (api(Refused, ApiFault::Invalid { message: m() }), "failed", alone, refused, stays),
            (api(Refused, ApiFault::Refused { code: 418, message: m() }), "failed", alone, refused, stays),
            // A named object does not exist, or has changed: a person has to decide before anything is done anywhere.
            (api(NotFound, ApiFault::NotFound { message: m() }), "absent", all, unknown, stays),
            (api(NotFound, ApiFault::NamespaceMissing { message: m(), namespace: m() }), "absent", all, unknown, stays),
            (api(Conflict, ApiFault::AlreadyExists { message: m() }), "failed", all, unknown, stays),
            (api(Conflict, ApiFault::FieldConflict { message: m(), owners: Vec::new() }), "failed", all, unknown, stays),
            (api(Conflict, ApiFault::Changed { message: m() }), "failed", all, unknown, stays),
            // Wrong arguments, an error of this machine, or an interruption.
            (Error::usage("x"), LOST, all, unknown, stays),
            (Error::refused("a file cannot be read"), LOST, all, unknown, stays),
            (Error::new(Conflict, "somebody else's object"), LOST, all, unknown, stays),
            (Error::new(Kind::WaitRanOut, "x"), LOST, all, unknown, stays),
            (Error::new(Kind::Interrupted, "x"), LOST, all, unknown, stays),
        ] {
            let of_read = lost_read(&error).map_or(LOST, |read| word(&read));
            assert_eq!(
                (of_read, concerns_one_cluster(&error), is_refused(&error), may_pass(&error)),
                (read, goes_on, not_written, passing),
                "{error:?}"
            );
        }
    }

    #[test]
    fn the_error_of_a_read_costs_as_much_as_the_failure_itself() {
        let message = || "m".to_owned();
        for failed in [
            api(Kind::Refused, ApiFault::ServerFailed { message: message() }),
            api(
                Kind::Forbidden,
                ApiFault::Forbidden {
                    message: message(),
                    user: None,
                },
            ),
            api(Kind::NotFound, ApiFault::KindUnknown { message: message() }),
            unreached(ConnectFault::TimedOut {
                after: Duration::ZERO,
            }),
        ] {
            let read: Read<()> = lost_read(&failed).unwrap();
            let again = read.clone().into_result().unwrap_err();
            assert!(concerns_one_cluster(&failed) && concerns_one_cluster(&again));
            assert_eq!(again.in_one_line(), failed.in_one_line());
            assert_eq!(lost_read(&again), Some(read));
        }
    }

    #[test]
    fn a_cluster_that_is_lost_costs_itself_and_what_a_person_said_costs_all() {
        let lost = || Err(Error::new(Kind::Forbidden, "lost"));
        let (good, wrong) = each_alone([Ok(1), lost(), Ok(2)]).unwrap();
        assert_eq!((good, wrong.len()), (vec![1, 2], 1));
        let error = each_alone([Ok(1), lost(), Err(Error::usage("wrong"))]).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.also().len()),
            ("wrong", 1)
        );
        let mut before = vec![Error::new(Kind::Forbidden, "lost")];
        let stopped = with_lost(Error::new(Kind::Interrupted, "stopped"), &mut before);
        assert_eq!((stopped.also().len(), before.len()), (0, 1));
        let both = with_lost(Error::usage("wrong"), &mut before);
        assert_eq!((both.also().len(), before.len()), (1, 0));
        assert_eq!(
            each_alone::<u8>([lost(), lost()]).unwrap_err().also().len(),
            1
        );
    }
}
