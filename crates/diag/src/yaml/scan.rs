//! Text to tokens.
//!
//! The rules of what is a key, where a block ends and which characters end a plain scalar are those of yaml-cpp, which
//! is more lenient than YAML 1.2 (a flow collection may be indented as it likes): files were written for it.

use std::collections::VecDeque;

use super::Error;
use super::chars::{self, Text};
use super::scalar::{self, Fold, Scalar};
use crate::Position;

/// A token and where it begins and ends.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: Position,
    pub(super) end: Position,
    /// Only what comes after it tells whether a key begins here.
    status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Directive,
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockSequenceEnd,
    BlockMappingEnd,
    BlockEntry,
    FlowSequenceStart,
    FlowMappingStart,
    FlowSequenceEnd,
    FlowMappingEnd,
    FlowEntry,
    Key,
    Value,
    Anchor(String),
    Alias(String),
    Tag,
    Scalar { text: String, plain: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Valid,
    Unknown,
    Invalid,
}

/// Tokens of a text, made when they are asked for.
#[derive(Debug)]
pub(super) struct Scanner<'t> {
    input: Text<'t>,
    tokens: VecDeque<Token>,
    /// Tokens that were taken out of the queue; the number of the first one in it.
    taken: usize,
    ended: bool,
    /// A key may begin at the next token.
    key_allowed: bool,
    /// The last token was quoted or a flow collection, so that a value may follow without a blank.
    after_json: bool,
    keys: Vec<PossibleKey>,
    /// Every indentation so far, and the ones that are open.
    indents: Vec<Indent>,
    open: Vec<usize>,
    flows: Vec<Flow>,
}

/// A token that is a key if a colon follows in time.
#[derive(Clone, Copy, Debug)]
struct PossibleKey {
    at: Position,
    flow_level: usize,
    /// The numbers of its tokens, and its indentation if it opens a mapping.
    token: usize,
    mapping: Option<(usize, usize)>,
}

