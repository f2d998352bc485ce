//! Tables as kubectl prints them: upper-case heads, three blanks between columns, none at the end of a line.

use unicode_width::UnicodeWidthStr as _;

use super::streams::in_one_line;

/// Rows of texts under heads.
#[derive(Debug, Clone, Default)]
pub struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads, which `--no-headers` leaves away (an empty list).
    pub fn new(heads: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            heads: heads.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells beyond the heads are kept.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| in_one_line(&cell)).collect());
    }

    /// The table as text; nothing at all where there are no rows.
    pub fn to_text(&self) -> String {
        if self.rows.is_empty() {
            return String::new();
        }
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let lines: Vec<&Vec<String>> = (!heads.is_empty())
            .then_some(&heads)
            .into_iter()
            .chain(&self.rows)
            .collect();
        let columns = lines
            .iter()
            .map(|line| line.len())
            .max()
            .unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|i| {
                lines
                    .iter()
                    .filter_map(|line| line.get(i))
                    .map(|cell| cell.width())
                    .max()
                    .unwrap_or_default()
            })
            .collect();
        let mut text = String::new();
        for line in lines {
            let mut row = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                row.push_str(cell);
                row.push_str(&" ".repeat(width - cell.width() + 3));
            }
            text.push_str(row.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use snapbox::{assert_data_eq, str};

    #[test]
    fn columns_line_up_and_lines_end_without_blanks() {
        let mut table = Table::new(["NAME", "STATE"]);
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
        assert_eq!(Table::new(["NAME"]).to_text(), "");
    }
}
