//! Names that somebody hostile would choose. What they would run is [`CANARY`].

/// The program that the payloads would run, or the file that they would make. Every payload has its name in it, so that whatever
/// is left of one in a word can be found.
pub const CANARY: &str = "canary";

/// A hostile name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// Its text.
    pub text: &'static str,
    /// Nobody sees all of it, or a terminal acts on a part of it, so that no quoting makes it safe.
    pub hidden: bool,
}

/// Texts that a shell would act on and a person sees.
const SEEN: [&str; 62] = [
    "-$(canary)",
    "--';canary;'",
    "x;canary",
    "x ; canary",
    "$(canary)",
    "`canary`",
    "x|canary",
    "x||canary",
    "x&&canary",
    "x&canary",
    "canary&",
    "x>canary",
    "x >> canary",
    "x<canary",
    "2>canary",
    "&>canary",
    ">(canary)",
    "<(canary)",
    "<<canary",
    "'canary'",
    "';canary;'",
    "\"canary\"",
    "\";canary;\"",
    "'\"';canary;'\"'",
    "\\';canary;\\'",
    "it's canary",
    "canary\\",
    "\\canary",
    "\\\\canary\\\\'",
    "$canary",
    "${IFS}canary",
    "$((canary))",
    "$'canary'",
    "$\"canary\"",
    "#canary",
    "x #canary",
    "!canary",
    "!!canary",
    "canary!",
    "^x^canary",
    "~canary",
    "~/canary",
    "*canary*",
    "?canary",
    "[c]anary canary",
    "{a,canary}",
    "=canary",
    "-canary",
    "--canary",
    "-n canary",
    "--kubeconfig=/canary",
    "-- canary",
    "x canary",
    "x -rf / canary",
    "(canary)",
    "canary()",
    "{ canary;}",
    "a=b canary",
    "%canary%",
    "@canary,x:y+z",
    "größe canary",
    "東🚀canary",
];

/// Texts that no quoting makes safe.
const HIDDEN: [&str; 24] = [
    "x\n$(canary)",
    "x\t`canary`",
    "\u{202e}';canary;'",
    "\u{200b}\";canary;\"",
    "x\ncanary",
    "x\r\ncanary",
    "x\rcanary",
    "canary\n",
    "x\tcanary",
    "x\u{0}canary",
    "\u{1b}[201~canary\n",
    "\u{1b}]0;canary\u{7}",
    "x\u{8}canary",
    "x\u{7f}canary",
    "x\u{85}canary",
    "x\u{a0}canary",
    "x\u{2028}canary",
    "x\u{2029}canary",
    "\u{200b}canary",
    "\u{202e}canary",
    "\u{2066}canary\u{2069}",
    "\u{3164}canary",
    "x\nhint: canary\nfix: canary",
    "x\n    fix: canary\nerror: canary",
];

/// All of them, what a person sees first.
pub fn payloads() -> Vec<Payload> {
    let of = |hidden: bool| move |text: &&'static str| Payload { text, hidden };
    let seen = SEEN.iter().map(of(false));
    seen.chain(HIDDEN.iter().map(of(true))).collect()
}

/// As many of those that a person sees as are asked for, from another place of the list for each `turn`.
pub fn mixed(turn: usize, count: usize) -> Vec<&'static str> {
    let start = turn * 7;
    (start..start + count)
        .map(|at| SEEN[at % SEEN.len()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_can_be_found_in_a_word() {
        for payload in payloads() {
            assert!(payload.text.contains(CANARY), "{payload:?}");
        }
    }
}
