//! Converts a `Status` into an [`ApiFault`].
//!
//! <https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind>

use http::StatusCode;
use kube::core::Status;
use kube::core::response::{StatusCause, StatusDetails, reason};

use super::{ApiFault, FieldOwner};

/// The message of the Kubernetes library for an error answer that is not a `Status`; its text is then the raw answer.
const NO_STATUS: &str = "Failed to parse error data";

/// The maximum length of a `Status` message that is shown.
const LONGEST_MESSAGE: usize = 2000;

/// The maximum length of a raw text that is shown; anything longer is a page and not a message.
const LONGEST: usize = 200;

pub(super) fn api_fault_of(status: &Status) -> ApiFault {
    if status.reason == NO_STATUS {
        return of_raw_text(status.code, status.message.trim());
    }
    if status.code == 0 && status.reason.is_empty() {
        return ApiFault::NotKubernetes {
            answer: "with an error that is not a Status".to_owned(),
        };
    }
    let message = message(status);
    let details = status.details.as_ref();
    match status.reason.as_str() {
        reason::NOT_FOUND => not_found(message, details),
        reason::ALREADY_EXISTS => ApiFault::AlreadyExists { message },
        reason::CONFLICT => conflict(message, details),
        _ => of_code(status.code, message),
    }
}

fn message(status: &Status) -> String {
    // If a server has no details, its message ends with the separator before them.
    let said = status.message.trim_end_matches([':', ' ']);
    if !said.is_empty() {
        let (shown, rest) = match said.char_indices().nth(LONGEST_MESSAGE) {
            Some((end, _)) => (&said[..end], " ..."),
            None => (said, ""),
        };
        format!("{shown}{rest}")
    } else if status.reason.is_empty() {
        described(status.code)
    } else {
        status.reason.clone()
    }
}

fn of_code(code: u16, message: String) -> ApiFault {
    match code {
        401 => ApiFault::Unauthenticated { message },
        403 => ApiFault::Forbidden {
            user: user_named_in(&message),
            message,
        },
        // If the answer names no object, the path is unknown: the server does not have the kind.
        404 => ApiFault::KindUnknown { message },
        409 => ApiFault::Changed { message },
        410 => ApiFault::Expired { message },
        400 | 422 => ApiFault::Invalid { message },
        429 => ApiFault::TooManyRequests { message },
        502..=504 => ApiFault::Unavailable { message },
        500 => ApiFault::ServerFailed { message },
        code => ApiFault::Refused { code, message },
    }
}

fn of_raw_text(code: u16, text: &str) -> ApiFault {
    let is_line = !text.is_empty() && text.len() <= LONGEST && !text.contains(['<', '{', '\n']);
    if is_line {
        of_code(code, text.to_owned())
    } else if text.is_empty() || matches!(code, 500 | 502..=504 | 429) {
        of_code(code, described(code))
    } else {
        ApiFault::NotKubernetes {
            answer: format!("{} with a page", described(code)),
        }
    }
}

fn described(code: u16) -> String {
    StatusCode::from_u16(code).map_or_else(
        |_| format!("HTTP {code}"),
        |status| format!("HTTP {status}"),
    )
}

fn not_found(message: String, details: Option<&StatusDetails>) -> ApiFault {
    match details {
        Some(details) if details.kind == "namespaces" && !details.name.is_empty() => {
            ApiFault::NamespaceMissing {
                message,
                namespace: details.name.clone(),
            }
        }
        Some(details) if !details.name.is_empty() => ApiFault::NotFound { message },
        // "the server could not find the requested resource" names no object.
        Some(_) | None => ApiFault::KindUnknown { message },
    }
}

fn conflict(message: String, details: Option<&StatusDetails>) -> ApiFault {
    let causes = details
        .map(|details| details.causes.as_slice())
        .unwrap_or_default();
    let mut owners: Vec<FieldOwner> = Vec::new();
    for cause in causes
        .iter()
        .filter(|cause| cause.reason == "FieldManagerConflict")
    {
        let manager = manager_named_in(cause);
        match owners.iter_mut().find(|owner| owner.manager == manager) {
            Some(owner) => owner.fields.push(cause.field.clone()),
            None => owners.push(FieldOwner {
                manager,
                fields: vec![cause.field.clone()],
            }),
        }
    }
    if owners.is_empty() {
        ApiFault::Changed { message }
    } else {
        ApiFault::FieldConflict { message, owners }
    }
}

/// Returns the manager of `conflict with "NAME" using v1`, which is only in the message.
///
/// <https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go>
fn manager_named_in(cause: &StatusCause) -> String {
    quoted_after(&cause.message, "conflict with ").unwrap_or_else(|| cause.message.clone())
}

