//! The comparison as a table for people and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::aims::{Aim, Case, SIZE};
use super::measure::{Cost, Costs};
use super::meshes::{self, Row};
use super::rounds::{Figures, Seen};
use super::tools::Tool;

/// Everything that was found.
pub(super) struct Report {
    pub(super) figures: Figures,
    /// A program that does nothing.
    pub(super) floor: Costs,
    /// Bytes of the two files.
    pub(super) sizes: [f64; 2],
    /// `list` over thousands of secrets for one cluster.
    pub(super) twins: Costs,
    /// Whole meshes.
    pub(super) meshes: Vec<Row>,
}

/// A figure of both programs, and what it is held against.
struct Held {
    what: String,
    unit: &'static str,
    /// Ours, istioctl's.
    values: [f64; 2],
    aim: Option<Aim>,
}

pub(super) const MS: f64 = 1e3;
pub(super) const MIB: f64 = 1.0 / (1024.0 * 1024.0);
const MB: f64 = 1e-6;

impl Report {
    /// For people: what was measured, then the ratios beside the aims.
    pub(super) fn to_text(&self) -> String {
        let mut text = format!(
            "{:<24} {:<20} {:>4} {:>9} {:>9} {:>9} {:>9} {:>6} {:>9}\n",
            "WHAT",
            "PROGRAM",
            "RUNS",
            "WALL ms",
            "P90 ms",
            "CPU ms",
            "PEAK MiB",
            "CONNS",
            "REQUESTS"
        );
        for ((case, tool), seen) in &self.figures {
            row(&mut text, case.name(), tool.name(), seen);
        }
        let floor = Seen {
            costs: self.floor.clone(),
            counts: None,
        };
        row(&mut text, "nothing at all", "true", &floor);
        let twins = Seen {
            costs: self.twins.clone(),
            counts: None,
        };
        row(&mut text, "list, secrets of one", Tool::Ours.name(), &twins);
        text.push('\n');
        let _ = writeln!(
            text,
            "{:<34} {:>10} {:>10} {:>7} {:>9}",
            "COMPARED", "OURS", "ISTIOCTL", "RATIO", "AIM"
        );
        for held in self.held() {
            compared(&mut text, &held);
        }
        text.push('\n');
        text.push_str(&meshes::to_text(&self.meshes));
        text
    }

    /// The same for programs: seconds and bytes.
    pub(super) fn to_json(&self) -> Value {
        let rows: Vec<_> = self
            .figures
            .iter()
            .map(|((case, tool), seen)| {
                json!({
                    "case": case.name(),
                    "program": tool.name(),
                    "runs": seen.costs.runs(),
                    "cost": cost(&seen.costs),
                    "connections": seen.counts.as_ref().map(|counts| counts.connections),
                    "requests": seen.counts.as_ref().map(|counts| &counts.requests),
                })
            })
            .collect();
        let compared: Vec<_> = self
            .held()
            .iter()
            .map(|held| {
                let [ours, istioctl] = held.values;
                json!({
                    "what": held.what,
                    "unit": held.unit,
                    "ours": ours,
                    "istioctl": istioctl,
                    "ratio": ours / istioctl,
                    "aim": held.aim.map(|aim| match aim {
                        Aim::Share(share) => json!({"share": share}),
                        Aim::AtMost(most) => json!({"atMost": most * scale(held.unit)}),
                    }),
                    "met": held.met(),
                })
            })
            .collect();
        json!({
            "apiVersion": "xtask/v1",
            "kind": "Bench",
            "rows": rows,
            "nothing": cost(&self.floor),
            "twins": cost(&self.twins),
            "compared": compared,
            "meshes": meshes::to_json(&self.meshes),
        })
    }

    fn held(&self) -> Vec<Held> {
        let mut held: Vec<Held> = Case::ALL
            .into_iter()
            .flat_map(|case| self.of_case(case))
            .collect();
        held.push(Held {
            what: "size of the program".to_owned(),
            unit: "MB",
            values: self.sizes.map(|size| size * MB),
            aim: Some(SIZE),
        });
        held
    }

