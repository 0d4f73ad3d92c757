//! Tokens to trees.

use std::collections::HashMap;

use super::scan::{Kind, Scanner, Token};
use super::{Error, Limits, Node, Value};
use crate::{Position, Span};

/// All documents of a text.
pub(super) fn documents(text: &str, limits: Limits) -> Result<Vec<Node>, Error> {
    let mut composer = Composer {
        scanner: Scanner::new(text),
        limits,
        nodes: 0,
        flow_sequences: Vec::new(),
        anchors: HashMap::new(),
    };
    let mut documents = Vec::new();
    loop {
        while composer.next_is(&Kind::Directive)? {
            composer.scanner.take()?;
        }
        if composer.scanner.peek()?.is_none() {
            return Ok(documents);
        }
        documents.push(composer.document()?);
    }
}

struct Composer<'t> {
    scanner: Scanner<'t>,
    limits: Limits,
    nodes: usize,
    /// For each open collection, whether it is a flow sequence.
    flow_sequences: Vec<bool>,
    /// The nodes with names; none while a node is not complete.
    anchors: HashMap<String, Option<Node>>,
}

impl Composer<'_> {
    fn document(&mut self) -> Result<Node, Error> {
        let before = self.scanner.taken();
        self.anchors.clear();
        if self.next_is(&Kind::DocumentStart)? {
            self.scanner.take()?;
        }
        let node = self.node()?;
        while self.next_is(&Kind::DocumentEnd)? {
            self.scanner.take()?;
        }
        // Something that begins no node, such as a comma.
        if self.scanner.taken() == before {
            return Err(error(self.here()?, "unknown token"));
        }
        Ok(node)
    }

    fn node(&mut self) -> Result<Node, Error> {
        let start = self.here()?;
        self.count(1, start)?;
        if self.next_is(&Kind::Value)? {
            // A mapping whose key was left out.
            return self.pair_without_key(start);
        }
        if let Some(Kind::Alias(name)) = self.next_kind()? {
            let name = name.clone();
            self.scanner.take()?;
            return self.alias(&name, start);
        }
        let (tagged, anchor) = self.properties()?;
        if let Some(name) = &anchor {
            self.anchors.insert(name.clone(), None);
        }
        let node = self.content(start, tagged)?;
        if let Some(name) = anchor {
            // What is kept for aliases counts, too.
            self.count(size(&node), start)?;
            self.anchors.insert(name, Some(node.clone()));
        }
        Ok(node)
    }

    fn alias(&mut self, name: &str, at: Position) -> Result<Node, Error> {
        let (size, depth) = match self.anchors.get(name) {
            Some(Some(node)) => (size(node), depth(node)),
            Some(None) => return Err(error(at, "an alias of a node that is around it")),
            None => {
                return Err(error(at, &format!("the referenced anchor is not defined: {name}")));
            }
        };
        self.count(size, at)?;
        self.check_depth(depth, at)?;
        let node = self.anchors.get(name).cloned().flatten();
        Ok(node.unwrap_or_else(|| Node::null(Span::at(at))))
    }

    /// Tag and anchor in any order.
    fn properties(&mut self) -> Result<(bool, Option<String>), Error> {
        let (mut tagged, mut anchor) = (false, None);
        loop {
            let at = self.here()?;
            match self.next_kind()? {
                Some(Kind::Tag) if tagged => {
                    return Err(error(at, "cannot assign multiple tags to the same node"));
                }
                Some(Kind::Tag) => tagged = true,
                Some(Kind::Anchor(_)) if anchor.is_some() => {
                    return Err(error(at, "cannot assign multiple anchors to the same node"));
                }
                Some(Kind::Anchor(name)) => anchor = Some(name.clone()),
                _ => return Ok((tagged, anchor)),
            }
            self.scanner.take()?;
        }
    }

    /// What a node is, behind its properties.
    fn content(&mut self, start: Position, tagged: bool) -> Result<Node, Error> {
        let compact = self.flow_sequences.last() == Some(&true);
        let value = match self.next_kind()? {
            Some(Kind::Scalar { .. }) => return self.scalar(start, tagged),
            Some(Kind::BlockSequenceStart) => self.within(false, Self::block_sequence)?,
            Some(Kind::FlowSequenceStart) => self.within(true, Self::flow_sequence)?,
            Some(Kind::BlockMappingStart) => self.within(false, Self::block_mapping)?,
            Some(Kind::FlowMappingStart) => self.within(false, Self::flow_mapping)?,
            Some(Kind::Key) if compact => self.within(false, Self::pair)?,
            _ if tagged => {
                let value = Value::Scalar { text: String::new(), plain: true };
                return Ok(Node { span: Span::at(start), value });
            }
            _ => return Ok(Node::null(Span::at(start))),
        };
        let (value, end) = value;
        Ok(Node { span: Span { start, end }, value })
    }

    fn scalar(&mut self, start: Position, tagged: bool) -> Result<Node, Error> {
        let token = self.scanner.take()?;
        let Some(Token { kind: Kind::Scalar { text, plain }, end, .. }) = token else {
            return Ok(Node::null(Span::at(start)));
        };
        let span = Span { start, end };
        let null = plain && !tagged && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
        let value = if null { Value::Null } else { Value::Scalar { text, plain } };
        Ok(Node { span, value })
    }

    fn within(
        &mut self,
        flow_sequence: bool,
        read: fn(&mut Self) -> Result<(Value, Position), Error>,
    ) -> Result<(Value, Position), Error> {
        let at = self.here()?;
        self.check_depth(1, at)?;
        self.flow_sequences.push(flow_sequence);
        let value = read(self);
        self.flow_sequences.pop();
        value
    }

    fn block_sequence(&mut self) -> Result<(Value, Position), Error> {
        self.scanner.take()?;
        let mut items = Vec::new();
        loop {
            let at = self.here()?;
            match self.scanner.take()? {
                Some(Token { kind: Kind::BlockEntry, .. }) => {}
                Some(Token { kind: Kind::BlockSequenceEnd, .. }) => {
                    return Ok((Value::Sequence(items), at));
                }
                _ => return Err(error(at, "end of sequence not found")),
            }
            let empty =
                matches!(self.next_kind()?, Some(Kind::BlockEntry | Kind::BlockSequenceEnd));
            items.push(match empty {
                true => Node::null(Span::at(self.here()?)),
                false => self.node()?,
            });
        }
    }

    fn flow_sequence(&mut self) -> Result<(Value, Position), Error> {
        const UNENDED: &str = "end of sequence flow not found";
        self.scanner.take()?;
        let mut items = Vec::new();
        loop {
            if let Some(end) = self.take_end(&Kind::FlowSequenceEnd)? {
                return Ok((Value::Sequence(items), end));
            }
            if self.scanner.peek()?.is_none() {
                return Err(error(self.here()?, UNENDED));
            }
            items.push(self.node()?);
            self.separator(&Kind::FlowSequenceEnd, UNENDED)?;
        }
    }

    fn block_mapping(&mut self) -> Result<(Value, Position), Error> {
        self.scanner.take()?;
        let mut pairs = Vec::new();
        loop {
            let at = self.here()?;
            match self.next_kind()? {
                Some(Kind::Key | Kind::Value) => pairs.push(self.key_and_value(at)?),
                Some(Kind::BlockMappingEnd) => {
                    self.scanner.take()?;
                    return Ok((Value::Mapping(pairs), at));
                }
                _ => return Err(error(at, "end of map not found")),
            }
        }
    }

    fn flow_mapping(&mut self) -> Result<(Value, Position), Error> {
        const UNENDED: &str = "end of map flow not found";
        self.scanner.take()?;
        let mut pairs = Vec::new();
        loop {
            if let Some(end) = self.take_end(&Kind::FlowMappingEnd)? {
                return Ok((Value::Mapping(pairs), end));
            }
            let at = self.here()?;
            if self.scanner.peek()?.is_none() {
                return Err(error(at, UNENDED));
            }
            self.count(1, at)?;
            pairs.push(self.key_and_value(at)?);
            self.separator(&Kind::FlowMappingEnd, UNENDED)?;
        }
    }

    /// One pair as an item of a flow sequence.
    fn pair(&mut self) -> Result<(Value, Position), Error> {
        let at = self.here()?;
        let pair = self.key_and_value(at)?;
        let end = pair.1.span.end;
        Ok((Value::Mapping(vec![pair]), end))
    }

    fn pair_without_key(&mut self, start: Position) -> Result<Node, Error> {
        self.check_depth(1, start)?;
        self.flow_sequences.push(false);
        let pair = self.key_and_value(start);
        self.flow_sequences.pop();
        let pair = pair?;
        let span = Span { start, end: pair.1.span.end };
        Ok(Node { span, value: Value::Mapping(vec![pair]) })
    }

    /// A key, if there is one, and a value, if there is one.
    fn key_and_value(&mut self, at: Position) -> Result<(Node, Node), Error> {
        let mut part = |kind: &Kind| match self.next_is(kind)? {
            true => {
                self.scanner.take()?;
                self.node()
            }
            false => Ok(Node::null(Span::at(at))),
        };
        Ok((part(&Kind::Key)?, part(&Kind::Value)?))
    }

    /// Takes a comma, or sees the end.
    fn separator(&mut self, end: &Kind, unended: &str) -> Result<(), Error> {
        if self.next_is(&Kind::FlowEntry)? {
            self.scanner.take()?;
            return Ok(());
        }
        match self.next_is(end)? {
            true => Ok(()),
            false => Err(error(self.here()?, unended)),
        }
    }

    fn take_end(&mut self, end: &Kind) -> Result<Option<Position>, Error> {
        if !self.next_is(end)? {
            return Ok(None);
        }
        Ok(self.scanner.take()?.map(|token| token.end))
    }

    fn next_kind(&mut self) -> Result<Option<&Kind>, Error> {
        Ok(self.scanner.peek()?.map(|token| &token.kind))
    }

    fn next_is(&mut self, kind: &Kind) -> Result<bool, Error> {
        Ok(self.next_kind()? == Some(kind))
    }

    /// Where the next token begins, or where the text ends.
    fn here(&mut self) -> Result<Position, Error> {
        match self.scanner.peek()?.map(|token| token.start) {
            Some(start) => Ok(start),
            None => Ok(self.scanner.position()),
        }
    }

    fn count(&mut self, nodes: usize, at: Position) -> Result<(), Error> {
        self.nodes = self.nodes.saturating_add(nodes);
        match self.nodes > self.limits.nodes {
            true => Err(error(at, &format!("more than {} nodes", self.limits.nodes))),
            false => Ok(()),
        }
    }

    fn check_depth(&self, more: usize, at: Position) -> Result<(), Error> {
        match self.flow_sequences.len() + more > self.limits.depth {
            true => Err(error(at, &format!("more than {} levels", self.limits.depth))),
            false => Ok(()),
        }
    }
}

fn error(at: Position, message: &str) -> Error {
    Error { at, message: message.to_owned() }
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
