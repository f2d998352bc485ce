//! Resolved credentials: a header, a client certificate, and facts for error messages.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::exec::ExecCache;
use super::provider;
use super::source::{Bearer, ClientCertificate, Pem};
use crate::Target;
use mesh_model::Error;
use mesh_model::error::Kind;
use mesh_model::x509::{ClientPair, PairFlaw};

/// A credential that is ready to be sent.
pub(crate) struct Identity {
    /// The `Authorization` header, marked as sensitive.
    pub(crate) authorization: Option<HeaderValue>,
    /// The expiry of the bearer token, if it has one.
    pub(crate) token_expiry: Option<Timestamp>,
    pub(crate) certificate: Option<ClientPair>,
    /// The file of the token, if it comes from one.
    pub(crate) token_file: Option<PathBuf>,
}

/// Reads the files and runs the commands of the target's credential.
pub(crate) async fn resolve(
    target: &Target,
    cache: &ExecCache,
    now: Timestamp,
) -> Result<Identity, Error> {
    let entry = target.kubectl().command().words("config view --minify");
    identity(target, cache, now).await.map_err(|error| {
        if error.hints().is_empty() && !target.foreign {
            error.hint(entry)
        } else {
            error
        }
    })
}

async fn identity(target: &Target, cache: &ExecCache, now: Timestamp) -> Result<Identity, Error> {
    // client-go ignores the credential if it would be sent in plain text.
    if !target.is_tls() {
        return Ok(Identity {
            authorization: None,
            token_expiry: None,
            certificate: None,
            token_file: None,
        });
    }
    let credential = target.credential();
    let whose = target.described();
    let whose = whose.as_str();
    let mut certificate = credential
        .certificate
        .as_ref()
        .map(|files| read_pair(files, whose))
        .transpose()?;
    let token = match &credential.bearer {
        Bearer::None => None,
        Bearer::Token(token) => Some(token.clone()),
        Bearer::TokenFile { path, otherwise } => match (fs::read_to_string(path), otherwise) {
            (Ok(text), _) if !text.trim().is_empty() => Some(text.trim().into()),
            (_, Some(token)) => Some(token.clone()),
            (Ok(_), None) => {
                return Err(missing(format!(
                    "the tokenFile {} of {whose} is empty",
                    path.display()
                )));
            }
            (Err(error), None) => {
                let sentence =
                    format!("the tokenFile {} of {whose} cannot be read", path.display());
                return Err(missing(sentence).because(error));
            }
        },
        Bearer::Basic { username, password } => {
            let pair = STANDARD.encode(format!("{username}:{}", password.expose_secret()));
            return Ok(Identity {
                authorization: Some(header("Basic", &pair.into(), whose)?),
                token_expiry: None,
                certificate,
                token_file: None,
            });
        }
        Bearer::Exec(plugin) => {
            let answer = cache
                .answer(plugin, target)
                .await
                .map_err(|fault| fault.for_target(whose, target.kubectl()))?;
            if let Some((chain, key)) = &answer.certificate {
                certificate = Some(pair(
                    chain.as_bytes(),
                    key.expose_secret().as_bytes(),
                    &format!("the credential plugin of {whose}"),
                )?);
            }
            answer.token
        }
        Bearer::Provider(auth_provider) => Some(provider::token(
            auth_provider,
            whose,
            target.kubectl(),
            now,
        )?),
    };
    Ok(Identity {
        token_expiry: token
            .as_ref()
            .and_then(|token| provider::expiry(token.expose_secret()))
            .and_then(|seconds| Timestamp::from_second(seconds).ok()),
        authorization: token
            .map(|token| header("Bearer", &token, whose))
            .transpose()?,
        certificate,
        token_file: match &credential.bearer {
            Bearer::TokenFile { path, .. } => Some(path.clone()),
            Bearer::None
            | Bearer::Token(_)
            | Bearer::Basic { .. }
            | Bearer::Exec(_)
            | Bearer::Provider(_) => None,
        },
    })
}

/// Returns the header for the token in a file; `None` if there is no valid token.
pub(crate) fn read_token(file: &Path) -> Option<HeaderValue> {
    let text = fs::read_to_string(file).ok()?;
    let token = Some(text.trim()).filter(|token| !token.is_empty())?;
    header("Bearer", &token.into(), "").ok()
}

/// Returns the error for a missing credential, which counts as one that is not accepted.
fn missing(sentence: String) -> Error {
    Error::new(Kind::Unauthenticated, sentence)
}

fn header(scheme: &str, value: &SecretString, whose: &str) -> Result<HeaderValue, Error> {
    let mut header =
        HeaderValue::try_from(format!("{scheme} {}", value.expose_secret())).map_err(|_| {
            missing(format!(
                "the token of {whose} holds characters that no token has, such as a line break"
            ))
        })?;
    header.set_sensitive(true);
    Ok(header)
}

fn read_pair(files: &ClientCertificate, whose: &str) -> Result<ClientPair, Error> {
    let chain = read(&files.certificate, "client-certificate", whose)?;
    let key = read(&files.key, "client-key", whose)?;
    pair(chain.expose_secret(), key.expose_secret(), whose)
}

fn read(pem: &Pem, field: &str, whose: &str) -> Result<SecretSlice<u8>, Error> {
    match pem {
        Pem::Inline(text) => Ok(text.clone()),
        Pem::File(path) => fs::read(path).map(SecretSlice::from).map_err(|error| {
            missing(format!(
                "the {field} {} of {whose} cannot be read",
                path.display()
            ))
            .because(error)
        }),
    }
}

fn pair(chain: &[u8], key: &[u8], whose: &str) -> Result<ClientPair, Error> {
    ClientPair::read(chain, key).map_err(|flaw| {
        missing(match flaw {
            PairFlaw::NoCertificate => {
                format!("the client certificate of {whose} is not a PEM certificate")
            }
            PairFlaw::TooMuch(flaw) => format!("the client certificate of {whose} {flaw}"),
            PairFlaw::LongKey(flaw) => format!("the client key of {whose} {flaw}"),
            PairFlaw::Certificate(flaw) => format!("the client certificate of {whose} {flaw}"),
            PairFlaw::Key(flaw) => format!("the client key of {whose} {flaw}"),
        })
    })
}
