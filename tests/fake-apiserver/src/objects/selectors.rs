//! Label and field selectors, as the query parameters of lists and watches.
//!
//! Only reads objects. Grammar: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>.

use serde_json::Value;

use crate::model::failure::Failure;
use crate::model::kinds::Kind;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Requirement {
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
    Exists(String),
    Missing(String),
}

/// The selectors of a list or watch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, String, bool)>,
}

impl Selector {
    /// Reads both selectors, refusing as the API server does.
    pub(crate) fn parse(kind: &Kind, labels: &str, fields: &str) -> Result<Self, Failure> {
        Ok(Self {
            labels: parse_labels(labels)?,
            fields: parse_fields(kind, fields)?,
        })
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        self.labels
            .iter()
            .all(|requirement| requirement.holds(object))
            && self
                .fields
                .iter()
                .all(|(field, wanted, equal)| (field_of(object, field) == wanted) == *equal)
    }
}

fn field_of<'a>(object: &'a Value, field: &str) -> &'a str {
    field
        .split('.')
        .fold(object, |value, part| &value[part])
        .as_str()
        .unwrap_or_default()
}

impl Requirement {
    fn holds(&self, object: &Value) -> bool {
        let label = |key: &str| {
            object["metadata"]["labels"]
                .get(key)
                .and_then(Value::as_str)
        };
        match self {
            Self::In(key, values) => {
                label(key).is_some_and(|value| values.iter().any(|v| v == value))
            }
            Self::NotIn(key, values) => {
                !label(key).is_some_and(|value| values.iter().any(|v| v == value))
            }
            Self::Exists(key) => label(key).is_some(),
            Self::Missing(key) => label(key).is_none(),
        }
    }
}

fn parse_fields(kind: &Kind, text: &str) -> Result<Vec<(String, String, bool)>, Failure> {
    let mut fields = Vec::new();
    for term in text.split(',').filter(|term| !term.is_empty()) {
        let (field, value, equal) = if let Some((field, value)) = term.split_once("!=") {
            (field, value, false)
        } else if let Some((field, value)) = term.split_once("==").or_else(|| term.split_once('='))
        {
            (field, value, true)
        } else {
            return Err(Failure::bad_request(format!(
                "invalid selector: '{text}'; can't understand '{term}'"
            )));
        };
        let known = field == "metadata.name"
            || (field == "metadata.namespace" && kind.namespaced)
            || matches!(
                (kind.resource.as_str(), field),
                ("secrets", "type")
                    | ("namespaces" | "pods", "status.phase")
                    | ("services", "spec.type" | "spec.clusterIP")
                    | (
                        "pods",
                        "spec.nodeName" | "spec.serviceAccountName" | "status.podIP"
                    )
                    | ("nodes", "spec.unschedulable")
            )
            || (kind.resource == "events" && field.starts_with("involvedObject."));
        if !known {
            let own = [
                "secrets",
                "namespaces",
                "services",
                "pods",
                "nodes",
                "events",
            ];
            return Err(Failure::bad_request(
                if own.contains(&kind.resource.as_str()) {
                    format!("field label not supported: {field}")
                } else {
                    format!(
                        "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
                    )
                },
            ));
        }
        fields.push((field.to_owned(), value.to_owned(), equal));
    }
    Ok(fields)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(&'static str),
    End,
}

fn tokens(text: &str) -> Vec<Token> {
    const SIGNS: [&str; 7] = ["==", "!=", "=", "!", "(", ")", ","];
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let end = rest
                .find(|c: char| c.is_whitespace() || "=!(),".contains(c))
                .unwrap_or(rest.len());
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    found.push(Token::End);
    found
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Token::Sign(s) if *s == sign);
        if found {
            self.at += 1;
        }
        found
    }

    fn shown(&self) -> String {
        match self.peek() {
            Token::Word(word) => word.clone(),
            Token::Sign(sign) => (*sign).to_owned(),
            Token::End => String::new(),
        }
    }

    fn refuse<T>(&self, expected: &str) -> Result<T, Failure> {
        Err(Failure::bad_request(format!(
            "unable to parse requirement: found '{}', expected: {expected}",
            self.shown()
        )))
    }

    fn requirement(&mut self) -> Result<Requirement, Failure> {
        let missing = self.take_sign("!");
        let Token::Word(key) = self.peek().clone() else {
            return self.refuse("identifier");
        };
        self.at += 1;
        if missing {
            return Ok(Requirement::Missing(key));
        }
        match self.peek().clone() {
            Token::Sign(",") | Token::End => Ok(Requirement::Exists(key)),
            Token::Sign("=" | "==") => {
                self.at += 1;
                Ok(Requirement::In(key, vec![self.exact()]))
            }
            Token::Sign("!=") => {
                self.at += 1;
                Ok(Requirement::NotIn(key, vec![self.exact()]))
            }
            Token::Word(word) if word == "in" || word == "notin" => {
                self.at += 1;
                let values = self.values()?;
                Ok(if word == "in" {
                    Requirement::In(key, values)
                } else {
                    Requirement::NotIn(key, values)
                })
            }
            Token::Word(_) | Token::Sign(_) => self.refuse("in, notin, =, ==, !=, gt, lt"),
        }
    }

    fn exact(&mut self) -> String {
        let Token::Word(word) = self.peek().clone() else {
            return String::new();
        };
        self.at += 1;
        word
    }

    fn values(&mut self) -> Result<Vec<String>, Failure> {
        if !self.take_sign("(") {
            return self.refuse("'('");
        }
        let mut values = Vec::new();
        loop {
            values.push(self.exact());
            if self.take_sign(")") {
                return Ok(values);
            }
            if !self.take_sign(",") {
                return self.refuse("',' or ')'");
            }
        }
    }
}

fn parse_labels(text: &str) -> Result<Vec<Requirement>, Failure> {
    let mut parser = Parser {
        tokens: tokens(text),
        at: 0,
    };
    let mut found = Vec::new();
    if *parser.peek() == Token::End {
        return Ok(found);
    }
    loop {
        found.push(parser.requirement()?);
        if *parser.peek() == Token::End {
            return Ok(found);
        }
        if !parser.take_sign(",") {
            return Err(Failure::bad_request(format!(
                "found '{}', expected: ',' or 'end of string'",
                parser.shown()
            )));
        }
        if *parser.peek() == Token::End {
            return Err(Failure::bad_request(
                "found '', expected: identifier after ','",
            ));
        }
    }
}
