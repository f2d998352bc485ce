//! A guide as a list of commands: its fenced blocks in order, each with the tab and the part of the page that it stands in.
//!
//! It runs nothing.

use mesh_testkit::parts::workspace_dir;

/// The heading below which a page takes away what it made.
const CLEAN_UP: &str = "Clean up";

/// The beginning of a paragraph that keeps the block below it from being run, and gives the reason.
const NOT_RUN: &str = "Not run by the test:";

/// A way to install that a page offers under headings of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tab {
    Istioctl,
    Helm,
}

impl Tab {
    /// In the order of the pages.
    pub(crate) const ALL: [Self; 2] = [Self::Istioctl, Self::Helm];

    fn heading(self) -> &'static str {
        match self {
            Self::Istioctl => "With istioctl",
            Self::Helm => "With Helm",
        }
    }
}

/// The half of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Install,
    CleanUp,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// The page and the line of its first line, for messages.
    pub(crate) place: String,
    pub(crate) half: Half,
    /// The tab that it is for; all of them where there is none.
    tab: Option<Tab>,
    pub(crate) kind: Kind,
}

/// The directive of a block.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Commands, one script.
    Script(String),
    /// A command that shows something, and what it shows.
    Sample { command: String, output: String },
}

/// A page of `docs/`.
#[derive(Debug)]
pub(crate) struct Page(Vec<Block>);

impl Page {
    /// Reads a page.
    pub(crate) fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(workspace_dir().join("docs").join(name)).unwrap();
        let page = Self::parse(name, &text);
        for tab in Tab::ALL {
            for half in [Half::Install, Half::CleanUp] {
                let has = page
                    .0
                    .iter()
                    .any(|block| block.tab == Some(tab) && block.half == half);
                assert!(has, "{name} has nothing to run for {tab:?} in {half:?}");
            }
        }
        page
    }

    /// The blocks of one tab and half, in their order.
    pub(crate) fn blocks(&self, tab: Tab, half: Half) -> impl Iterator<Item = &Block> {
        let is_for =
            move |block: &&Block| block.tab.is_none_or(|of| of == tab) && block.half == half;
        self.0.iter().filter(is_for)
    }

    fn parse(name: &str, text: &str) -> Self {
        let mut blocks = Vec::new();
        let mut section = Section::default();
        let (mut paragraph, mut ended) = (String::new(), true);
        let mut lines = text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let content: Vec<_> = lines
                    .by_ref()
                    .map(|(_, line)| line)
                    .take_while(|line| *line != "```")
                    .collect();
                let place = format!("docs/{name}:{}", number + 2);
                let kind = kind(language, &content, &place);
                if !paragraph.starts_with(NOT_RUN) {
                    let Section { half, tab, .. } = section;
                    blocks.push(Block {
                        place,
                        half,
                        tab,
                        kind,
                    });
                }
                paragraph.clear();
            } else if line.starts_with('#') {
                section = section.followed_by(line);
                paragraph.clear();
            } else if line.is_empty() {
                ended = true;
            } else {
                if ended {
                    paragraph.clear();
                }
                paragraph.push_str(line);
                ended = false;
            }
        }
        Self(blocks)
    }
}

/// Returns the place of a line in the page.
#[derive(Clone, Copy)]
struct Section {
    half: Half,
    tab: Option<Tab>,
    /// The level of the tab's heading.
    depth: usize,
}

impl Default for Section {
    fn default() -> Self {
        Self {
            half: Half::Install,
            tab: None,
            depth: 0,
        }
    }
}

impl Section {
    /// The section that begins with this heading. A tab goes as far as the next heading that is no deeper than its own.
    fn followed_by(self, heading: &str) -> Self {
        let title = heading.trim_start_matches('#');
        let depth = heading.len() - title.len();
        let title = title.trim();
        if let Some(tab) = Tab::ALL.into_iter().find(|tab| tab.heading() == title) {
            return Self {
                tab: Some(tab),
                depth,
                ..self
            };
        }
        let half = if title == CLEAN_UP {
            Half::CleanUp
        } else {
            self.half
        };
        if depth <= self.depth {
            Self {
                half,
                ..Self::default()
            }
        } else {
            Self { half, ..self }
        }
    }
}

fn kind(language: &str, content: &[&str], place: &str) -> Kind {
    match language {
        "bash" => Kind::Script(content.join("\n")),
        "console" => sample(content, place),
        other => panic!(
            "{place}: {other:?} is neither bash, which is run, nor console, which is run and compared"
        ),
    }
}

/// A command after a prompt, which goes on for as long as its lines end in a backslash, and what it shows.
fn sample(content: &[&str], place: &str) -> Kind {
    let goes_on = |line: &&&str| line.ends_with('\\');
    let typed = content.iter().take_while(goes_on).count() + 1;
    let (command, output) = content.split_at(typed.min(content.len()));
    let command = command.join("\n");
    let Some(command) = command.strip_prefix("$ ") else {
        panic!("{place}: no command after a prompt");
    };
    Kind::Sample {
        command: command.to_owned(),
        output: output.join("\n"),
    }
}

#[test]
fn tabs_end_where_the_next_section_begins() {
    let text = "
# Page
```bash
all
```
## One
### With istioctl
```bash
ours
```
#### Deeper
```bash
ours too
```
### With Helm
```bash
theirs
```
## Two
Not run by the test: it costs money.
```bash
never
```
```console
$ show \\
  me
a … b
```
## Clean up
```bash
gone
```
";
    let page = Page::parse("page.md", text);
    let of = |tab, half| {
        let words = page.blocks(tab, half).map(|block| match &block.kind {
            Kind::Script(script) => script.clone(),
            Kind::Sample { command, output } => format!("{command} -> {output}"),
        });
        words.collect::<Vec<_>>()
    };
    assert_eq!(
        of(Tab::Istioctl, Half::Install),
        ["all", "ours", "ours too", "show \\\n  me -> a … b"]
    );
    assert_eq!(
        of(Tab::Helm, Half::Install),
        ["all", "theirs", "show \\\n  me -> a … b"]
    );
    assert_eq!(of(Tab::Helm, Half::CleanUp), ["gone"]);
}
