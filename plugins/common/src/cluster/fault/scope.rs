//! Which failures concern one cluster alone.

use super::{ApiFault, api_fault};
use crate::mesh::Error;
use crate::mesh::error::Kind;

/// Whether `error` tells how one cluster stands to us: it is not reached, does not let us in, does not allow it, or fails.
///
/// Work over many clusters goes on without that one. What is left is for a person to decide before anything is done: a wrong
/// argument, an object that somebody else owns, something that was named and is not there.
pub fn concerns_one_cluster(error: &Error) -> bool {
    match error.kind() {
        Kind::Unreachable | Kind::Unauthenticated | Kind::Forbidden => true,
        Kind::Refused | Kind::NotFound | Kind::Conflict => {
            api_fault(error).is_some_and(is_of_the_server)
        }
        Kind::Usage | Kind::WaitRanOut | Kind::Interrupted => false,
    }
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
