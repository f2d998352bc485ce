//! The surroundings of the kubeconfig: label, key, another secret.

use super::case::{Case, Wiring, good};
use crate::SELF;

pub(super) fn wiring() -> Vec<Case> {
    let case = |name, key, wiring| Case::wired(name, key, good(), wiring);
    vec![
        case("good", "good", Wiring::Plain),
        case("own-name", SELF, Wiring::Self_),
        case("no-label", "no-label", Wiring::Label(None)),
        case("label-false", "label-false", Wiring::Label(Some("false"))),
        case(
            "label-true-in-capitals",
            "capitals",
            Wiring::Label(Some("True")),
        ),
        case("twin-one", "twin", Wiring::Twin),
        case("twin-two", "twin", Wiring::Twin),
        case("odd-key", "-_.A_B..c-", Wiring::Plain),
        case("key-in-capitals", "RULES", Wiring::Plain),
        case("long-key", &"k".repeat(250), Wiring::Plain),
    ]
}
