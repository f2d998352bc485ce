//! Texts of a certificate, safe to be shown on one line.

use x509_parser::x509::X509Name;

/// The maximum length of a name of an authority or a server that is shown.
const LONGEST: usize = 200;

/// Returns a subject or an issuer as one line, for example `O=Istio, CN=Root CA`.
pub(super) fn of_name(name: &X509Name<'_>) -> String {
    let text = shown(&name.to_string());
    if text.is_empty() {
        "without a name".to_owned()
    } else {
        text
    }
}

/// Returns any text of a certificate in one line, shortened, without control characters.
pub fn shown(text: &str) -> String {
    let mut line = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST {
            line.push_str(" ...");
            break;
        }
        if c.is_control() || !(c.is_ascii() || c.is_alphanumeric()) {
            line.extend(c.escape_unicode());
        } else {
            line.push(c);
        }
    }
    line
}

/// Returns whether the text is of the kind that its tag declares; Go refuses names that are not.
pub(super) fn is_sound(name: &X509Name<'_>) -> bool {
    name.iter_attributes().all(|attribute| {
        let value = attribute.attr_value();
        let bytes = value.data;
        match value.tag().0 {
            12 => std::str::from_utf8(bytes).is_ok(),
            18 => bytes.iter().all(|b| b.is_ascii_digit() || *b == b' '),
            19 => bytes.iter().all(|b| is_printable(*b)),
            20 => true,
            22 => bytes.is_ascii(),
            30 => is_bmp(bytes),
            _ => false,
        }
    })
}

/// Returns whether a character belongs to a `PrintableString`, or is one of the two that are in use nevertheless.
fn is_printable(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b" '()+,-./:=?*&".contains(&b)
}

fn is_bmp(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_suffix(&[0, 0]).unwrap_or(bytes);
    bytes.len().is_multiple_of(2)
        && bytes.chunks_exact(2).all(|pair| {
            let point = u16::from_be_bytes([pair[0], pair[1]]);
            !matches!(point, 0xfffe | 0xffff | 0xfdd0..=0xfdef | 0xd800..=0xdfff)
        })
}
