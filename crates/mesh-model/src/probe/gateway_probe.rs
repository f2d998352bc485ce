//! A port of a gateway that was tested, in a form that a file can hold.

use k8s_openapi::ByteString;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use super::{Answer, Chain, Question};

/// A question to a port of a gateway, and the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct GatewayProbe {
    /// The question.
    pub question: Question,
    /// The answer.
    pub answer: Answer,
}

/// The form in a file: the answer shows only facts of the certificates, and they themselves are needed to verify it again.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    question: Question,
    answer: Answer,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<ByteString>,
}

impl From<GatewayProbe> for Stored {
    fn from(probe: GatewayProbe) -> Self {
        let chain = probe.answer.chain();
        let certificates = chain.into_iter().flat_map(Chain::der);
        Self {
            certificates: certificates.map(|der| ByteString(der.to_vec())).collect(),
            question: probe.question,
            answer: probe.answer,
        }
    }
}

impl From<Stored> for GatewayProbe {
    fn from(stored: Stored) -> Self {
        let mut answer = stored.answer;
        if let Some(chain) = answer.chain_mut() {
            let certificates = stored.certificates.into_iter();
            let der = certificates
                .map(|der| CertificateDer::from(der.0))
                .collect();
            *chain = Chain::new(der);
        }
        Self {
            question: stored.question,
            answer,
        }
    }
}