    fn of_case(&self, case: Case) -> Vec<Held> {
        let seen =
            Tool::BOTH.map(|tool| self.figures.get(&(case, tool)).cloned().unwrap_or_default());
        let median = |of: fn(&Cost) -> f64, scale: f64| {
            [0, 1].map(|at: usize| seen[at].costs.quantile(0.5, of) * scale)
        };
        let held = |what: &str, unit, values, aim| Held {
            what: format!("{}: {what}", case.name()),
            unit,
            values,
            aim,
        };
        let mut all = vec![
            held("wall", "ms", median(|cost| cost.wall, MS), case.wall()),
            held(
                "CPU",
                "ms",
                median(|cost| cost.cpu, MS),
                case.cpu_and_memory(),
            ),
            held(
                "peak memory",
                "MiB",
                median(|cost| cost.memory, MIB),
                case.cpu_and_memory(),
            ),
        ];
        if let [Some(ours), Some(istioctl)] = seen.map(|seen| seen.counts) {
            let connections = [ours.connections, istioctl.connections].map(number);
            let requests = [ours.requests.len(), istioctl.requests.len()].map(number);
            all.push(held("connections", "", connections, case.connections()));
            all.push(held("requests", "", requests, case.requests()));
        }
        all
    }
}

impl Held {
    fn met(&self) -> Option<bool> {
        let [ours, istioctl] = self.values.map(|value| value / scale(self.unit));
        self.aim.map(|aim| aim.met(ours, istioctl))
    }
}

/// The factor of a figure in this unit.
fn scale(unit: &str) -> f64 {
    match unit {
        "ms" => MS,
        "MiB" => MIB,
        "MB" => MB,
        _ => 1.0,
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody sends so many requests")]
fn number(count: usize) -> f64 {
    count as f64
}

fn cost(costs: &Costs) -> Value {
    let both = |of: fn(&Cost) -> f64| json!({"median": costs.quantile(0.5, of), "p90": costs.quantile(0.9, of)});
    json!({
        "wallSeconds": both(|cost| cost.wall),
        "cpuSeconds": both(|cost| cost.cpu),
        "peakBytes": both(|cost| cost.memory),
    })
}

fn row(text: &mut String, what: &str, program: &str, seen: &Seen) {
    let costs = &seen.costs;
    let counted = |count: fn(&super::rounds::Counts) -> usize| {
        seen.counts
            .as_ref()
            .map_or_else(|| "-".to_owned(), |counts| count(counts).to_string())
    };
    let _ = writeln!(
        text,
        "{what:<24} {program:<20} {:>4} {:>9.2} {:>9.2} {:>9.2} {:>9.1} {:>6} {:>9}",
        costs.runs(),
        costs.quantile(0.5, |cost| cost.wall) * MS,
        costs.quantile(0.9, |cost| cost.wall) * MS,
        costs.quantile(0.5, |cost| cost.cpu) * MS,
        costs.quantile(0.5, |cost| cost.memory) * MIB,
        counted(|counts| counts.connections),
        counted(|counts| counts.requests.len()),
    );
}

fn compared(text: &mut String, held: &Held) {
    let [ours, istioctl] = held.values;
    let aim = match held.aim {
        Some(Aim::Share(share)) => format!("<= {share:.3}"),
        Some(Aim::AtMost(most)) => format!("<= {} {}", most * scale(held.unit), held.unit),
        None => "-".to_owned(),
    };
    let verdict = match held.met() {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    };
    let line = format!(
        "{:<34} {ours:>10.2} {istioctl:>10.2} {:>7.3} {:>9} {verdict}",
        format!("{} {}", held.what, held.unit),
        ours / istioctl,
        aim.trim_end()
    );
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(wall: f64) -> Costs {
        let mut costs = Costs::default();
        costs.add(Cost {
            wall,
            cpu: wall,
            memory: 1024.0 * 1024.0,
        });
        costs
    }

    #[test]
    fn ratios_stand_beside_their_aims() {
        let mut figures = Figures::new();
        for (tool, wall) in [(Tool::Ours, 0.008), (Tool::Istioctl, 0.05)] {
            let seen = Seen {
                costs: costs(wall),
                counts: None,
            };
            figures.insert((Case::Create, tool), seen);
        }
        let report = Report {
            figures,
            floor: costs(0.001),
            sizes: [8e6, 144e6],
            twins: costs(0.9),
            meshes: Vec::new(),
        };
        let text = report.to_text();
        let line = |begin: &str| text.lines().find(|line| line.starts_with(begin)).unwrap();
        assert!(
            line("create: wall ms").ends_with("0.160  <= 0.200 met"),
            "{text}"
        );
        assert!(
            line("create: CPU ms").ends_with("<= 0.100 MISSED"),
            "{text}"
        );
        assert!(line("size of the program MB").ends_with("met"), "{text}");
        let json = report.to_json();
        assert_eq!(json["rows"][0]["case"], "create");
        assert_eq!(json["compared"].as_array().unwrap().len(), 19);
    }
}