/// Returns the user of `User "NAME" cannot get resource …`, which is only in the message.
fn user_named_in(message: &str) -> Option<String> {
    message
        .contains("\" cannot ")
        .then(|| quoted_after(message, "User "))
        .flatten()
}

fn quoted_after(text: &str, words: &str) -> Option<String> {
    let (_, rest) = text.split_once(words)?;
    let (inside, _) = rest.strip_prefix('"')?.split_once('"')?;
    Some(inside.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(status: serde_json::Value, expected: &ApiFault) {
        let status: Status = serde_json::from_value(status).unwrap();
        assert_eq!(api_fault_of(&status), *expected);
    }

    #[test]
    fn owners_of_fields_are_told_apart() {
        let cause = |manager: &str, field: &str| json!({"reason": "FieldManagerConflict", "field": field, "message": format!("conflict with \"{manager}\" using v1")});
        check(
            json!({"code": 409, "reason": "Conflict", "message": "Apply failed with 3 conflicts", "details": {"causes": [
                cause("helm", ".data.a"), cause("kubectl", ".data.b"), cause("helm", ".data.c"),
            ]}}),
            &ApiFault::FieldConflict {
                message: "Apply failed with 3 conflicts".to_owned(),
                owners: vec![
                    FieldOwner {
                        manager: "helm".to_owned(),
                        fields: vec![".data.a".to_owned(), ".data.c".to_owned()],
                    },
                    FieldOwner {
                        manager: "kubectl".to_owned(),
                        fields: vec![".data.b".to_owned()],
                    },
                ],
            },
        );
        check(
            json!({"code": 409, "reason": "Conflict", "message": "the object has been modified"}),
            &ApiFault::Changed {
                message: "the object has been modified".to_owned(),
            },
        );
    }

    #[test]
    fn what_is_missing_is_told_apart() {
        check(
            json!({"code": 404, "reason": "NotFound", "message": "secrets \"x\" not found", "details": {"kind": "secrets", "name": "x"}}),
            &ApiFault::NotFound {
                message: "secrets \"x\" not found".to_owned(),
            },
        );
        check(
            json!({"code": 404, "reason": "NotFound", "message": "namespaces \"x\" not found", "details": {"kind": "namespaces", "name": "x"}}),
            &ApiFault::NamespaceMissing {
                message: "namespaces \"x\" not found".to_owned(),
                namespace: "x".to_owned(),
            },
        );
        for reason in ["NotFound", NO_STATUS] {
            check(
                json!({"code": 404, "reason": reason, "message": "404 page not found"}),
                &ApiFault::KindUnknown {
                    message: "404 page not found".to_owned(),
                },
            );
        }
    }

    #[test]
    fn a_user_is_named_only_where_the_server_names_one() {
        let of_user = "secrets is forbidden: User \"jane\" cannot list resource \"secrets\"";
        check(
            json!({"code": 403, "reason": "Forbidden", "message": of_user}),
            &ApiFault::Forbidden {
                message: of_user.to_owned(),
                user: Some("jane".to_owned()),
            },
        );
        check(
            json!({"code": 403, "reason": "Forbidden", "message": "exceeded quota"}),
            &ApiFault::Forbidden {
                message: "exceeded quota".to_owned(),
                user: None,
            },
        );
    }

    #[test]
    fn a_refusal_without_a_reason_ends_before_it() {
        check(
            json!({"code": 403, "reason": "Forbidden", "message": "pods \"a\" is forbidden: "}),
            &ApiFault::Forbidden {
                message: "pods \"a\" is forbidden".to_owned(),
                user: None,
            },
        );
    }

    #[test]
    fn an_endless_message_is_cut() {
        let message = "\u{e4}".repeat(1_000_000);
        let status: Status =
            serde_json::from_value(json!({"code": 500, "message": message})).unwrap();
        let ApiFault::ServerFailed { message } = api_fault_of(&status) else {
            panic!("500 is the server's failure");
        };
        assert_eq!(message.chars().count(), LONGEST_MESSAGE + 4);
    }

    #[test]
    fn pages_are_not_shown() {
        check(
            json!({"code": 403, "reason": NO_STATUS, "message": "<html><body>log in</body></html>"}),
            &ApiFault::NotKubernetes {
                answer: "HTTP 403 Forbidden with a page".to_owned(),
            },
        );
        check(
            json!({"code": 503, "reason": NO_STATUS, "message": "<html>no healthy upstream</html>"}),
            &ApiFault::Unavailable {
                message: "HTTP 503 Service Unavailable".to_owned(),
            },
        );
        check(
            json!({"error": "unknown"}),
            &ApiFault::NotKubernetes {
                answer: "with an error that is not a Status".to_owned(),
            },
        );
    }
}
