//! YAML as a tree that knows where each node stands.
//!
//! Scalars stay text: what a number or a truth value is, is for the reader of the tree to say ([`Node::as_bool`] and
//! its siblings follow yaml-cpp, whose users wrote the files we meet). Mappings keep their order and their repeated
//! keys. Hostile input is bounded by [`Limits`].

mod chars;
mod compose;
mod place;
mod scalar;
mod scan;

pub use place::Places;

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
    /// Nodes, counting what an alias repeats and what is kept for aliases.
    pub nodes: usize,
    /// Collections within collections.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 32 << 20, nodes: 2_000_000, depth: 200 }
    }
}

/// The documents of a text. A text without content has none.
pub fn parse(text: &str) -> Result<Vec<Node>, Error> {
    parse_within(text, Limits::default())
}

/// As [`parse`], with other limits.
pub fn parse_within(text: &str, limits: Limits) -> Result<Vec<Node>, Error> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    if body.len() > limits.bytes {
        let message = format!("the text is longer than {} bytes", limits.bytes);
        return Err(Error { at: Position::default(), message });
    }
    compose::documents(body, limits)
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
        let error = parse("a: b: c\n").unwrap_err();
        assert_eq!((error.at.column, &*error.message), (4, "illegal map value"));
        // At the end of a text without a last line end, errors are told at the first column.
        assert_eq!(parse("a: [b").unwrap_err().at.column, 0);
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
    fn what_is_kept_for_aliases_is_bounded() {
        let items = "x, ".repeat(10_000);
        let text = format!("{}{items}{}", "&a [".repeat(190), "]".repeat(190));
        let limits = Limits { nodes: 1_000_000, ..Limits::default() };
        assert!(parse_within(&text, limits).unwrap_err().message.contains("nodes"));
    }

    #[test]
    fn nesting_is_bounded() {
        for nested in ["[", "- ", "{a: ", "? ", "&a [", "!t {", "[? "] {
            assert!(parse(&nested.repeat(100_000)).is_err(), "{nested}");
        }
    }

    #[test]
    fn flow_collections_may_be_indented_as_they_like() {
        let node = only("a:\n  items: [\nx,\n  y ]\n  b: {c: 'd\ne'}\n");
        assert_eq!(node.get("a").unwrap().get("items").unwrap().items().len(), 2);
        let text = node.get("a").unwrap().get("b").unwrap().get("c").unwrap();
        assert_eq!(text.as_str(), Some("d e"));
    }

    #[test]
    fn scalars_are_folded_and_chomped() {
        for (text, want) in [
            ("a b\n c\n\n d", "a b c\nd"),
            ("'a ''b''\n  c'", "a 'b' c"),
            ("\"a\\tb\\\n  \\x41\\u00e9\"", "a\tbAé"),
            ("|\n a\n  b\n\n", "a\n b\n"),
            ("|-\n a\n\n", "a"),
            ("|+\n a\n\n", "a\n\n"),
            ("|2\n   a\n", " a\n"),
            (">\n a\n b\n\n c\n   d\n e\n", "a b\nc\n  d\ne\n"),
            (">- # why\n a\n b\n", "a b"),
            ("a#b: c #d", "{a#b: c}"),
            ("http://x:80/", "http://x:80/"),
        ] {
            let node = only(text);
            let got = match node.pairs() {
                [] => node.as_str().unwrap().to_owned(),
                [(key, value)] => {
                    format!("{{{}: {}}}", key.as_str().unwrap(), value.as_str().unwrap())
                }
                _ => panic!("{text}"),
            };
            assert_eq!(got, want, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_yaml_is_refused() {
        for (text, message) in [
            ("a: [b\n", "end of sequence flow not found"),
            ("a: {b\n", "end of map flow not found"),
            ("a: b\n  c: d\n", "illegal map value"),
            ("- a\n b: c\n", "illegal map value"),
            ("a: 'b", "illegal EOF in scalar"),
            ("a: \"\\q\"\n", "unknown escape character: q"),
            ("a: @b\n", "unknown token"),
            ("a: %b\n", "unknown token"),
            ("a: - b\n", "illegal block entry"),
            ("a: ]\n", "illegal flow end"),
            ("a: [}\n", "illegal flow end"),
            ("a: *b\n", "the referenced anchor is not defined: b"),
            ("a: |x\n", "unexpected character in block scalar"),
            ("a: 'b' c\n", "end of map not found"),
            ("a:\n  |\n\tb\n", "illegal tab when looking for indentation"),
            (",", "unknown token"),
        ] {
            assert_eq!(parse(text).map_err(|error| error.message), Err(message.into()), "{text}");
        }
    }

    #[test]
    fn an_alias_to_what_is_around_it_is_refused() {
        assert!(parse("a: &a [*a]\n").is_err());
    }
}
