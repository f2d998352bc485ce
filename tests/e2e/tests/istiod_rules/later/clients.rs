//! Client certificates, which the API server judges. A case is a line.

use mesh_testkit::forge::{Key, Kind, Recipe, Usage};
use mesh_testkit::kubeconfig::User;
use mesh_testkit::pki::{Identity, Validity};

use super::case::Case;
use super::source::Source;

/// The user of the client certificates.
pub(super) const USER: &str = "client";

pub(super) fn cases(source: &Source) -> Vec<Case> {
    let identity = |recipe: Recipe| recipe.by(&source.clients).identity();
    let case = |name: &str, client: &Identity, syncs| {
        let user = User::new().client_certificate(client);
        Case::new(name, source.api.entry(), user, syncs)
    };
    let usual = || Recipe::client(USER);
    let good = identity(usual());
    let expired = identity(usual().validity(Validity::expired()));
    let stranger = Recipe::authority("stranger").by_itself();
    let token = source.token();
    let beside = |name: &str, client: &Identity| {
        let user = User::new().client_certificate(client).token(&token);
        Case::new(name, source.api.entry(), user, true)
    };
    let foreign = Identity {
        key_pem: Key::of(Kind::P256, 9).pem(),
        ..good.clone()
    };
    vec![
        case("client", &good, true),
        case(
            "client-version-1",
            &identity(Recipe::new(USER).version(1)),
            true,
        ),
        case("client-p521", &identity(usual().key(Kind::P521, 2)), true),
        case(
            "client-ed25519",
            &identity(usual().key(Kind::Ed25519, 2)),
            true,
        ),
        case(
            "client-rsa-1024",
            &identity(usual().key(Kind::Rsa(1024), 2)),
            true,
        ),
        case("client-p224", &identity(usual().key(Kind::P224, 2)), false),
        case(
            "client-rsa-768",
            &identity(usual().key(Kind::Rsa(768), 1)),
            false,
        ),
        case("client-expired", &expired, false),
        case(
            "client-not-yet-valid",
            &identity(usual().validity(Validity::not_yet())),
            false,
        ),
        case(
            "client-for-servers",
            &identity(Recipe::new(USER).usage(&[Usage::Server])),
            false,
        ),
        case(
            "client-of-a-stranger",
            &usual().by(&stranger).identity(),
            false,
        ),
        case("client-of-itself", &usual().by_itself().identity(), false),
        case(
            "client-without-rights",
            &identity(Recipe::client("nobody")),
            false,
        ),
        case("client-with-another-key", &foreign, false),
        beside("client-beside-a-token", &good),
        beside("client-expired-beside-a-token", &expired),
    ]
}
