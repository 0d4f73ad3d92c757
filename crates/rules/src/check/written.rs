//! Text of rules files (conditions, outputs) that knows where in which file each part of it stands.

use std::rc::Rc;

use gyr_diag::yaml::{Node, Places};
use gyr_diag::{Source, Span};

use super::report::Place;

/// A text that one item wrote, or several: additions are joined with a blank.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    pub(super) text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    file: usize,
    /// All of the scalar.
    whole: Span,
    places: Rc<Places>,
}

impl Written {
    pub(super) fn new(files: &[Source], file: usize, node: &Node) -> Self {
        let mut written = Self::default();
        written.push(files, file, node);
        written
    }

    pub(super) fn append(&mut self, files: &[Source], file: usize, node: &Node) {
        self.text.push(' ');
        self.push(files, file, node);
    }

    fn push(&mut self, files: &[Source], file: usize, node: &Node) {
        let text = node.as_str().unwrap_or_default();
        let Some(source) = files.get(file) else { return };
        let places = Rc::new(Places::new(source, node.span.start, text));
        self.pieces.push(Piece { start: self.text.len(), file, whole: node.span, places });
        self.text.push_str(text);
    }

    /// Where a part of the text stands.
    pub(super) fn place(&self, files: &[Source], from: usize, to: usize) -> Place {
        let Some(piece) = self.pieces.iter().rev().find(|piece| piece.start <= from) else {
            return self.whole();
        };
        let Some(source) = files.get(piece.file) else { return self.whole() };
        let (from, to) = (from - piece.start, to.saturating_sub(piece.start));
        Place { file: piece.file, span: piece.places.span(source, from, to.max(from)) }
    }

    /// Where the text begins.
    pub(super) fn whole(&self) -> Place {
        self.pieces.first().map_or(Place { file: 0, span: Span::default() }, |piece| Place {
            file: piece.file,
            span: piece.whole,
        })
    }
}
