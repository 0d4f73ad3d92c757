//! YAML as a tree that knows where each node stands.
//!
//! Scalars stay text: what a number or a truth value is, is for the reader of the tree to say ([`Node::as_bool`] and
//! its siblings follow yaml-cpp, whose users wrote the files we meet). Mappings keep their order and their repeated
//! keys. Hostile input is bounded by [`Limits`].

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::source::{line_starts, position};
use crate::{Position, Span};

/// One node of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub span: Span,
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing, or an unquoted `~` or `null`.
    Null,
    /// A scalar that is not null. `plain` if it was written without quotes and not as a block.
    Scalar {
        text: String,
        plain: bool,
    },
    Sequence(Vec<Node>),
    /// Pairs in the order of the text; a key may occur twice.
    Mapping(Vec<(Node, Node)>),
}

/// Why a text is not YAML that we read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    pub at: Position,
    pub message: String,
}

/// What a text may demand of us.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Nodes, counting what an alias repeats.
    pub nodes: usize,
    /// Collections within collections.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, nodes: 2_000_000, depth: 200 }
    }
}

/// The documents of a text. A text without content has none.
pub fn parse(text: &str) -> Result<Vec<Node>, Error> {
    parse_within(text, Limits::default())
}

/// As [`parse`], with other limits.
pub fn parse_within(text: &str, limits: Limits) -> Result<Vec<Node>, Error> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let places = Places::new(body);
    if body.len() > limits.bytes {
        return Err(Error {
            at: Position::default(),
            message: format!("the text is longer than {} bytes", limits.bytes),
        });
    }
    // The parser takes a NUL for the end of the text.
    if let Some(offset) = body.find('\0') {
        let at = position(&places.lines, offset);
        return Err(Error { at, message: "the text holds a NUL character".to_owned() });
    }
    let mut tree = Tree::new(body, &places, limits);
    for event in Parser::new_from_str(body) {
        let (event, span) = event.map_err(|error| Error {
            at: places.at(*error.marker()),
            message: error.info().to_owned(),
        })?;
        tree.take(event, Span { start: places.at(span.start), end: places.at(span.end) })?;
    }
    Ok(tree.documents)
}

impl Node {
    pub fn null(span: Span) -> Self {
        Self { span, value: Value::Null }
    }

    pub fn scalar(span: Span, text: impl Into<String>) -> Self {
        Self { span, value: Value::Scalar { text: text.into(), plain: true } }
    }

    /// The value of a key of a mapping; of a repeated key, the first.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    pub const fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    pub const fn is_sequence(&self) -> bool {
        matches!(self.value, Value::Sequence(_))
    }

    pub const fn is_mapping(&self) -> bool {
        matches!(self.value, Value::Mapping(_))
    }

    /// The text of a scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The items of a sequence; none for anything else.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The pairs of a mapping; none for anything else.
    pub fn pairs(&self) -> &[(Self, Self)] {
        match &self.value {
            Value::Mapping(pairs) => pairs,
            _ => &[],
        }
    }

    /// A truth value as YAML 1.1 has them: `y yes true on`, `n no false off`, in lower case, capitalised or upper case.
    pub fn as_bool(&self) -> Option<bool> {
        let text = self.as_str()?;
        let lower = text.to_ascii_lowercase();
        let mut capital = lower.clone();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        if text != lower && text != capital && text != text.to_ascii_uppercase() {
            return None;
        }
        match lower.as_str() {
            "y" | "yes" | "true" | "on" => Some(true),
            "n" | "no" | "false" | "off" => Some(false),
            _ => None,
        }
    }

    /// A whole number: decimal, hexadecimal after `0x`, octal after `0`.
    pub fn as_i64(&self) -> Option<i64> {
        let text = self.as_str()?;
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let size = i128::from(magnitude(digits)?);
        i64::try_from(if negative { -size } else { size }).ok()
    }

    /// As [`Node::as_i64`], without a minus.
    pub fn as_u64(&self) -> Option<u64> {
        let text = self.as_str()?;
        magnitude(text.strip_prefix('+').unwrap_or(text))
    }

    /// A number with or without a fraction; `.inf` and `.nan` too.
    pub fn as_f64(&self) -> Option<f64> {
        let text = self.as_str()?;
        match text {
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
            "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
            ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
            _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => {
                text.parse().ok()
            }
            _ => None,
        }
    }
}

fn magnitude(digits: &str) -> Option<u64> {
    let digits = digits.trim_end();
    if digits.starts_with(['+', '-']) {
        return None;
    }
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok().filter(|_| !hex.starts_with('+'));
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => {
            u64::from_str_radix(octal, 8).ok().filter(|_| !octal.starts_with('+'))
        }
        _ => digits.parse().ok(),
    }
}

/// Turns the parser's places, counted in characters, into ours, counted in bytes.
struct Places {
    lines: Vec<usize>,
    /// The offset of every character, if some take more than a byte.
    chars: Vec<usize>,
    len: usize,
}

