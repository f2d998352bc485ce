//! A verification with the rights that it asks for, and without each of them: what it says that it skips is what is skipped.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::command::Output;

/// A rule of the printed roles.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The rule itself.
    pub policy: Value,
    /// True if it is one of the Role.
    pub is_of_namespace: bool,
    /// The checks that are said to be skipped without it.
    pub checks: BTreeSet<String>,
    /// True if something else is said to be lost without it.
    pub has_more: bool,
    /// The checks that are said to be skipped where it holds in Istio's namespace alone.
    pub of_other_namespaces: Option<BTreeSet<String>>,
}

/// Returns the rules of the printed roles: as a list in JSON, and as text with what is lost without each of them.
///
/// # Panics
/// Where the two do not have the same rules.
pub fn rules(json: &str, text: &str) -> Vec<Rule> {
    let list: Value = serde_json::from_str(json).expect("the roles are JSON");
    let items = list["items"].as_array().expect("it is a list");
    let policies = items.iter().flat_map(|role| {
        let rules = role["rules"].as_array().expect("a role has rules").iter();
        rules.map(|policy| (policy.clone(), role["kind"] == "Role"))
    });
    let policies: Vec<(Value, bool)> = policies.collect();
    let mut comments = Vec::new();
    let mut comment = String::new();
    for line in text.lines() {
        if let Some(more) = line.strip_prefix('#') {
            comment.push_str(more);
        } else if line.starts_with("- ") {
            comments.push(std::mem::take(&mut comment));
        }
    }
    assert_eq!(comments.len(), policies.len(), "{text}");
    let rules = policies.into_iter().zip(comments);
    let rule = rules.map(|((policy, is_of_namespace), comment)| {
        let comment = comment.split_whitespace().collect::<Vec<_>>().join(" ");
        Rule {
            policy,
            is_of_namespace,
            checks: listed(&comment, "skipped without it").unwrap_or_default(),
            has_more: comment
                .replace("skipped without", "")
                .contains("without it: "),
            of_other_namespaces: listed(&comment, "alone"),
        }
    });
    rule.collect()
}

/// Returns the ids behind these words in a comment.
fn listed(comment: &str, words: &str) -> Option<BTreeSet<String>> {
    let (_, behind) = comment.split_once(&format!("{words}: "))?;
    let ids = behind
        .split(' ')
        .map(|id| (id.trim_end_matches(','), id.ends_with(',')));
    let last = ids.clone().take_while(|(_, has_next)| *has_next).count();
    Some(ids.take(last + 1).map(|(id, _)| id.to_owned()).collect())
}

/// Runs the verification of these contexts as somebody with the rights that `grant` gives (rules of the ClusterRole, rules of the
/// Role): with all of them, which has to say what the administrator's says, then without each, and with each in Istio's namespace alone.
///
/// # Panics
/// Where anything but the checks that a rule names is different without it.
pub fn each_rule_alone(
    rules: &[Rule],
    contexts: &[&str],
    as_administrator: &Output,
    grant: impl Fn(&[&Value], &[&Value]),
    run: impl Fn() -> Output,
) {
    let whole = Told::of(as_administrator);
    let policies = |wanted: &dyn Fn(usize, &Rule) -> bool| {
        let all = rules.iter().enumerate();
        let wanted = all.filter(|(number, rule)| wanted(*number, rule));
        wanted.map(|(_, rule)| &rule.policy).collect::<Vec<_>>()
    };
    grant(
        &policies(&|_, rule| !rule.is_of_namespace),
        &policies(&|_, rule| rule.is_of_namespace),
    );
    let output = run();
    assert_eq!(Told::of(&output), whole, "{}", output.golden());
    assert_eq!(output.code, as_administrator.code, "{}", output.golden());
    for (number, rule) in rules.iter().enumerate() {
        let others = |in_role: bool| {
            policies(&|other, rule| other != number && rule.is_of_namespace == in_role)
        };
        grant(&others(false), &others(true));
        let output = run();
        whole.check_without(&rule.checks, contexts, &output, rule);
        let Some(lost) = &rule.of_other_namespaces else {
            continue;
        };
        let in_role = policies(&|other, rule| other == number || rule.is_of_namespace);
        grant(&others(false), &in_role);
        let output = run();
        whole.check_without(lost, contexts, &output, rule);
    }
}

/// The check whose finding comes with time alone: of gateways that no proxy runs for, between two runs.
const PROXY_STALE: &str = "proxy-stale";

/// The findings and the skipped checks of a report, those that another finding explains included.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    is_error: bool,
    /// Check, cluster, peer and severity.
    findings: BTreeSet<[String; 4]>,
    /// Context and check.
    skipped: BTreeSet<[String; 2]>,
}

impl Told {
    fn of(output: &Output) -> Self {
        let report: Value = serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", output.golden()));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let roots = list(&report["findings"]);
        let follows = roots.iter().flat_map(|root| list(&root["follows"]));
        let all: Vec<Value> = roots.iter().cloned().chain(follows).collect();
        let lasting = all.iter().filter(|one| one["id"] != PROXY_STALE);
        let findings =
            lasting.map(|one| ["id", "cluster", "peer", "severity"].map(|name| text(&one[name])));
        let skipped = list(&report["skipped"]);
        let skipped = skipped
            .iter()
            .map(|one| ["context", "check"].map(|name| text(&one[name])));
        Self {
            is_error: roots.iter().any(|one| one["severity"] == "error"),
            findings: findings.collect(),
            skipped: skipped.collect(),
        }
    }

    /// Checks a run in which these checks are skipped in all of these contexts. What one of them still finds, the whole run found too.
    fn check_without(
        &self,
        checks: &BTreeSet<String>,
        contexts: &[&str],
        output: &Output,
        rule: &Rule,
    ) {
        let told = Self::of(output);
        let skipped = contexts.iter().flat_map(|context| {
            let checks = checks.iter();
            checks.map(|check| [(*context).to_owned(), check.clone()])
        });
        let place = || format!("without {}\n{}", rule.policy, output.golden());
        let skipped: BTreeSet<_> = self.skipped.iter().cloned().chain(skipped).collect();
        assert_eq!(told.skipped, skipped, "{}", place());
        let of_others = |told: &Self| -> BTreeSet<[String; 4]> {
            let findings = told.findings.iter();
            let others = findings.filter(|[check, ..]| !checks.contains(check));
            others.cloned().collect()
        };
        if !rule.has_more {
            assert_eq!(of_others(&told), of_others(self), "{}", place());
        }
        assert!(told.findings.is_subset(&self.findings), "{}", place());
        assert_eq!(output.code, i32::from(told.is_error), "{}", place());
    }
}
