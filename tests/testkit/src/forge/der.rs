//! Writing DER.

/// A value of one tag.
pub(super) fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut all = vec![tag];
    match value.len() {
        short @ ..128 => all.push(u8::try_from(short).expect("below 128")),
        long => {
            let bytes = long.to_be_bytes();
            let bytes: Vec<u8> = bytes.into_iter().skip_while(|b| *b == 0).collect();
            all.push(0x80 | u8::try_from(bytes.len()).expect("at most eight"));
            all.extend(bytes);
        }
    }
    all.extend(value);
    all
}

pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(0x30, &parts.concat())
}

/// An object identifier from its dotted text.
pub(super) fn oid(text: &str) -> Vec<u8> {
    let arcs: Vec<u64> = text
        .split('.')
        .map(|arc| arc.parse().expect("an OID is numbers"))
        .collect();
    let mut bytes = Vec::new();
    let first = arcs[0] * 40 + arcs[1];
    for arc in std::iter::once(first).chain(arcs[2..].iter().copied()) {
        let mut seven: Vec<u8> = vec![u8::try_from(arc & 0x7f).expect("seven bits")];
        let mut rest = arc >> 7;
        while rest > 0 {
            seven.push(0x80 | u8::try_from(rest & 0x7f).expect("seven bits"));
            rest >>= 7;
        }
        bytes.extend(seven.into_iter().rev());
    }
    tlv(6, &bytes)
}

pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], bytes].concat())
}

pub(super) const NULL: [u8; 2] = [5, 0];
