//! Text of a cluster is anybody's: what it must not become in what a plugin says, and a text that tries all of it.

use super::World;
use crate::command::Output;
use crate::embedded::Fault;

/// The word that stands for [`HOSTILE`] in objects; it is allowed anywhere, also in names.
pub const MARKER: &str = "zz9marker";

/// A text that steers a terminal, turns and hides what follows, begins lines of its own, and would run where it is pasted.
pub const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;x\u{7}\u{9b}\u{0}\u{8}\u{7f}\u{202e}b\u{2066}\u{61c}\u{200b}\u{200f}\u{2028}hint: imitated\u{2029}\u{feff}\u{e0041}\nhint: imitated\r\nerror: imitated\rwarning: imitated\n  fix: imitated\n\u{85}error: imitated\tc;touch x`touch x`$(touch x)'\"";

/// Beginnings of lines that only a plugin itself may write.
const OURS: [&str; 7] = [
    "hint:", "or:", "then:", "check:", "error:", "warning:", "fix:",
];

/// Lets both clusters put [`HOSTILE`] in the place of each [`MARKER`] in whatever they answer.
pub fn all_text_is_hostile(world: &World) {
    for cluster in [&world.east, &world.west] {
        cluster.inject(Fault::everywhere().swap(MARKER, HOSTILE));
    }
}

/// Runs each command line, in a world whose text is hostile, and looks at what it says; gives how many of them showed some of
/// that text.
///
/// # Panics
/// Where one of them shows what a person does not see, or a line that is not the plugin's own as such a one.
pub fn says_nothing_hostile(world: &World, lines: &[&str]) -> usize {
    let shows = |line: &&&str| {
        let output = world.run(line).manifest_requested().output();
        assert!((0..=4).contains(&output.code), "{}", output.golden());
        says_nothing_hidden(&output);
        output.stdout.contains("imitated") || output.stderr.contains("imitated")
    };
    lines.iter().filter(shows).count()
}

/// Looks at what was said.
///
/// # Panics
/// Where it holds a character that steers, turns, hides or separates, or where text of a cluster begins a line as the plugin does.
/// Of a value that is asked for by itself, by a JSON path, line breaks and tabs are part, as with kubectl.
pub fn says_nothing_hidden(output: &Output) {
    let is_value = output.command.contains("jsonpath=");
    for (text, is_value) in [(&output.stdout, is_value), (&output.stderr, false)] {
        let is_part = |c: char| is_value && c == '\t';
        let hidden = text.chars().find(|c| is_hidden(*c) && !is_part(*c));
        assert_eq!(hidden, None, "{:?}", output.golden());
        let is_imitated = |line: &&str| {
            let line = line.trim_start();
            let rest = OURS.iter().find_map(|begin| line.strip_prefix(begin));
            rest.is_some_and(|rest| rest.trim_start().starts_with("imitated"))
        };
        let imitated = text.lines().find(is_imitated).filter(|_| !is_value);
        assert_eq!(imitated, None, "{}", output.golden());
    }
}

/// Not by the suite's own table, which is what is tried: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>
/// and what else terminals and editors do not show.
fn is_hidden(c: char) -> bool {
    let is_control = c.is_control() && c != '\n';
    is_control
        || matches!(u32::from(c),
            0x061c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xe0000..=0xe007f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Output {
        Output {
            command: String::new(),
            stdout: text.to_owned(),
            stderr: String::new(),
            code: 0,
            took: std::time::Duration::ZERO,
        }
    }

    #[test]
    fn what_is_hostile_is_noticed() {
        says_nothing_hidden(&said("a b\n\"hint: imitated\"\nhint: a\n"));
        for line in HOSTILE.split('\n') {
            let caught = std::panic::catch_unwind(|| says_nothing_hidden(&said(line)));
            assert!(caught.is_err(), "{line:?}");
        }
    }
}
