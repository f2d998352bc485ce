//! Reading scripts of requests. Sends nothing.
//!
//! ```text
//! == what the case shows
//! POST /api/v1/namespaces/$ns/secrets?fieldManager=a as=$token
//!   {"metadata": {"name": "s"}}
//! ```
//!
//! A case begins with `==`. A step is a verb, a path and options; its body follows, indented. `$ns` is a namespace of the
//! case's own, `$$` other saved values. Verbs beside HTTP's: `APPLY`, `MERGE`, `STRATEGIC` and `JSONPATCH` are PATCH with
//! that media type, `QUIET` in front of a verb leaves the answer out of the transcript. Options: `as=NAME` (`anonymous`,
//! or a saved token), `type=MEDIA/TYPE`, `header=NAME:VALUE`, `until=STATUS` or `until=.json.path` (asks again until it is so),
//! `save=NAME:.json.path` (`base64:.json.path` decodes). Lines that begin with `#` are comments.

use std::fmt;

/// One case: a name and its steps.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// Its certificates.
    pub name: String,
    /// The requests.
    pub steps: Vec<Step>,
}

/// One request.
#[derive(Clone, Debug, Default)]
pub struct Step {
    /// The line as it is in the script.
    pub line: String,
    /// The HTTP method.
    pub method: String,
    /// Path and query, with variables.
    pub path: String,
    /// The media type of the body.
    pub media_type: String,
    /// The body, with variables.
    pub body: String,
    /// The user whose credential is used; the admin where this is empty.
    pub user: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The condition that is waited for.
    pub until: Option<String>,
    /// Variable and path of what to keep.
    pub save: Vec<(String, String)>,
    /// The answer is left out of the transcript.
    pub quiet: bool,
}

/// A fault of a script.
#[derive(Debug)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a script of the behaviour suite: {}", self.0)
    }
}

impl std::error::Error for Malformed {}

/// Reads a script.
pub fn parse(text: &str) -> Result<Vec<Case>, Malformed> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case {
                name: name.to_owned(),
                steps: Vec::new(),
            });
            continue;
        }
        let steps = cases.last_mut().map(|case| &mut case.steps);
        let steps = steps.ok_or_else(|| Malformed("it begins without a case".to_owned()))?;
        if let Some(body) = line.strip_prefix("  ") {
            let step = steps
                .last_mut()
                .ok_or_else(|| Malformed(format!("a body without a request: {line}")))?;
            if !step.body.is_empty() {
                step.body.push('\n');
            }
            step.body.push_str(body);
        } else {
            steps.push(step(line)?);
        }
    }
    Ok(cases)
}

fn step(line: &str) -> Result<Step, Malformed> {
    let malformed = || Malformed(line.to_owned());
    let (quiet, rest) = match line.strip_prefix("QUIET ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let mut words = rest.split_whitespace();
    let verb = words.next().ok_or_else(malformed)?;
    let path = words.next().ok_or_else(malformed)?;
    let (method, media_type) = match verb {
        "APPLY" => ("PATCH", "application/apply-patch+yaml"),
        "MERGE" => ("PATCH", "application/merge-patch+json"),
        "STRATEGIC" => ("PATCH", "application/strategic-merge-patch+json"),
        "JSONPATCH" => ("PATCH", "application/json-patch+json"),
        "GET" | "POST" | "PUT" | "PATCH" | "DELETE" => (verb, "application/json"),
        _ => return Err(malformed()),
    };
    let mut step = Step {
        line: rest.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        media_type: media_type.to_owned(),
        quiet,
        ..Step::default()
    };
    for word in words {
        let (option, value) = word.split_once('=').ok_or_else(malformed)?;
        match option {
            "as" => value.clone_into(&mut step.user),
            "type" => value.clone_into(&mut step.media_type),
            "until" => step.until = Some(value.to_owned()),
            "header" | "save" => {
                let (name, value) = value.split_once(':').ok_or_else(malformed)?;
                let list = if option == "save" {
                    &mut step.save
                } else {
                    &mut step.headers
                };
                list.push((name.to_owned(), value.to_owned()));
            }
            _ => return Err(malformed()),
        }
    }
    Ok(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_options_and_bodies() {
        let cases = parse("# a comment\n== one\nAPPLY /x?force=true as=bob until=.a.b save=t:.c\n  {\"a\":\n  1}\nQUIET GET /y\n").unwrap();
        let [apply, get] = &cases[0].steps[..] else {
            panic!("two steps")
        };
        assert_eq!(
            (
                apply.method.as_str(),
                apply.user.as_str(),
                apply.body.as_str()
            ),
            ("PATCH", "bob", "{\"a\":\n1}")
        );
        assert_eq!(apply.until.as_deref(), Some(".a.b"));
        assert_eq!(apply.save, [("t".to_owned(), ".c".to_owned())]);
        assert!(get.quiet);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(parse("GET /x").is_err());
        assert!(parse("== a\nFETCH /x").is_err());
        assert!(parse("== a\nGET /x what=ever").is_err());
    }
}