#[derive(Clone, Copy, Debug)]
struct Indent {
    column: usize,
    of: Collection,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Collection {
    Sequence,
    Mapping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Sequence,
    Mapping,
}

/// A key and its colon are so close, in bytes.
const MAX_KEY: usize = 1024;

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            input: Text::new(text),
            tokens: VecDeque::new(),
            taken: 0,
            ended: false,
            key_allowed: true,
            after_json: false,
            keys: Vec::new(),
            indents: Vec::new(),
            open: Vec::new(),
            flows: Vec::new(),
        }
    }

    /// The next token; none at the end.
    pub(super) fn peek(&mut self) -> Result<Option<&Token>, Error> {
        loop {
            match self.tokens.front().map(|token| token.status) {
                Some(Status::Valid) => break,
                Some(Status::Invalid) => self.drop_front(),
                _ if self.ended => break,
                _ => self.scan()?,
            }
        }
        Ok(self.tokens.front())
    }

    pub(super) fn take(&mut self) -> Result<Option<Token>, Error> {
        self.peek()?;
        self.taken += usize::from(!self.tokens.is_empty());
        Ok(self.tokens.pop_front())
    }

    /// How many tokens were taken.
    pub(super) const fn taken(&self) -> usize {
        self.taken
    }

    /// Where scanning stands.
    pub(super) fn position(&self) -> Position {
        self.input.position()
    }

    fn drop_front(&mut self) {
        self.tokens.pop_front();
        self.taken += 1;
    }

    fn in_block(&self) -> bool {
        self.flows.is_empty()
    }

    fn scan(&mut self) -> Result<(), Error> {
        self.skip_blank();
        self.close_to_here();
        if self.input.at_end() {
            self.end();
            return Ok(());
        }
        let input = &self.input;
        let first_column = input.column() == 0;
        match input.byte(0) {
            b'%' if first_column => self.directive(),
            _ if first_column && chars::is_document_start(input) => {
                self.document_mark(Kind::DocumentStart);
            }
            _ if first_column && chars::is_document_end(input) => {
                self.document_mark(Kind::DocumentEnd);
            }
            b'[' | b'{' => self.flow_start(),
            b']' | b'}' => self.flow_end()?,
            b',' => self.flow_entry(),
            b'-' if chars::is_block_entry(input) => self.block_entry()?,
            b'?' if input.is_blank_or_break(1) => self.key()?,
            b':' if self.is_value() => self.value()?,
            b'*' | b'&' => self.anchor_or_alias()?,
            b'!' => self.tag()?,
            b'|' | b'>' if self.in_block() => self.block_scalar()?,
            b'\'' | b'"' => self.quoted_scalar()?,
            _ if chars::starts_plain(input, !self.in_block()) => self.plain_scalar()?,
            _ => return Err(self.error("unknown token")),
        }
        Ok(())
    }

    /// Skips blanks, comments and line ends. After a tab no key can begin on a line.
    fn skip_blank(&mut self) {
        loop {
            while self.input.is_blank(0) {
                if self.in_block() && self.input.byte(0) == b'\t' {
                    self.key_allowed = false;
                }
                self.input.skip(1);
            }
            if self.input.byte(0) == b'#' && !self.input.at_end() {
                self.input.skip_line();
            }
            let line_end = self.input.break_len(0);
            if line_end == 0 {
                return;
            }
            self.input.skip(line_end);
            self.refuse_key();
            if self.in_block() {
                self.key_allowed = true;
            }
        }
    }

    fn end(&mut self) {
        // The end is at the first column, wherever it is: that is where errors at the end are reported.
        self.input.reset_column();
        self.close_all();
        self.refuse_all_keys();
        self.key_allowed = false;
        self.ended = true;
    }

    fn error(&self, message: &str) -> Error {
        Error { at: self.input.position(), message: message.to_owned() }
    }

    fn push(&mut self, kind: Kind, start: Position) -> usize {
        let end = self.input.position();
        self.tokens.push_back(Token { kind, start, end, status: Status::Valid });
        self.taken + self.tokens.len() - 1
    }

    fn is_value(&self) -> bool {
        let (input, ends) = (&self.input, self.input.is_blank_or_break(1));
        match (self.in_block(), self.after_json) {
            (true, _) => ends || input.is_end(1),
            (false, true) => true,
            (false, false) => ends || (!input.is_end(1) && b",]}".contains(&input.byte(1))),
        }
    }

    fn directive(&mut self) {
        self.close_all();
        self.refuse_all_keys();
        (self.key_allowed, self.after_json) = (false, false);
        let start = self.input.position();
        self.input.skip_line();
        self.push(Kind::Directive, start);
    }

    fn document_mark(&mut self, kind: Kind) {
        self.close_all();
        self.refuse_all_keys();
        (self.key_allowed, self.after_json) = (false, false);
        let start = self.input.position();
        self.input.skip(3);
        self.push(kind, start);
    }

    fn flow_start(&mut self) {
        self.possible_key();
        (self.key_allowed, self.after_json) = (true, false);
        let start = self.input.position();
        let (flow, kind) = match self.input.byte(0) {
            b'[' => (Flow::Sequence, Kind::FlowSequenceStart),
            _ => (Flow::Mapping, Kind::FlowMappingStart),
        };
        self.flows.push(flow);
        self.input.skip(1);
        self.push(kind, start);
    }

    fn flow_end(&mut self) -> Result<(), Error> {
        let (flow, kind) = match self.input.byte(0) {
            b']' => (Flow::Sequence, Kind::FlowSequenceEnd),
            _ => (Flow::Mapping, Kind::FlowMappingEnd),
        };
        if self.in_block() {
            return Err(self.error("illegal flow end"));
        }
        self.solo_entry();
        if self.flows.pop() != Some(flow) {
            return Err(self.error("illegal flow end"));
        }
        (self.key_allowed, self.after_json) = (false, true);
        let start = self.input.position();
        self.input.skip(1);
        self.push(kind, start);
        Ok(())
    }

    fn flow_entry(&mut self) {
        self.solo_entry();
        (self.key_allowed, self.after_json) = (true, false);
        let start = self.input.position();
        self.input.skip(1);
        self.push(Kind::FlowEntry, start);
    }

    /// In a flow mapping, a key may come without a value.
    fn solo_entry(&mut self) {
        match self.flows.last().copied() {
            Some(Flow::Mapping) if self.confirm_key() => {
                let here = self.input.position();
                self.push(Kind::Value, here);
            }
            Some(Flow::Sequence) => self.refuse_key(),
            Some(Flow::Mapping) | None => {}
        }
    }

    fn block_entry(&mut self) -> Result<(), Error> {
        if !self.in_block() || !self.key_allowed {
            return Err(self.error("illegal block entry"));
        }
        self.open(Collection::Sequence);
        (self.key_allowed, self.after_json) = (true, false);
        let start = self.input.position();
        self.input.skip(1);
        self.push(Kind::BlockEntry, start);
        Ok(())
    }

    fn key(&mut self) -> Result<(), Error> {
        if self.in_block() {
            if !self.key_allowed {
                return Err(self.error("illegal map key"));
            }
            self.open(Collection::Mapping);
        }
        self.key_allowed = self.in_block();
        let start = self.input.position();
        self.input.skip(1);
        self.push(Kind::Key, start);
        Ok(())
    }

    fn value(&mut self) -> Result<(), Error> {
        let after_key = self.confirm_key();
        self.after_json = false;
        if after_key {
            self.key_allowed = false;
        } else {
            if self.in_block() {
                if !self.key_allowed {
                    return Err(self.error("illegal map value"));
                }
                self.open(Collection::Mapping);
            }
            self.key_allowed = self.in_block();
        }
        let start = self.input.position();
        self.input.skip(1);
        self.push(Kind::Value, start);
        Ok(())
    }

    fn anchor_or_alias(&mut self) -> Result<(), Error> {
        self.possible_key();
        (self.key_allowed, self.after_json) = (false, false);
        let start = self.input.position();
        let alias = self.input.byte(0) == b'*';
        self.input.skip(1);
        let name = self.input.take_while(chars::is_anchor);
        if name.is_empty() {
            return Err(self.error(match alias {
                true => "alias not found after *",
                false => "anchor not found after &",
            }));
        }
        if !self.input.at_end() && b"[{".contains(&self.input.byte(0)) {
            return Err(self.error(match alias {
                true => "illegal character found while scanning alias",
                false => "illegal character found while scanning anchor",
            }));
        }
        let kind = if alias { Kind::Alias(name) } else { Kind::Anchor(name) };
        self.push(kind, start);
        Ok(())
    }

    fn tag(&mut self) -> Result<(), Error> {
        self.possible_key();
        (self.key_allowed, self.after_json) = (false, false);
        let start = self.input.position();
        self.input.skip(1);
        chars::skip_tag(&mut self.input)?;
        self.push(Kind::Tag, start);
        Ok(())
    }

    fn plain_scalar(&mut self) -> Result<(), Error> {
        let flow = !self.in_block();
        let indent = if flow { 0 } else { self.indent().map_or(0, |column| column + 1) };
        self.possible_key();
        let start = self.input.position();
        let (text, ended_line) = Scalar::plain(flow, indent).read(&mut self.input)?;
        // A key can follow only on a new line.
        (self.key_allowed, self.after_json) = (ended_line, false);
        self.push(Kind::Scalar { text, plain: true }, start);
        Ok(())
    }

    fn quoted_scalar(&mut self) -> Result<(), Error> {
        self.possible_key();
        let start = self.input.position();
        let quote = self.input.byte(0);
        self.input.skip(1);
        let (text, _) = Scalar::quoted(quote).read(&mut self.input)?;
        (self.key_allowed, self.after_json) = (false, true);
        self.push(Kind::Scalar { text, plain: false }, start);
        Ok(())
    }

    fn block_scalar(&mut self) -> Result<(), Error> {
        let start = self.input.position();
        let fold = if self.input.byte(0) == b'>' { Fold::Block } else { Fold::None };
        self.input.skip(1);
        let header = scalar::block_header(&mut self.input)?;
        let scalar = Scalar::block(fold, header, self.indent());
        let (text, _) = scalar.read(&mut self.input)?;
        (self.key_allowed, self.after_json) = (true, false);
        self.push(Kind::Scalar { text, plain: false }, start);
        Ok(())
    }

    /// The column of the innermost open block.
    fn indent(&self) -> Option<usize> {
        self.open.last().and_then(|open| self.indents.get(*open)).map(|indent| indent.column)
    }

    /// Opens a block collection at this column, if it is not open yet. Returns its indentation and its token.
    fn open(&mut self, of: Collection) -> Option<(usize, usize)> {
        let column = self.input.column();
        if !self.in_block() {
            return None;
        }
        if let Some(last) = self.open.last().and_then(|open| self.indents.get(*open)) {
            // Only a sequence in a mapping may stand as far left as what it is in.
            let deeper = column > last.column
                || (column == last.column
                    && of == Collection::Sequence
                    && last.of == Collection::Mapping);
            if !deeper {
                return None;
            }
        }
        let kind = match of {
            Collection::Sequence => Kind::BlockSequenceStart,
            Collection::Mapping => Kind::BlockMappingStart,
        };
        let here = self.input.position();
        let token = self.push(kind, here);
        let indent = self.indents.len();
        self.indents.push(Indent { column, of, status: Status::Valid });
        self.open.push(indent);
        Some((indent, token))
    }

    /// Closes the block collections that do not reach to this column.
    fn close_to_here(&mut self) {
        if !self.in_block() {
            return;
        }
        let column = self.input.column();
        let entry = chars::is_block_entry(&self.input);
        while let Some(last) = self.open.last().and_then(|open| self.indents.get(*open)) {
            let goes_on = last.of == Collection::Mapping || entry;
            if last.column < column || (last.column == column && goes_on) {
                break;
            }
            self.close();
        }
        let is_invalid = |scanner: &Self| {
            let last = scanner.open.last().and_then(|open| scanner.indents.get(*open));
            last.is_some_and(|indent| indent.status == Status::Invalid)
        };
        while is_invalid(self) {
            self.close();
        }
    }

    fn close_all(&mut self) {
        while self.in_block() && !self.open.is_empty() {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(indent) = self.open.pop().and_then(|open| self.indents.get(open)) else { return };
        let kind = match indent.of {
            _ if indent.status != Status::Valid => return self.refuse_key(),
            Collection::Sequence => Kind::BlockSequenceEnd,
            Collection::Mapping => Kind::BlockMappingEnd,
        };
        let here = self.input.position();
        self.push(kind, here);
    }

    /// Notes that a key may begin here. One at a time, on each level.
    fn possible_key(&mut self) {
        let flow_level = self.flows.len();
        if !self.key_allowed || self.keys.last().is_some_and(|key| key.flow_level == flow_level) {
            return;
        }
        let at = self.input.position();
        let mapping = self.open(Collection::Mapping);
        let token = self.push(Kind::Key, at);
        let key = PossibleKey { at, flow_level, token, mapping };
        self.settle(key, Status::Unknown);
        self.keys.push(key);
    }

    /// Whether what was noted as a possible key is one, now that a colon is here.
    fn confirm_key(&mut self) -> bool {
        let Some(key) = self.keys.pop_if(|key| key.flow_level == self.flows.len()) else {
            return false;
        };
        let here = self.input.position();
        let near = here.line == key.at.line && here.offset - key.at.offset <= MAX_KEY;
        self.settle(key, if near { Status::Valid } else { Status::Invalid });
        near
    }

    fn refuse_key(&mut self) {
        if let Some(key) = self.keys.pop_if(|key| key.flow_level == self.flows.len()) {
            self.settle(key, Status::Invalid);
        }
    }

    fn refuse_all_keys(&mut self) {
        while let Some(key) = self.keys.pop() {
            if key.flow_level == 0 {
                self.settle(key, Status::Invalid);
            }
        }
    }

    fn settle(&mut self, key: PossibleKey, status: Status) {
        let mut tokens = vec![key.token];
        if let Some((indent, token)) = key.mapping {
            tokens.push(token);
            if let Some(indent) = self.indents.get_mut(indent) {
                indent.status = status;
            }
        }
        for token in tokens {
            let place = token.checked_sub(self.taken);
            if let Some(token) = place.and_then(|place| self.tokens.get_mut(place)) {
                token.status = status;
            }
        }
    }
}
