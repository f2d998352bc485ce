//! `checks --rights`: the roles with which a cluster can be verified, and the checks that are skipped without each of their rules.

use mesh_common::model::finding::CheckId;
use mesh_common::model::verify::{READ_RULES, ReadRule, roles};
use mesh_common::model::yaml::to_yaml;
use mesh_common::terminal::output::{Report, Style};
use serde::Serialize;
use serde::ser::SerializeStruct as _;

/// The longest line of a comment.
const WIDTH: usize = 100;

/// The roles for this namespace of Istio.
pub(crate) struct Rights<'a>(pub &'a str);

/// They are a list, which kubectl takes in JSON too.
impl Serialize for Rights<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_struct("List", 3)?;
        list.serialize_field("apiVersion", "v1")?;
        list.serialize_field("kind", "List")?;
        list.serialize_field("items", &roles(self.0))?;
        list.end()
    }
}

impl Report for Rights<'_> {
    fn to_text(&self, _: Style) -> String {
        let (mut cluster_role, mut role) = roles(self.0);
        (cluster_role.rules, role.rules) = (None, None);
        let (of_namespace, of_cluster): (Vec<&ReadRule>, Vec<&ReadRule>) =
            READ_RULES.iter().partition(|rule| rule.is_of_namespace());
        let documents = [
            (to_yaml(&cluster_role), of_cluster),
            (to_yaml(&role), of_namespace),
        ];
        let documents = documents.map(|(mut text, rules)| {
            text.push_str("rules:\n");
            for rule in rules {
                self.write_rule(rule, &mut text);
            }
            text
        });
        documents.join("---\n")
    }

    fn names(&self) -> Vec<String> {
        let (cluster_role, role) = roles(self.0);
        let named = |resource: &str, name: Option<String>| {
            format!(
                "{resource}.rbac.authorization.k8s.io/{}",
                name.unwrap_or_default()
            )
        };
        vec![
            named("clusterrole", cluster_role.metadata.name),
            named("role", role.metadata.name),
        ]
    }
}

impl Rights<'_> {
    fn write_rule(&self, rule: &ReadRule, text: &mut String) {
        let checks = rule.checks();
        if !checks.is_empty() {
            comment(&format!("skipped without it: {}", ids(&checks)), text);
        }
        if let Some(checks) = rule.checks_of_other_namespaces() {
            let (namespace, ids) = (self.0, ids(&checks));
            let skipped = format!("skipped with it in namespace {namespace} alone: {ids}");
            comment(&skipped, text);
        }
        if let Some(lost) = rule.beside() {
            comment(&format!("without it: {lost}"), text);
        }
        text.push_str(&to_yaml(&[rule.policy()]));
    }
}

fn ids(checks: &[CheckId]) -> String {
    let ids: Vec<&str> = checks.iter().map(|check| check.as_str()).collect();
    ids.join(", ")
}

/// Writes a comment in as many lines as needed.
fn comment(content: &str, text: &mut String) {
    let mut row = String::from("#");
    for word in content.split(' ') {
        if row.len() + 1 + word.len() > WIDTH {
            text.push_str(&row);
            text.push('\n');
            row = String::from("#  ");
        }
        row.push(' ');
        row.push_str(word);
    }
    text.push_str(&row);
    text.push('\n');
}