impl Places {
    fn new(text: &str) -> Self {
        let chars = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().map(|(i, _)| i).collect(),
        };
        Self { lines: line_starts(text), chars, len: text.len() }
    }

    fn at(&self, mark: Marker) -> Position {
        let offset = match self.chars.is_empty() {
            true => mark.index().min(self.len),
            false => self.chars.get(mark.index()).copied().unwrap_or(self.len),
        };
        position(&self.lines, offset)
    }
}

/// The tree while it grows.
struct Tree<'a> {
    text: &'a str,
    places: &'a Places,
    limits: Limits,
    nodes: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    documents: Vec<Node>,
    /// Where the last event ended.
    end: usize,
}

/// A collection whose end has not come yet.
struct Open {
    start: Position,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    Sequence(Vec<Node>),
    Mapping { pairs: Vec<(Node, Node)>, key: Option<Node> },
}

impl<'a> Tree<'a> {
    fn new(text: &'a str, places: &'a Places, limits: Limits) -> Self {
        let (open, anchors, documents) = (Vec::new(), HashMap::new(), Vec::new());
        Self { text, places, limits, nodes: 0, open, anchors, documents, end: 0 }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, span.start)?;
                let node = self.scalar(&text, style, tag.is_some(), span);
                self.add(node, anchor);
            }
            Event::SequenceStart(anchor, _) => {
                // The parser places a sequence that is no deeper than its key at its first item, not at the dash.
                let own = if self.after_key() { self.own_start() } else { span.start.offset };
                let dash = self.text.as_bytes().get(own) == Some(&b'-');
                let start = if dash { self.place(own) } else { span.start };
                self.open(start, anchor, Kind::Sequence(Vec::new()))?;
            }
            Event::MappingStart(anchor, _) => {
                self.open(span.start, anchor, Kind::Mapping { pairs: Vec::new(), key: None })?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span.end),
            Event::Alias(anchor) => self.alias(anchor, span.start)?,
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        self.end = span.end.offset;
        Ok(())
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tagged: bool, span: Span) -> Node {
        let plain = style == ScalarStyle::Plain;
        if plain && text.is_empty() && !tagged {
            // What is not there stands where the next thing begins.
            return Node::null(Span::at(self.place(self.own_start())));
        }
        if plain && !tagged && is_null(text) {
            return Node::null(span);
        }
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let start = if block { self.place(self.own_start()) } else { span.start };
        let value = Value::Scalar { text: text.to_owned(), plain };
        Node { span: Span { start, end: span.end }, value }
    }

    fn alias(&mut self, anchor: usize, at: Position) -> Result<(), Error> {
        let Some(node) = self.anchors.get(&anchor) else {
            let message = "an alias of a node that is not complete yet".to_owned();
            return Err(Error { at, message });
        };
        let (size, depth) = (size(node), depth(node));
        self.count(size, at)?;
        if self.open.len() + depth > self.limits.depth {
            return Err(self.too_deep(at));
        }
        if let Some(node) = self.anchors.get(&anchor).cloned() {
            self.add(node, 0);
        }
        Ok(())
    }

    /// Whether the next node is the value of a key.
    fn after_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Mapping { key: Some(_), .. }, .. }))
    }

    /// Where the next node begins: behind the last event and the one indicator that introduces the node.
    fn own_start(&self) -> usize {
        let introduced = self.skip_blank(self.end);
        let indicators: &[u8] = if self.after_key() { b":" } else { b"-?" };
        match self.text.as_bytes().get(introduced) {
            Some(byte) if indicators.contains(byte) => self.skip_blank(introduced + 1),
            _ => introduced,
        }
    }

    /// Behind blanks, line ends and comments.
    fn skip_blank(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => at += 1,
                b'#' => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                _ => break,
            }
        }
        at
    }

    fn place(&self, offset: usize) -> Position {
        position(&self.places.lines, offset)
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > self.limits.nodes {
            let message = format!("more than {} nodes", self.limits.nodes);
            return Err(Error { at, message });
        }
        Ok(())
    }

    fn too_deep(&self, at: Position) -> Error {
        Error { at, message: format!("more than {} levels", self.limits.depth) }
    }

    fn open(&mut self, start: Position, anchor: usize, kind: Kind) -> Result<(), Error> {
        self.count(1, start)?;
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(start));
        }
        self.open.push(Open { start, anchor, kind });
        Ok(())
    }

    fn close(&mut self, end: Position) {
        let Some(Open { start, anchor, kind }) = self.open.pop() else { return };
        let value = match kind {
            Kind::Sequence(items) => Value::Sequence(items),
            Kind::Mapping { pairs, .. } => Value::Mapping(pairs),
        };
        self.add(Node { span: Span { start, end }, value }, anchor);
    }

    fn add(&mut self, node: Node, anchor: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.documents.push(node),
            Some(Kind::Sequence(items)) => items.push(node),
            Some(Kind::Mapping { pairs, key }) => match key.take() {
                None => *key = Some(node),
                Some(key) => pairs.push((key, node)),
            },
        }
    }
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn size(node: &Node) -> usize {
    let inner: usize = match &node.value {
        Value::Null | Value::Scalar { .. } => 0,
        Value::Sequence(items) => items.iter().map(size).sum(),
        Value::Mapping(pairs) => pairs.iter().map(|(k, v)| size(k) + size(v)).sum(),
    };
    inner + 1
}

