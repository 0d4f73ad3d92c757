//! Text of a condition to [`Expr`]: [`parse`]. Accepts and refuses what Falco does, at the same positions.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::ast::{
    Arg, Check, Expr, ExprKind, FieldExpr, Grammar, MAX_DEPTH, MAX_NODES, Modifier, Operand,
    Operator, Position, Right, Text, Transformer, TransformerExpr,
};

/// Longer texts are refused: no condition that a person or a tool writes comes near.
pub const MAX_LENGTH: usize = 16 << 20;
/// Transformers in each other; nobody has a use for more than three.
const MAX_NESTED: usize = 50;
/// Longer tokens are cut in messages.
const MAX_QUOTED: usize = 100;

/// Why and where a text is not a condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    pub position: Position,
    pub expected: Expected,
    pub message: String,
}

/// What should have stood where a text stops to be a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any text at all.
    Something,
    /// `and`, `or`, or the end: the condition so far is complete.
    Junction,
    /// A blank or a parenthesis behind `and` or `or`.
    Gap,
    /// A comparison, a macro's name or a parenthesis.
    Part,
    Operator,
    Number,
    Text,
    /// A list, or the name of one.
    List,
    /// A value behind a comma.
    Item,
    /// The parenthesis that ends a group or a list.
    Close,
    /// The parenthesis that ends a transformer.
    CloseTransformer,
    /// A field or a literal within a transformer.
    Argument,
    /// What stands in brackets, or the bracket that ends it.
    Bracketed,
    /// Something that the quotes may hold.
    Quoted,
    /// Less: a limit is reached.
    Less,
}

/// Reads a whole condition.
pub fn parse(text: &str) -> Result<Expr, ParseError> {
    let mut parser = Parser::new(text);
    if text.is_empty() {
        return Err(parser.error(Expected::Something, "filter input string is empty"));
    }
    if text.len() > MAX_LENGTH {
        return Err(parser
            .error(Expected::Less, format!("the condition is longer than {MAX_LENGTH} bytes")));
    }
    let expr = parser.expr()?;
    if parser.rest().is_empty() {
        return Ok(expr);
    }
    let token = parser.last_token();
    Err(parser.error(
        Expected::Junction,
        format!("unexpected token after '{token}', expecting 'or', 'and'"),
    ))
}

/// Reads the field or transformer that a text begins with; gives it and its length in bytes.
pub fn parse_operand(text: &str) -> Result<(Operand, usize), ParseError> {
    let mut parser = Parser::new(text);
    match parser.operand()? {
        Some(operand) => Ok((operand, parser.position.offset)),
        None => Err(parser.error(Expected::Part, "expected a field or a field transformer")),
    }
}

struct Parser<'a> {
    text: &'a str,
    position: Position,
    /// The last token that was recognised, for messages.
    last: Cow<'a, [u8]>,
    /// Transformers around this place.
    nested: usize,
    nodes: usize,
}

/// What is open between two parentheses, or at the top.
struct Group {
    or_start: Position,
    and_start: Position,
    part_start: Position,
    negated: bool,
    ors: Vec<Expr>,
    ands: Vec<Expr>,
    /// For what the next value is.
    waits: Waits,
    /// As Falco counts: in calls of its parser.
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    Part,
    /// The group after `and(`.
    And,
    /// The group after `or(`.
    Or,
}

enum Part {
    Check(Expr),
    /// A parenthesis, and the levels it takes.
    Opens(usize),
}

enum Follow {
    Part,
    Opens(usize),
    /// Nothing: the group is complete.
    End(Expr),
}

// What a parenthesis costs of MAX_DEPTH: Falco's parser calls itself for or, and, not, check and parenthesis.
const LEVELS_PART: usize = 5;
const LEVELS_NOT: usize = 4;
const LEVELS_AND: usize = 3;
const LEVELS_OR: usize = 2;
/// From a group to the comparison in it.
const LEVELS_CHECK: usize = 4;

