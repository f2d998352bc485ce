//! Tables as kubectl prints them: upper-case headers, three blanks between columns, no trailing blanks.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr as _;

use super::output::Style;
use mesh_model::visible::in_one_line;

/// Rows of texts under headers.
#[derive(Debug, Clone, Default)]
pub struct Table {
    heads: Vec<&'static str>,
    has_headers: bool,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Returns a table with these headers, which are printed if `style` says so.
    pub fn new(heads: impl IntoIterator<Item = &'static str>, style: Style) -> Self {
        Self {
            heads: heads.into_iter().collect(),
            has_headers: style.headers,
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells beyond the headers are kept.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| in_one_line(&cell)).collect());
    }

    /// Returns the table as text; empty if there are no rows.
    pub fn to_text(&self) -> String {
        self.to_text_within(usize::MAX, &[])
    }

    /// Returns the table in at most `width` columns, as far as the cells under `names` can be shortened: a name that is
    /// too long keeps its end, because names from clouds differ there.
    pub fn to_text_within(&self, width: usize, names: &[&str]) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let lines: Vec<&Vec<String>> = self
            .has_headers
            .then_some(&heads)
            .into_iter()
            .chain(&self.rows)
            .collect();
        let widths = self.narrowed(widths(&lines), width, names);
        let mut text = String::new();
        for line in lines {
            let mut row = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                let cell = end_of(cell, *width);
                row.push_str(&cell);
                row.push_str(&" ".repeat(width - cell.width() + GAP));
            }
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }

    /// Shortens the widest of the columns `names` until all fit into `width`, or until all of these have the minimum
    /// width.
    fn narrowed(&self, mut widths: Vec<usize>, width: usize, names: &[&str]) -> Vec<usize> {
        let gaps = GAP * widths.len().saturating_sub(1);
        let mut excess = (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
        let flexible: Vec<usize> = (0..self.heads.len())
            .filter(|i| names.contains(&self.heads[*i]))
            .collect();
        while excess > 0 {
            let widest = flexible.iter().copied().max_by_key(|i| widths[*i]);
            let Some(widest) = widest.filter(|i| widths[*i] > LEAST) else {
                break;
            };
            widths[widest] -= 1;
            excess -= 1;
        }
        widths
    }
}

/// Blanks between two columns.
const GAP: usize = 3;
/// The minimum width of a column.
const LEAST: usize = 10;
/// The replacement for the beginning of a cell that was shortened.
const CUT: &str = "...";

fn widths(lines: &[&Vec<String>]) -> Vec<usize> {
    let columns = lines.iter().map(|line| line.len()).max();
    let cells = |i: usize| lines.iter().filter_map(move |line| line.get(i));
    (0..columns.unwrap_or_default())
        .map(|i| cells(i).map(|cell| cell.width()).max().unwrap_or_default())
        .collect()
}

/// Returns the cell, or as much of its end as fits.
fn end_of(cell: &str, width: usize) -> Cow<'_, str> {
    if cell.width() <= width {
        return Cow::Borrowed(cell);
    }
    let mut starts = cell.char_indices().map(|(start, _)| start);
    let fitting = starts.find(|start| CUT.len() + cell[*start..].width() <= width);
    Cow::Owned(format!("{CUT}{}", &cell[fitting.unwrap_or(cell.len())..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapbox::{assert_data_eq, str};

    const SHOWN: Style = Style {
        wide: false,
        headers: true,
    };

    #[test]
    fn columns_line_up_and_lines_end_without_blanks() {
        let mut table = Table::new(["NAME", "STATE"], SHOWN);
        table.row(["istio-remote-secret-west".to_owned(), "ok".to_owned()]);
        table.row(["日本".to_owned(), String::new()]);
        assert_data_eq!(
            table.to_text(),
            str![[r#"
NAME                       STATE
istio-remote-secret-west   ok
日本

"#]]
        );
        assert_eq!(Table::new(["NAME"], SHOWN).to_text(), "");
    }

    #[test]
    fn long_names_keep_their_end_and_what_is_no_name_is_whole() {
        let mut table = Table::new(["HOLDER", "SOURCE", "STATE"], SHOWN);
        let arn = |name: &str| format!("arn:aws:eks:eu-west-1:123456789012:cluster/{name}");
        table.row([arn("east"), arn("日本"), "wrong-namespace".to_owned()]);
        table.row(["west".to_owned(), "x".to_owned(), "ok".to_owned()]);
        assert_data_eq!(
            table.to_text_within(60, &["HOLDER", "SOURCE"]),
            str![[r#"
HOLDER                 SOURCE                STATE
...9012:cluster/east   ...012:cluster/日本   wrong-namespace
west                   x                     ok

"#]]
        );
        let narrow = table.to_text_within(1, &["HOLDER"]);
        assert!(narrow.contains("...er/east   arn:aws"), "{narrow}");
    }
}
