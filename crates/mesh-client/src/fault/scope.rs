//! Classification of failures: those that concern one cluster alone.

use super::{ApiFault, api_fault};
use mesh_model::Error;
use mesh_model::error::Kind;

/// Returns whether `error` concerns one cluster alone: it is unreachable, rejects the credential, forbids the request,
/// or fails.
///
/// Work on many clusters continues without that cluster. Any other error needs a person's decision before anything is
/// done: a wrong argument, a conflict with another field manager, a named object that does not exist.
pub fn concerns_one_cluster(error: &Error) -> bool {
    match error.kind() {
        Kind::Unreachable | Kind::Unauthenticated | Kind::Forbidden => true,
        Kind::Refused | Kind::NotFound | Kind::Conflict => {
            api_fault(error).is_some_and(is_of_the_server)
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
    use super::*;

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

    #[test]
    fn what_a_server_does_is_its_own_and_what_a_person_said_is_not() {
        let message = String::new;
        let refused = |fault: ApiFault| Error::refused("x").because(fault);
        for (error, expected) in [
            (Error::new(Kind::Unreachable, "x"), true),
            (Error::new(Kind::Unauthenticated, "x"), true),
            (Error::new(Kind::Forbidden, "x"), true),
            (refused(ApiFault::ServerFailed { message: message() }), true),
            (refused(ApiFault::KindUnknown { message: message() }), true),
            (refused(ApiFault::Changed { message: message() }), false),
            (refused(ApiFault::NotFound { message: message() }), false),
            (Error::refused("x"), false),
            (Error::usage("x"), false),
            (Error::new(Kind::Conflict, "x"), false),
            (Error::new(Kind::Interrupted, "x"), false),
        ] {
            assert_eq!(concerns_one_cluster(&error), expected, "{error:?}");
        }
    }
}