impl Group {
    fn new(start: Position, depth: usize) -> Self {
        Self {
            or_start: start,
            and_start: start,
            part_start: start,
            negated: false,
            ors: Vec::new(),
            ands: Vec::new(),
            waits: Waits::Part,
            depth,
        }
    }
}

type Parsed<T> = Result<T, ParseError>;

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let position = Position { offset: 0, line: 1, col: 1 };
        Self { text, position, last: Cow::Borrowed(b""), nested: 0, nodes: 0 }
    }

    /// A whole expression. Groups are kept on a list, not on the call stack: their depth is the writer's choice.
    fn expr(&mut self) -> Parsed<Expr> {
        let mut outer: Vec<Group> = Vec::new();
        let mut group = Group::new(self.position, 1);
        self.blanks();
        group.and_start = self.position;
        loop {
            let mut value = match self.part(&mut group)? {
                Part::Check(expr) => expr,
                Part::Opens(levels) => {
                    let inner = self.open(&group, levels)?;
                    outer.push(std::mem::replace(&mut group, inner));
                    continue;
                }
            };
            // The value goes where its group waits for it; where that ends the group, the group is the next value.
            loop {
                match self.follow(&mut group, value)? {
                    Follow::Part => break,
                    Follow::Opens(levels) => {
                        let inner = self.open(&group, levels)?;
                        outer.push(std::mem::replace(&mut group, inner));
                        break;
                    }
                    Follow::End(expr) => value = expr,
                }
                let Some(parent) = outer.pop() else { return Ok(value) };
                self.expect(")", Expected::Close, "expected a ')' token")?;
                group = parent;
            }
        }
    }

    /// `{ not } check`, or the parenthesis that opens in its place.
    fn part(&mut self, group: &mut Group) -> Parsed<Part> {
        self.blanks();
        group.waits = Waits::Part;
        group.part_start = self.position;
        group.negated = false;
        while self.rest().strip_prefix(b"not").is_some_and(starts_with_space) {
            self.eat("not");
            self.skip_while(is_space);
            group.negated = !group.negated;
        }
        if self.eat("not(") {
            group.negated = !group.negated;
            return Ok(Part::Opens(LEVELS_NOT));
        }
        self.blanks();
        let position = self.position;
        if self.eat("(") {
            return Ok(Part::Opens(LEVELS_PART));
        }
        let kind = if let Some(left) = self.operand()? {
            ExprKind::Check(Box::new(self.comparison(left)?))
        } else if let Some(name) = self.identifier() {
            ExprKind::Identifier(name.to_owned())
        } else {
            return Err(
                self.error(Expected::Part, "expected a '(' token, a field check, or an identifier")
            );
        };
        self.node()?;
        Ok(Part::Check(Expr { position, kind }))
    }

    /// Puts a value into its group, and looks at what comes after it.
    fn follow(&mut self, group: &mut Group, value: Expr) -> Parsed<Follow> {
        if group.waits == Waits::Or {
            group.ors.push(value);
        } else {
            let negated = group.waits == Waits::Part && group.negated;
            group.ands.push(if negated {
                Expr { position: group.part_start, kind: ExprKind::Not(Box::new(value)) }
            } else {
                value
            });
            self.blanks();
            if self.eat("and") {
                group.waits = Waits::And;
                return self.after_word("and", LEVELS_AND);
            }
            let ands = std::mem::take(&mut group.ands);
            group.ors.push(chain(ands, group.and_start, ExprKind::And));
        }
        self.blanks();
        if self.eat("or") {
            group.waits = Waits::Or;
            let follow = self.after_word("or", LEVELS_OR);
            group.and_start = self.position;
            return follow;
        }
        let ors = std::mem::take(&mut group.ors);
        Ok(Follow::End(chain(ors, group.or_start, ExprKind::Or)))
    }

    /// After a word without a blank only a parenthesis may follow, and nothing of its own level joins that.
    fn after_word(&mut self, word: &str, levels: usize) -> Parsed<Follow> {
        if self.blanks() {
            Ok(Follow::Part)
        } else if self.eat("(") {
            Ok(Follow::Opens(levels))
        } else {
            Err(self.error(Expected::Gap, format!("expected blank or '(' after '{word}'")))
        }
    }

    fn open(&mut self, group: &Group, levels: usize) -> Parsed<Group> {
        let depth = group.depth + levels;
        if depth + LEVELS_CHECK >= MAX_DEPTH {
            return Err(
                self.error(Expected::Less, format!("exceeded max depth limit of {MAX_DEPTH}"))
            );
        }
        self.blanks();
        Ok(Group::new(self.position, depth))
    }

    fn comparison(&mut self, left: Operand) -> Parsed<Check> {
        self.blanks();
        let Some(operator) = self.operator() else {
            let names = quoted(Operator::ALL.iter().map(|operator| operator.text()));
            return Err(self.error(
                Expected::Operator,
                format!("expected a valid check operator: one of {names}"),
            ));
        };
        let mut modifier = None;
        let right = match operator.grammar() {
            Grammar::Nothing => Right::Nothing,
            Grammar::Number => self.number_or_operand()?,
            Grammar::List => self.list_or_operand()?,
            Grammar::Text => {
                modifier = self.modifier();
                match modifier {
                    Some(_) => self.list()?,
                    None => self.text_or_operand()?,
                }
            }
        };
        Ok(Check { left, operator, modifier, right })
    }

    /// A word that needs a blank behind it and has none is passed over, as in Falco: only the operators of lists are
    /// looked for behind it.
    fn operator(&mut self) -> Option<Operator> {
        let mut passed = false;
        for operator in Operator::ALL.iter().copied() {
            if (passed && !operator.takes_list()) || !self.eat(operator.text()) {
                continue;
            }
            let word = operator.text().starts_with(|c: char| c.is_ascii_alphabetic());
            let needs_blank = word && operator.takes_modifier();
            if !needs_blank || self.rest().first().is_some_and(|b| is_blank(*b)) {
                return Some(operator);
            }
            passed = true;
        }
        None
    }

    /// A modifier counts only where a list follows, so that a value may be called `oneof`.
    fn modifier(&mut self) -> Option<Modifier> {
        self.blanks();
        let (modifier, rest) = Modifier::ALL
            .iter()
            .find_map(|m| Some((*m, self.rest().strip_prefix(m.text().as_bytes())?)))?;
        let list = &rest[rest.iter().take_while(|b| is_blank(**b)).count()..];
        let name = &list[..identifier_length(list)];
        let is_list = list.starts_with(b"(")
            || (list.len() < rest.len()
                && !name.is_empty()
                && ![b"and".as_slice(), b"or", b"not"].contains(&name));
        is_list.then(|| {
            self.eat(modifier.text());
            modifier
        })
    }

    fn number_or_operand(&mut self) -> Parsed<Right> {
        self.blanks();
        if let Some(operand) = self.right_operand()? {
            return Ok(Right::Operand(operand));
        }
        let position = self.position;
        match self.number() {
            Some(number) => Ok(Right::Value(position, number)),
            None => Err(self.expected_value(Expected::Number, "expected a number value")),
        }
    }

    fn text_or_operand(&mut self) -> Parsed<Right> {
        self.blanks();
        if let Some(operand) = self.right_operand()? {
            return Ok(Right::Operand(operand));
        }
        let position = self.position;
        match self.string()? {
            Some(text) => Ok(Right::Value(position, text)),
            None => Err(self.expected_value(Expected::Text, "expected a string value")),
        }
    }

    fn list_or_operand(&mut self) -> Parsed<Right> {
        self.blanks();
        if !self.rest().starts_with(b"(")
            && let Some(operand) = self.right_operand()?
        {
            return Ok(Right::Operand(operand));
        }
        self.list()
    }

    fn list(&mut self) -> Parsed<Right> {
        self.blanks();
        let position = self.position;
        if !self.eat("(") {
            return match self.identifier() {
                Some(name) => Ok(Right::Name(position, Text::from(name))),
                None => Err(self.expected_value(Expected::List, "expected a list, an identifier,")),
            };
        }
        let mut values = Vec::new();
        self.blanks();
        if let Some(value) = self.string()? {
            values.push(value);
            self.blanks();
            while self.eat(",") {
                self.blanks();
                self.node()?;
                match self.string()? {
                    Some(value) => values.push(value),
                    None => return Err(self.error(Expected::Item, "expected a string value")),
                }
                self.blanks();
            }
        }
        self.expect(")", Expected::Close, "expected a ')' token")?;
        Ok(Right::List(position, values))
    }

    /// `val(field)` or another transformer.
    fn right_operand(&mut self) -> Parsed<Option<Operand>> {
        let position = self.position;
        if !self.eat("val(") {
            return self.transformer();
        }
        self.blanks();
        let field_position = self.position;
        let Some(name) = self.field_name() else {
            return Err(self.error(Expected::Argument, "expected a field within 'val' transformer"));
        };
        let field = self.field(name, field_position)?;
        self.blanks();
        self.expect(
            ")",
            Expected::CloseTransformer,
            "expected a ')' token closing the transformer",
        )?;
        Ok(Some(Operand::Transformer(TransformerExpr {
            position,
            transformer: Transformer::Val,
            args: vec![Arg::Operand(Operand::Field(field))],
            selector: None,
        })))
    }

    /// A field or a transformer.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let position = self.position;
        match self.field_name() {
            Some(name) => Ok(Some(Operand::Field(self.field(name, position)?))),
            None => self.transformer(),
        }
    }

    fn transformer(&mut self) -> Parsed<Option<Operand>> {
        let position = self.position;
        let Some(transformer) = self.transformer_start() else {
            return Ok(None);
        };
        self.nested += 1;
        if self.nested > MAX_NESTED {
            return Err(
                self.error(Expected::Less, format!("more than {MAX_NESTED} nested transformers"))
            );
        }
        let mut args = Vec::new();
        loop {
            self.blanks();
            args.push(match self.arg()? {
                Some(arg) => arg,
                None if self.eat("(") => Arg::List(self.arg_list()?),
                None => return Err(self.expected_arg()),
            });
            self.blanks();
            if !self.eat(",") {
                break;
            }
        }
        self.expect(
            ")",
            Expected::CloseTransformer,
            "expected a ')' token closing the transformer",
        )?;
        let selector = self.bracketed()?;
        self.nested -= 1;
        let expr = TransformerExpr { position, transformer, args, selector };
        Ok(Some(Operand::Transformer(expr)))
    }

    fn transformer_start(&mut self) -> Option<Transformer> {
        let length = identifier_length(self.rest());
        let (name, rest) = self.rest().split_at(length);
        let transformer = Transformer::ALL
            .iter()
            .copied()
            .find(|t| *t != Transformer::Val && t.name().as_bytes() == name)
            .filter(|_| rest.starts_with(b"("))?;
        self.take(length + 1);
        Some(transformer)
    }

    fn arg(&mut self) -> Parsed<Option<Arg>> {
        self.node()?;
        if let Some(operand) = self.operand()? {
            return Ok(Some(Arg::Operand(operand)));
        }
        if let Some(text) = self.quoted_string()? {
            return Ok(Some(Arg::Text(text)));
        }
        Ok(self.number().map(Arg::Number))
    }

    fn arg_list(&mut self) -> Parsed<Vec<Arg>> {
        let mut args = Vec::new();
        self.blanks();
        if let Some(arg) = self.arg()? {
            args.push(arg);
            self.blanks();
            while self.eat(",") {
                self.blanks();
                match self.arg()? {
                    Some(arg) => args.push(arg),
                    None => return Err(self.expected_arg()),
                }
                self.blanks();
            }
        }
        self.expect(")", Expected::Close, "expected a ')' token")?;
        Ok(args)
    }

    fn field(&mut self, name: &str, position: Position) -> Parsed<FieldExpr> {
        Ok(FieldExpr { position, name: name.to_owned(), arg: self.bracketed()? })
    }

    /// `[arg]` without a blank before it.
    fn bracketed(&mut self) -> Parsed<Option<String>> {
        if !self.eat("[") {
            return Ok(None);
        }
        let arg = match self.quoted_string()? {
            Some(text) => String::from_utf8(text.as_bytes().to_vec())
                .map_err(|_| self.error(Expected::Bracketed, "a field argument must be UTF-8"))?,
            None => {
                let outside = |b: u8| b"[]\"'\0".contains(&b) || is_space(b);
                let length = self.rest().iter().take_while(|b| !outside(**b)).count();
                if length == 0 {
                    let message =
                        "expected a valid field argument: a quoted string or a bare string";
                    return Err(self.error(Expected::Bracketed, message));
                }
                self.take(length).to_owned()
            }
        };
        self.expect("]", Expected::Bracketed, "expected a ']' token")?;
        Ok(Some(arg))
    }

    fn string(&mut self) -> Parsed<Option<Text>> {
        if let Some(text) = self.quoted_string()? {
            return Ok(Some(text));
        }
        let outside = |b: u8| b"()\"'=,\0".contains(&b) || is_space(b);
        let length = self.rest().iter().take_while(|b| !outside(**b)).count();
        Ok((length > 0).then(|| Text::from(self.take(length))))
    }

    /// A quote after a backslash does not end the string, whatever stands before that backslash.
    fn quoted_string(&mut self) -> Parsed<Option<Text>> {
        let rest = self.rest();
        let Some(quote) = rest.first().copied().filter(|b| b"\"'".contains(b)) else {
            return Ok(None);
        };
        let is_end = |pair: &[u8]| pair[1] == quote && pair[0] != b'\\';
        let mut pairs = rest.windows(2).take_while(|pair| pair[1] != 0);
        let Some(end) = pairs.position(is_end).map(|i| i + 1) else {
            return Ok(None);
        };
        let inner = &rest[1..end];
        self.take(end + 1);
        let bytes =
            unescape(inner, quote).map_err(|message| self.error(Expected::Quoted, message))?;
        self.last = Cow::Owned(bytes.clone());
        Ok(Some(Text::from(bytes)))
    }

    fn number(&mut self) -> Option<Text> {
        let length = number_length(self.rest());
        (length > 0).then(|| Text::from(self.take(length)))
    }

    fn field_name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let mut length = identifier_length(rest);
        let mut dots = 0;
        while length > 0 && rest.get(length) == Some(&b'.') {
            let part = identifier_length(&rest[length + 1..]);
            if part == 0 {
                break;
            }
            length += 1 + part;
            dots += 1;
        }
        (dots > 0).then(|| self.take(length))
    }

    fn identifier(&mut self) -> Option<&'a str> {
        let length = identifier_length(self.rest());
        (length > 0).then(|| self.take(length))
    }

    fn rest(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.position.offset..]
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token.as_bytes());
        if found {
            self.take(token.len());
        }
        found
    }

    fn expect(&mut self, token: &str, expected: Expected, message: &str) -> Parsed<()> {
        if self.eat(token) { Ok(()) } else { Err(self.error(expected, message)) }
    }

    /// Whether there was any.
    fn blanks(&mut self) -> bool {
        self.skip_while(is_blank)
    }

    fn skip_while(&mut self, skipped: fn(u8) -> bool) -> bool {
        let length = self.rest().iter().take_while(|b| skipped(**b)).count();
        self.advance(length);
        length > 0
    }

    /// Takes a token that begins and ends at character boundaries.
    fn take(&mut self, length: usize) -> &'a str {
        let start = self.position.offset;
        self.advance(length);
        let token = &self.text[start..start + length];
        self.last = Cow::Borrowed(token.as_bytes());
        token
    }

    fn advance(&mut self, length: usize) {
        for byte in &self.rest()[..length] {
            self.position.col += 1;
            if matches!(byte, b'\r' | b'\n') {
                self.position.col = 1;
                self.position.line += 1;
            }
        }
        self.position.offset += length;
    }

    fn node(&mut self) -> Parsed<()> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self
                .error(Expected::Less, format!("more than {MAX_NODES} comparisons and literals")));
        }
        Ok(())
    }

    fn last_token(&self) -> String {
        let cut = self.last.len() > MAX_QUOTED;
        let token = String::from_utf8_lossy(&self.last[..self.last.len().min(MAX_QUOTED)]);
        format!("{token}{}", if cut { "..." } else { "" })
    }

    fn expected_value(&self, expected: Expected, what: &str) -> ParseError {
        let names = quoted(Transformer::ALL.iter().map(|t| t.name()));
        self.error(expected, format!("{what} or a field with a valid transformer: {names}"))
    }

    fn expected_arg(&self) -> ParseError {
        let names = quoted(Transformer::ALL.iter().map(|t| t.name()));
        self.error(
            Expected::Argument,
            format!("expected a field, a literal or a nested valid transformer: {names}"),
        )
    }

    fn error(&self, expected: Expected, message: impl Into<String>) -> ParseError {
        ParseError { position: self.position, expected, message: message.into() }
    }
}

