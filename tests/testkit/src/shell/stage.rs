//! Stand-ins for programs, and real shells that see nothing else.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::payloads::CANARY;
use crate::command::{Output, Run};

/// The programs that a printed command may run.
pub const PROGRAMS: [&str; 9] = [
    "kubectl", "istioctl", "helm", "curl", "openssl", "getent", "ls", "mv", "base64",
];

/// The shells that a line is pasted into, by their path on Debian and in the way that they are fed. What bash is typed is read
/// with its history at hand, so that `!` means there what it means to a person.
const SHELLS: [(&str, Feed); 3] = [
    ("/usr/bin/dash", Feed::Argument),
    ("/usr/bin/bash", Feed::Argument),
    ("/usr/bin/bash", Feed::History),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Feed {
    Argument,
    History,
}

/// A program's words, its own name first.
pub type Call = Vec<String>;

/// A folder of stand-ins, and an empty one in which shells are run.
#[derive(Debug)]
pub struct Stage {
    dir: TempDir,
}

impl Stage {
    /// Makes the stand-ins for [`PROGRAMS`], and one for what the payloads would run.
    ///
    /// # Panics
    /// Where this machine lacks dash or bash.
    pub fn new() -> Self {
        for (shell, _) in SHELLS {
            assert!(
                fs::exists(shell).unwrap_or_default(),
                "{shell} is missing: install dash and bash"
            );
        }
        let stage = Self {
            dir: tempfile::tempdir().expect("the system has a folder for temporary files"),
        };
        for folder in [stage.programs(), stage.noted(), stage.ground()] {
            fs::create_dir(folder).expect("a new folder can be filled");
        }
        stage.make_stand_ins();
        stage
    }

    /// Pastes all of these lines, one after the other, into each shell, and returns what each of them ran, in the order of the
    /// words. A shell runs on after a line that it does not understand, or takes the next one for a part of it, so that the
    /// calls tell.
    ///
    /// # Panics
    /// Where a shell complains, where the shells differ, where something other than a stand-in ran, or where a file was made.
    pub fn paste(&self, lines: &[String]) -> Vec<Vec<Call>> {
        let mut script = String::new();
        for (number, line) in lines.iter().enumerate() {
            writeln!(script, "export LINE={number}\n{line}").expect("a String takes everything");
        }
        let mut first: Option<Vec<Vec<Call>>> = None;
        for (shell, feed) in SHELLS {
            let output = self.feed(shell, feed, &script);
            let calls: Vec<Vec<Call>> = (0..lines.len()).map(|number| self.take(number)).collect();
            let complaint = format!("{shell}: {}\n{script}\n{calls:?}", output.stderr);
            assert_eq!(output.stderr, "", "{complaint}");
            assert_eq!(self.left(), 0, "{complaint}: something else ran");
            self.is_untouched(&complaint);
            match &first {
                None => first = Some(calls),
                Some(first) => assert_eq!(*first, calls, "{shell} differs\n{script}"),
            }
        }
        first.unwrap_or_default()
    }

    /// Pastes a text that is no command into each shell, as somebody does by mistake.
    ///
    /// # Panics
    /// Where anything runs, or a file is made.
    pub fn mispaste(&self, text: &str) {
        for (shell, feed) in SHELLS {
            self.feed(shell, feed, &format!("{text}\n"));
            assert_eq!(self.left(), 0, "{shell} runs something of: {text}");
            self.is_untouched(text);
        }
    }

    fn feed(&self, shell: &str, feed: Feed, script: &str) -> Output {
        let run = Run::new(shell)
            .env("PATH", self.programs())
            .dir(self.ground());
        match feed {
            Feed::Argument => run.args(["-c", script]),
            Feed::History => run
                .args(["--norc", "--noprofile"])
                .stdin(format!("set -o history -o histexpand\n{script}")),
        }
        .output()
    }

    /// The calls that were noted for one line, which are forgotten by that.
    fn take(&self, line: usize) -> Vec<Call> {
        let start = format!("{line}.");
        let mut calls = Vec::new();
        for file in self.files() {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with(&start) {
                continue;
            }
            let text = fs::read(&file).expect("a note can be read");
            let words = String::from_utf8(text).expect("words are UTF-8");
            let words = words.strip_suffix('\0').unwrap_or(&words);
            calls.push(words.split('\0').map(str::to_owned).collect());
            fs::remove_file(&file).expect("a note can be removed");
        }
        calls.sort();
        calls
    }

    /// Counts and forgets the calls that were noted for no line.
    fn left(&self) -> usize {
        let files = self.files();
        for file in &files {
            fs::remove_file(file).expect("a note can be removed");
        }
        files.len()
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.noted()).expect("the folder of notes is there");
        entries
            .map(|entry| entry.expect("a folder can be read to its end").path())
            .collect()
    }

    fn is_untouched(&self, what: &str) {
        let entries = fs::read_dir(self.ground()).expect("the ground is there");
        let made: Vec<PathBuf> = entries
            .map(|entry| entry.expect("a folder can be read to its end").path())
            .collect();
        assert!(made.is_empty(), "{what}: a file was made: {made:?}");
    }

    /// Makes one script, which notes its own name and its words, and links to it. It is written by a process of its own: a file that
    /// this one has open for writing may still be open in a child of another thread when a shell runs it.
    fn make_stand_ins(&self) {
        let noted = self.noted();
        let noted = noted.display();
        let script = format!(
            "#!/usr/bin/dash\nprintf '%s\\0' \"${{0##*/}}\" \"$@\" >\"{noted}/${{LINE:-none}}.$$\"\n"
        );
        let written = self.dir.path().join("script");
        let stand_in = self.dir.path().join("stand-in");
        fs::write(&written, script).expect("a new folder can be filled");
        let installed = Command::new("install")
            .args(["-m", "755"])
            .args([&written, &stand_in])
            .status();
        assert!(installed.is_ok_and(|status| status.success()), "install");
        for program in PROGRAMS.iter().chain([&CANARY]) {
            let path = self.programs().join(program);
            symlink(&stand_in, path).expect("a new folder can be filled");
        }
    }

    fn programs(&self) -> PathBuf {
        self.dir.path().join("programs")
    }

    fn noted(&self) -> PathBuf {
        self.dir.path().join("noted")
    }

    fn ground(&self) -> PathBuf {
        self.dir.path().join("ground")
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paste(lines: &[&str]) -> Vec<Vec<Call>> {
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        Stage::new().paste(&lines)
    }

    #[test]
    fn the_words_of_every_program_are_noted() {
        let calls = paste(&["kubectl 'a b' '' -n x", "helm x && curl y | base64 -d"]);
        assert_eq!(calls[0], [["kubectl", "a b", "", "-n", "x"]]);
        let second: Vec<Vec<&str>> =
            vec![vec!["base64", "-d"], vec!["curl", "y"], vec!["helm", "x"]];
        assert_eq!(calls[1], second);
    }

    #[test]
    fn what_a_line_runs_besides_is_noted() {
        let calls = paste(&["kubectl x; canary"]);
        assert_eq!(calls[0], [vec!["canary"], vec!["kubectl", "x"]]);
    }

    #[test]
    #[should_panic(expected = "not found")]
    fn what_is_no_stand_in_is_noticed() {
        paste(&["kubectl x; touch y"]);
    }

    #[test]
    #[should_panic(expected = ": a file was made")]
    fn a_file_is_noticed() {
        paste(&["kubectl x >canary"]);
    }

    #[test]
    #[should_panic(expected = "/usr/bin/bash: ")]
    fn what_bash_makes_of_its_history_is_noticed() {
        paste(&["kubectl a", "kubectl !!"]);
    }

    #[test]
    #[should_panic(expected = "runs something of")]
    fn what_a_step_runs_is_noticed() {
        Stage::new().mispaste("add it; canary");
    }
}
