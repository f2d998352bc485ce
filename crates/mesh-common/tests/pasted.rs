//! Commands with hostile words in every place, pasted into real shells: each program gets the words that were meant.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement is wrong"
)]

use mesh_common::model::command::{Command, Knob, Kubectl, Remedy, ServerWords};
use mesh_testkit::shell::{Call, Payload, Stage, payloads};

/// A place of a command where somebody else's text may stand, and whether one that begins with `-` fits there.
struct Place {
    name: &'static str,
    command: fn(&str) -> Command,
    takes_dashes: bool,
}

const fn place(name: &'static str, takes_dashes: bool, command: fn(&str) -> Command) -> Place {
    Place {
        name,
        command,
        takes_dashes,
    }
}

fn server(text: &str, words: fn(Option<String>) -> ServerWords) -> Command {
    let kubectl = Kubectl::default().server(words(Some(text.to_owned())));
    kubectl.command().words("get pods")
}

const PLACES: [Place; 16] = [
    place("argument", false, |text| {
        Command::new("kubectl describe secret").arg(text)
    }),
    place("arguments", false, |text| {
        Command::new("mv").args(&[text, text])
    }),
    place("pair", true, |text| {
        Command::new("kubectl label pods").pair("key", text)
    }),
    place("value of a flag", true, |text| {
        Command::new("kubectl mesh-secret create").flag("--name", text)
    }),
    place("value of a flag, if any", true, |text| {
        Command::new("helm").flag_if("--version", Some(text))
    }),
    place("value of a short flag", false, |text| {
        Command::new("kubectl get pods").flag("-l", text)
    }),
    place("namespace", false, |text| {
        Command::new("kubectl get pods").istio_namespace(text)
    }),
    place("kubeconfig", true, |text| {
        Kubectl::new(Some(text.to_owned())).config().words("view")
    }),
    place("context", true, |text| {
        Kubectl::default().context(text).command().words("get pods")
    }),
    place("namespace of kubectl", false, |text| {
        Kubectl::default().in_namespace(text).words("get pods")
    }),
    place("cluster and user", true, |text| {
        let kubectl = Kubectl::default().entries(Some(text), Some(text));
        kubectl.command().words("get pods")
    }),
    place("server", true, |text| {
        server(text, |server| ServerWords {
            server,
            ..ServerWords::default()
        })
    }),
    place("authority", true, |text| {
        server(text, |certificate_authority| ServerWords {
            certificate_authority,
            ..ServerWords::default()
        })
    }),
    place("name of the server", true, |text| {
        server(text, |tls_server_name| ServerWords {
            tls_server_name,
            insecure: true,
            ..ServerWords::default()
        })
    }),
    place("both sides of a pipe", true, |text| {
        let helm = Kubectl::default().context(text).helm().unwrap();
        helm.words("list")
            .pipe(Command::new("base64 -d").flag("--name", text))
    }),
    place("one after the other", true, |text| {
        Command::new("curl -v")
            .pair("x", text)
            .then(Command::new("istioctl version").on(&Kubectl::default().context(text)))
    }),
];

fn fits(payload: Payload, place: &Place) -> bool {
    !payload.hidden && (place.takes_dashes || !payload.text.starts_with('-'))
}

fn words(command: &Command) -> Vec<Call> {
    let owned = |program: Vec<&str>| program.into_iter().map(str::to_owned).collect();
    let mut calls: Vec<Call> = command.programs().into_iter().map(owned).collect();
    calls.sort();
    calls
}

#[test]
fn a_shell_gives_every_program_the_words_that_were_meant() {
    let stage = Stage::new();
    for payload in payloads() {
        let fitting = PLACES.iter().filter(|place| fits(payload, place));
        let commands: Vec<Command> = fitting.map(|place| (place.command)(payload.text)).collect();
        let lines: Vec<String> = commands
            .iter()
            .map(|command| {
                let remedy = Remedy::from(command.clone());
                assert_ne!(remedy.kind(), "step", "{remedy}");
                remedy.to_string()
            })
            .collect();
        for (command, calls) in commands.iter().zip(stage.paste(&lines)) {
            assert_eq!(calls, words(command), "{command}");
            let joined = |word: &String| word.contains(payload.text);
            assert!(
                calls.iter().all(|call| call.iter().any(joined)),
                "{command} lost {:?}: {calls:?}",
                payload.text
            );
        }
    }
}

/// No program is given a name for a flag of its own.
#[test]
fn no_name_becomes_a_flag() {
    for payload in payloads()
        .into_iter()
        .filter(|one| one.text.starts_with('-'))
    {
        for place in PLACES.iter().filter(|place| place.takes_dashes) {
            let command = (place.command)(payload.text);
            for word in command.programs().into_iter().flatten() {
                assert!(!word.starts_with(payload.text), "{}: {command}", place.name);
            }
        }
    }
}

#[test]
fn a_name_that_no_quoting_makes_safe_gives_a_step_of_which_nothing_runs() {
    let stage = Stage::new();
    for payload in payloads() {
        for place in PLACES.iter().filter(|place| !fits(payload, place)) {
            let remedy = Remedy::from((place.command)(payload.text));
            assert_eq!(remedy.kind(), "step", "{}: {remedy}", place.name);
            let text = remedy.to_string();
            let is_plain = |c: char| !c.is_control() && c.escape_debug().count() <= 2;
            assert!(text.chars().all(is_plain), "{text:?}");
        }
        let remedy = Remedy::from(format!("look at the secret {}", payload.text));
        assert_eq!(remedy.to_string().lines().count(), 1, "{remedy}");
        stage.mispaste(&remedy.to_string());
        stage.mispaste(&Remedy::add(Knob::Server, payload.text).to_string());
    }
}
