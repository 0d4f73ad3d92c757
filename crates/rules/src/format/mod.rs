//! `gyr rules fmt`: the same rules files, readable. Comments and order stay as they are; conditions are laid out, blank
//! lines and blanks at the ends of lines are put right. What comes out means the same, which is checked.

mod layout;

use gyr_diag::yaml::{self, Node, Value};

/// Why a file cannot be formatted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    #[error(transparent)]
    Yaml(#[from] yaml::Error),
    /// Of this program.
    #[error("the formatted file would mean something else")]
    Meaning,
}

/// A rules file, formatted; formatted once more it stays the same.
pub fn format(text: &str) -> Result<String, FormatError> {
    let bom = if text.starts_with(BOM) { BOM } else { "" };
    let text = text.strip_prefix(BOM).unwrap_or(text);
    // YAML takes a carriage return alone for the end of a line, too; `str::lines` does not.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let documents = yaml::parse(&text)?;
    let mut edits = Vec::new();
    for item in documents.iter().flat_map(Node::items) {
        edits.extend(condition(&text, item));
    }
    let laid_out = apply(&text, edits);
    let documents_after = yaml::parse(&laid_out)?;
    let spaced = space(&laid_out, &documents_after);
    match same_meaning(&documents, &yaml::parse(&spaced)?) {
        true => Ok(format!("{bom}{spaced}")),
        false => Err(FormatError::Meaning),
    }
}

const BOM: &str = "\u{feff}";

/// Other text for a part of the file.
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

fn apply(text: &str, edits: Vec<Edit>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out += text.get(at..edit.start).unwrap_or_default();
        out += &edit.text;
        at = edit.end.max(at);
    }
    out += text.get(at..).unwrap_or_default();
    out
}

/// The condition of an item, laid out; `None` if it stays as it is.
fn condition(text: &str, item: &Node) -> Option<Edit> {
    let is_condition = item.get("macro").is_some() || item.get("rule").is_some();
    let (key, node) = item.pairs().iter().find(|(key, _)| key.as_str() == Some("condition"))?;
    let condition = node.as_str().filter(|_| is_condition)?;
    let (start, end) = (node.span.start.offset, scalar_end(text, node)?);
    let indent = key.span.start.column;
    // A value on the line below its key, in a flow mapping, with a tag, an anchor or a comment is somebody's choice.
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(line_start..start)?;
    let plain_key = before.trim_start_matches([' ', '-']).trim_end() == "condition:";
    if !plain_key || key.span.start.line != node.span.start.line {
        return None;
    }
    let lines = layout::lay_out(condition, indent)?;
    let new = match lines.as_slice() {
        [(_, line)] if is_plain(line) => line.clone(),
        lines => {
            let pad = |depth: usize| " ".repeat(indent + 2 + depth);
            let lines = lines.iter().map(|(depth, line)| format!("\n{}{line}", pad(*depth)));
            format!(">{}", lines.collect::<String>())
        }
    };
    Some(Edit { start, end, text: new })
}

/// Where a scalar that may be rewritten ends, without the line end behind it.
fn scalar_end(text: &str, node: &Node) -> Option<usize> {
    let rest = text.get(node.span.start.offset..)?;
    let first_line = rest.lines().next()?;
    let written = text.get(node.span.start.offset..node.span.end.offset)?;
    match rest.chars().next()? {
        '&' | '!' | '*' => None,
        '|' | '>' if first_line.contains('#') => None,
        _ => {
            let end = node.span.start.offset + written.trim_end().len();
            let behind = text.get(end..)?.lines().next().unwrap_or_default();
            behind.trim().is_empty().then_some(end)
        }
    }
}

/// Whether a text can be a value without quotes.
fn is_plain(line: &str) -> bool {
    let Ok(documents) = yaml::parse(&format!("a: {line}\n")) else { return false };
    let value = documents.first().and_then(|document| document.get("a"));
    value.is_some_and(|value| value.value == Value::Scalar { text: line.to_owned(), plain: true })
}

/// One blank line before each item and its comments, none twice, no blanks at the ends of lines; texts stay as they are.
fn space(text: &str, documents: &[Node]) -> String {
    let count = text.lines().count();
    let mut within = vec![false; count];
    let mut begins = vec![false; count];
    for document in documents {
        mark_texts(document, &mut within);
        for item in document.items() {
            if let Some(begin) = begins.get_mut(item.span.start.line) {
                *begin = true;
            }
        }
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut out: Vec<String> = Vec::with_capacity(count);
    for (number, line) in lines.iter().enumerate() {
        if within.get(number).copied().unwrap_or(false) {
            out.push((*line).to_owned());
            continue;
        }
        let line = line.trim_end();
        let doubled = line.is_empty() && out.last().is_none_or(String::is_empty);
        if doubled {
            continue;
        }
        if begins.get(number).copied().unwrap_or(false) {
            let comments = out.iter().rev().take_while(|line| line.starts_with('#')).count();
            let at = out.len() - comments;
            let follows =
                at > 0 && out.get(at - 1).is_some_and(|line| !line.is_empty() && line != "---");
            if follows {
                out.insert(at, String::new());
            }
        }
        out.push(line.to_owned());
    }
    let ends_within = within.last().copied().unwrap_or(false);
    while !ends_within && out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    let mut out = out.join("\n");
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Marks the lines that begin within a text, and those on which a text of several lines ends.
fn mark_texts(node: &Node, within: &mut [bool]) {
    match &node.value {
        Value::Scalar { .. } => {
            let (start, end) = (node.span.start, node.span.end);
            // At the start of a line, a text ends on the one before.
            let last =
                if end.column == 0 && end.line > start.line { end.line - 1 } else { end.line };
            let lines = within.iter_mut().take(last + 1).skip(start.line + 1);
            if last > start.line {
                lines.for_each(|line| *line = true);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| mark_texts(item, within)),
        Value::Mapping(pairs) => {
            for (key, value) in pairs {
                mark_texts(key, within);
                mark_texts(value, within);
            }
        }
        Value::Null => {}
    }
}

/// Whether two files are the same but for blanks in conditions.
fn same_meaning(one: &[Node], other: &[Node]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| same(a, b, false))
}

fn same(one: &Node, other: &Node, condition: bool) -> bool {
    match (&one.value, &other.value) {
        (Value::Null, Value::Null) => true,
        (Value::Scalar { text: a, .. }, Value::Scalar { text: b, .. }) if condition => {
            let words =
                |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            words(a) == words(b)
        }
        (Value::Scalar { text: a, .. }, Value::Scalar { text: b, .. }) => a == b,
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, false))
        }
        (Value::Mapping(a), Value::Mapping(b)) => {
            a.len() == b.len()
                && a.iter().zip(b).all(|((key_a, a), (key_b, b))| {
                    same(key_a, key_b, false) && same(a, b, key_a.as_str() == Some("condition"))
                })
        }
        _ => false,
    }
}
