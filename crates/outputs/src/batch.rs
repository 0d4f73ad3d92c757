//! Alerts on their way, and the lines made of them.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use gyr_alert::{Alert, Renderer};

use crate::trace::{Fate, Trace};

/// An alert that every output gets.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) alert: Alert,
    pub(crate) made: Instant,
    /// The line, once an output has rendered it; `None` if it is too long to be kept.
    line: OnceLock<Option<Box<[u8]>>>,
    /// Who wants to know what becomes of it.
    trace: Option<Trace>,
}

/// Alerts that an output shall take, as lines.
#[derive(Debug, Default)]
pub struct Batch {
    messages: Vec<Arc<Message>>,
    /// All lines, each ended by a newline.
    text: Vec<u8>,
    /// Where each line ends in `text`, after its newline.
    ends: Vec<usize>,
}

/// An alert and its line, without the newline.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub alert: &'a Alert,
    pub text: &'a [u8],
}

impl Message {
    pub(crate) fn new(alert: Alert, trace: Option<Trace>) -> Self {
        Self { alert, made: Instant::now(), line: OnceLock::new(), trace }
    }

    /// Tells whoever wants to know.
    #[inline]
    pub(crate) fn tell(&self, output: &'static str, fate: impl FnOnce() -> Fate) {
        if let Some(Trace(trace)) = &self.trace {
            trace(output, fate());
        }
    }

    /// The most bytes it can hold while it waits.
    pub(crate) fn size(&self) -> usize {
        self.alert.size() + self.longest_line()
    }

    /// A longer line is rendered again by each output, so that memory stays bounded: an attacker can choose names that
    /// grow sixfold when they are escaped.
    fn longest_line(&self) -> usize {
        1024 + 2 * self.alert.size()
    }

    /// Appends the line.
    fn write_line(self: &Arc<Self>, renderer: &mut Renderer, out: &mut Vec<u8>) {
        // The last holder renders for nobody else.
        if Arc::strong_count(self) == 1 && self.line.get().is_none() {
            return renderer.render(&self.alert, out);
        }
        let line = self.line.get_or_init(|| {
            let mut line = Vec::new();
            renderer.render(&self.alert, &mut line);
            (line.len() <= self.longest_line()).then(|| line.into())
        });
        match line {
            Some(line) => out.extend_from_slice(line),
            None => renderer.render(&self.alert, out),
        }
    }
}

impl Batch {
    pub const fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub const fn len(&self) -> usize {
        self.messages.len()
    }

    /// All lines, each ended by a newline.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// How many whole lines, with their newlines, are in the first `n_bytes` of the text.
    pub fn n_lines_within(&self, n_bytes: usize) -> usize {
        self.ends.partition_point(|end| *end <= n_bytes)
    }

    /// How many bytes of the text the first `n_lines` lines are.
    pub fn n_bytes_of(&self, n_lines: usize) -> usize {
        n_lines.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0)
    }

    /// The alerts in order.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        self.messages.iter().zip(starts.zip(&self.ends)).map(|(message, (start, end))| Line {
            alert: &message.alert,
            text: self.text.get(start..end - 1).unwrap_or_default(),
        })
    }

    pub(crate) const fn messages(&mut self) -> &mut Vec<Arc<Message>> {
        &mut self.messages
    }

    /// Makes the lines of the messages.
    pub(crate) fn render(&mut self, renderer: &mut Renderer) {
        self.text.clear();
        self.ends.clear();
        for message in &self.messages {
            message.write_line(renderer, &mut self.text);
            self.text.push(b'\n');
            self.ends.push(self.text.len());
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use gyr_alert::{Clock, Form, Piece, Priority, TimeFormat};

    use super::*;

    pub(crate) fn alert(message: &str) -> Alert {
        let pieces = vec![Piece::Literal(message.to_owned())];
        let form = Form::new("r".to_owned(), Priority::Notice, "syscall".to_owned(), pieces);
        Alert { time: 0, hostname: "h".into(), form: Arc::new(form), cells: [].into() }
    }

    pub(crate) fn renderer() -> Renderer {
        Renderer::new(Clock::utc(), TimeFormat::Local, None)
    }

    pub(crate) fn line(message: &str) -> String {
        format!("00:00:00.000000000: Notice {message}")
    }

    pub(crate) fn batch(messages: &[&str]) -> Batch {
        let mut batch = Batch::default();
        let messages = messages.iter().map(|message| Arc::new(Message::new(alert(message), None)));
        batch.messages().extend(messages);
        batch.render(&mut renderer());
        batch
    }

    #[test]
    fn a_batch_knows_its_lines() {
        let batch = batch(&["a", "b"]);
        let lines: Vec<_> = batch.lines().map(|line| line.text.to_vec()).collect();
        assert_eq!(lines, [line("a").into_bytes(), line("b").into_bytes()]);
        assert_eq!(batch.text(), format!("{}\n{}\n", line("a"), line("b")).as_bytes());
        let end = line("a").len() + 1;
        let within = [end - 1, end, 2 * end].map(|n| batch.n_lines_within(n));
        assert_eq!(within, [0, 1, 2]);
        assert_eq!([0, 1, 2].map(|n| batch.n_bytes_of(n)), [0, end, 2 * end]);
    }

    #[test]
    fn a_shared_line_is_kept_unless_it_is_too_long() {
        for (name, kept) in [("a".to_owned(), true), ("\u{1}".repeat(10_000), false)] {
            let message = Arc::new(Message::new(alert(&name), None));
            let other = Arc::clone(&message);
            let (mut first, mut second) = (Vec::new(), Vec::new());
            message.write_line(&mut renderer(), &mut first);
            assert_eq!(message.line.get().is_some_and(Option::is_some), kept);
            other.write_line(&mut renderer(), &mut second);
            assert_eq!(first, second);
        }
    }

    #[test]
    fn a_line_that_nobody_else_needs_is_not_kept() {
        let message = Arc::new(Message::new(alert("a"), None));
        message.write_line(&mut renderer(), &mut Vec::new());
        assert!(message.line.get().is_none());
    }
}