/// One expression of several; a single one stays as it is.
fn chain(mut parts: Vec<Expr>, position: Position, kind: fn(Vec<Expr>) -> ExprKind) -> Expr {
    match parts.pop() {
        Some(single) if parts.is_empty() => single,
        last => {
            parts.extend(last);
            Expr { position, kind: kind(parts) }
        }
    }
}

fn quoted(names: impl Iterator<Item = &'static str>) -> String {
    let mut list = String::new();
    for name in names {
        let separator = if list.is_empty() { "" } else { ", " };
        let _ = write!(list, "{separator}'{name}'");
    }
    list
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x08 | b'\r' | b'\n')
}

/// The class `[:space:]`, which is not the same set as the blanks.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

fn starts_with_space(rest: &[u8]) -> bool {
    rest.first().is_some_and(|b| is_space(*b))
}

fn identifier_length(rest: &[u8]) -> usize {
    if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
        return 0;
    }
    rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
}

/// `0x1f` or `[+-]1[.5][e+3]`.
fn number_length(rest: &[u8]) -> usize {
    let digits = |from: usize| {
        rest.get(from..).unwrap_or_default().iter().take_while(|b| b.is_ascii_digit()).count()
    };
    if let Some(hex) = rest.strip_prefix(b"0x").or_else(|| rest.strip_prefix(b"0X")) {
        let n = hex.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        if n > 0 {
            return 2 + n;
        }
    }
    let sign = usize::from(rest.first().is_some_and(|b| b"+-".contains(b)));
    let whole = digits(sign);
    if whole == 0 {
        return 0;
    }
    let mut length = sign + whole;
    if rest.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    let exponent = rest.get(length).is_some_and(|b| b"eE".contains(b))
        && rest.get(length + 1).is_some_and(|b| b"+-".contains(b));
    if exponent && digits(length + 2) > 0 {
        length += 2 + digits(length + 2);
    }
    length
}

/// What an escaped text between quotes means.
fn unescape(inner: &[u8], quote: u8) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next() {
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            // Rules that were written when blanks had to be escaped rely on the backslash that remains.
            Some(b' ' | b'\\') => b'\\',
            Some(b'/') => b'/',
            Some(escaped) if escaped == quote => quote,
            Some(b'x') => hex_byte(rest.next(), rest.next())?,
            Some(other) => {
                let shown = char::from(if other.is_ascii_graphic() { other } else { b'?' });
                return Err(format!("unsupported string escape sequence: \\{shown}"));
            }
            None => return Err("a backslash ends the string".to_owned()),
        });
    }
    Ok(bytes)
}

fn hex_byte(high: Option<u8>, low: Option<u8>) -> Result<u8, String> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    match (digit(high), digit(low)) {
        (Some(0), Some(0)) => Err("a string cannot contain a NUL byte".to_owned()),
        (Some(high), Some(low)) => Ok(u8::try_from(high * 16 + low).unwrap_or_default()),
        _ => Err("unsupported string escape sequence: \\x needs two hexadecimal digits".to_owned()),
    }
}
