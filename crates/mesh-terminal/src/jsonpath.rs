//! The part of kubectl's JSONPath that scripts need: `{.items[*].name}`, `{.a['b.c']}`, indexes, text in between.
//!
//! Source: <https://kubernetes.io/docs/reference/kubectl/jsonpath/>. Filters, slices and `range` are refused with the
//! hint to use `-o json | jq`.

use serde_json::Value;

use mesh_model::Error;

/// A template: pieces of text and paths, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Path(Vec<Step>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
    All,
}

impl std::str::FromStr for Template {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        // As in kubectl, a path without braces is accepted.
        if !text.contains('{') {
            return Ok(Self(vec![Piece::Path(path(text)?)]));
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                pieces.push(Piece::Text(rest[..open].to_owned()));
            }
            let close = rest[open..]
                .find('}')
                .ok_or_else(|| wrong(text, "a brace is not closed"))?
                + open;
            pieces.push(piece(rest[open + 1..close].trim())?);
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }
}

impl Template {
    /// Returns the template filled from `value`; several results are joined by a blank, as in kubectl.
    pub fn fill(&self, value: &Value) -> String {
        let fill_piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Path(steps) => hits(value, steps)
                .into_iter()
                .map(text_of)
                .collect::<Vec<_>>()
                .join(" "),
        };
        self.0.iter().map(fill_piece).collect()
    }
}

fn piece(inside: &str) -> Result<Piece, Error> {
    match inside
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(quoted) => Ok(Piece::Text(
            quoted.replace("\\n", "\n").replace("\\t", "\t"),
        )),
        None => Ok(Piece::Path(path(inside)?)),
    }
}

fn path(text: &str) -> Result<Vec<Step>, Error> {
    if text.starts_with("range") || text == "end" || text.contains("?(") || text.contains("..") {
        return Err(wrong(text, "filters, 'range' and '..' are not supported"));
    }
    let mut steps = Vec::new();
    let mut rest = text.trim_start_matches('$');
    while !rest.is_empty() {
        if let Some(bracket) = rest.strip_prefix('[') {
            let close = bracket
                .find(']')
                .ok_or_else(|| wrong(text, "a bracket is not closed"))?;
            steps.push(subscript(text, bracket[..close].trim())?);
            rest = &bracket[close + 1..];
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            match &name[..end] {
                "" if end == name.len() => {}
                "" if name.starts_with('[') => {}
                "" => return Err(wrong(text, "a field has no name")),
                "*" => steps.push(Step::All),
                field => steps.push(Step::Field(field.to_owned())),
            }
            rest = &name[end..];
        }
    }
    Ok(steps)
}

fn subscript(whole: &str, inside: &str) -> Result<Step, Error> {
    let quoted = inside
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''));
    match (inside, quoted) {
        ("*", _) => Ok(Step::All),
        (_, Some(field)) => Ok(Step::Field(field.to_owned())),
        (number, None) => number
            .parse()
            .map(Step::Index)
            .map_err(|_| wrong(whole, "an index is not a number")),
    }
}

fn hits<'a>(value: &'a Value, steps: &[Step]) -> Vec<&'a Value> {
    let Some((step, rest)) = steps.split_first() else {
        return vec![value];
    };
    let next: Vec<&Value> = match (step, value) {
        (Step::Field(name), Value::Object(fields)) => fields.get(name).into_iter().collect(),
        (Step::Index(index), Value::Array(items)) => items.get(*index).into_iter().collect(),
        (Step::All, Value::Array(items)) => items.iter().collect(),
        (Step::All, Value::Object(fields)) => fields.values().collect(),
        (Step::Field(_) | Step::Index(_) | Step::All, _) => Vec::new(),
    };
    next.into_iter()
        .flat_map(|value| hits(value, rest))
        .collect()
}

fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn wrong(text: &str, why: &str) -> Error {
    Error::usage(format!("jsonpath {text:?}: {why}")).hint("use -o json and jq instead")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_as_kubectl_users_write_them() {
        let value = json!({"items": [{"name": "a", "n": 1}, {"name": "b"}], "m": {"x.y": true}});
        for (template, expected) in [
            ("{.items[*].name}", "a b"),
            (".items[1].name", "b"),
            ("{.items[0].name}{\"\\n\"}", "a\n"),
            ("n={.items[0].n}, m={.m['x.y']}", "n=1, m=true"),
            ("{.nothing}", ""),
            ("{.m}", "{\"x.y\":true}"),
            ("{$.items[0]['name']}", "a"),
        ] {
            assert_eq!(
                template.parse::<Template>().unwrap().fill(&value),
                expected,
                "{template}"
            );
        }
    }

    #[test]
    fn what_is_not_supported_says_so() {
        for template in [
            "{range .items[*]}{.name}{end}",
            "{.items[?(@.n==1)]}",
            "{.a",
            "{.a[x]}",
            "{..name}",
        ] {
            assert!(template.parse::<Template>().is_err(), "{template}");
        }
    }
}