fn depth(node: &Node) -> usize {
    match &node.value {
        Value::Null | Value::Scalar { .. } => 0,
        Value::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Mapping(pairs) => {
            1 + pairs.iter().map(|(k, v)| depth(k).max(depth(v))).max().unwrap_or(0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Node {
        let mut documents = parse(text).unwrap();
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    fn place(node: &Node) -> (usize, usize) {
        (node.span.start.line, node.span.start.column)
    }

    #[test]
    fn nodes_stand_where_their_text_begins() {
        let rule = only("rule: é x\nlast: y\n");
        let (key, value) = &rule.pairs()[1];
        assert_eq!((place(key), place(value)), ((1, 0), (1, 6)));
        assert_eq!(value.span.start.offset, 17, "offsets count bytes");
    }

    #[test]
    fn a_block_scalar_stands_at_its_indicator() {
        let node = only("a: >  # folded\n  x\n  y\nb: |-\n  z\n");
        assert_eq!(place(node.get("a").unwrap()), (0, 3));
        assert_eq!(place(node.get("b").unwrap()), (3, 3));
        assert_eq!(node.get("a").unwrap().as_str(), Some("x y\n"));
    }

    #[test]
    fn a_sequence_stands_at_its_first_dash() {
        let node = only("a:\n- x\nb:\n  - y\nc: [z]\n");
        let places = ["a", "b", "c"].map(|key| place(node.get(key).unwrap()));
        assert_eq!(places, [(1, 0), (3, 2), (4, 3)]);
    }

    #[test]
    fn what_is_missing_stands_where_the_next_thing_begins() {
        let node = only("a:\n# why\nb: ~\nc:\n");
        let places = ["a", "b", "c"].map(|key| place(node.get(key).unwrap()));
        assert_eq!(places, [(2, 0), (2, 3), (4, 0)]);
        assert!(node.pairs().iter().all(|(_, value)| value.is_null()));
    }

    #[test]
    fn the_first_of_a_repeated_key_counts() {
        let node = only("a: 1\na: 2\n");
        assert_eq!(node.get("a").unwrap().as_str(), Some("1"));
        assert_eq!(node.pairs().len(), 2);
    }

    #[test]
    fn only_plain_text_is_null() {
        let node = only("[null, 'null', \"\", ~, nULL]");
        let nulls: Vec<_> = node.items().iter().map(Node::is_null).collect();
        assert_eq!(nulls, [true, false, false, true, false]);
    }

    #[test]
    fn documents_are_kept_apart() {
        assert_eq!(parse("a\n---\nb\n").unwrap().len(), 2);
        assert_eq!(parse("# nothing\n").unwrap().len(), 0);
    }

    #[test]
    fn a_tag_does_not_hide_its_value() {
        assert_eq!(only("a: != b").get("a").unwrap().as_str(), Some("b"));
    }

    #[test]
    fn scalars_are_read_as_yaml_1_1_has_them() {
        let read = |text: &str| Node::scalar(Span::default(), text);
        assert_eq!(read("Yes").as_bool(), Some(true));
        assert_eq!(read("OFF").as_bool(), Some(false));
        assert_eq!(read("tRue").as_bool(), None);
        assert_eq!(read("0x1f").as_i64(), Some(31));
        assert_eq!(read("-010").as_i64(), Some(-8));
        assert_eq!(read("-1").as_u64(), None);
        assert_eq!(read("1e3").as_f64(), Some(1000.0));
        assert_eq!(read("infinity").as_f64(), None);
    }

    #[test]
    fn an_error_tells_its_place() {
        let error = parse("a: [\n").unwrap_err();
        assert_eq!((error.at.line, error.at.column), (1, 0));
        assert_eq!(parse("a\0").unwrap_err().at.column, 1);
    }

    #[test]
    fn aliases_cannot_make_much_out_of_little() {
        let mut text = "a0: &a0 [x, x]\n".to_owned();
        for i in 1..40 {
            text += &format!("a{i}: &a{i} [*a{}, *a{}]\n", i - 1, i - 1);
        }
        assert!(parse(&text).unwrap_err().message.contains("nodes"));
        let mut text = "a0: &a0 [x]\n".to_owned();
        for i in 1..400 {
            text += &format!("a{i}: &a{i} [*a{}]\n", i - 1);
        }
        assert!(parse(&text).unwrap_err().message.contains("levels"));
    }

    #[test]
    fn nesting_is_bounded() {
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(100_000)).is_err());
        assert!(parse(&"{a: ".repeat(100_000)).is_err());
    }

    #[test]
    fn an_alias_to_what_is_around_it_is_refused() {
        assert!(parse("a: &a [*a]\n").is_err());
    }
}
