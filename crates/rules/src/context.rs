//! Where in a rules file something stands: the way from the file to the smallest part that has a name.

use std::sync::Arc;

use gyr_diag::Position;
use gyr_filter::Position as Place;
use serde_json::{Value, json};

/// The kinds of parts, by the names that users see.
macro_rules! parts {
    ($($name:ident = $text:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Part { $($name,)* }

        impl Part {
            const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

parts! {
    ValueFor = "value for",
    Exceptions = "exceptions",
    Exception = "exception",
    ExceptionValues = "exception values",
    ExceptionValue = "exception value",
    RulesContent = "rules content",
    RulesContentItem = "rules content item",
    RequiredEngineVersion = "required_engine_version",
    RequiredPluginVersions = "required plugin versions",
    RequiredPluginVersionsEntry = "required plugin versions entry",
    RequiredPluginVersionsAlternative = "required plugin versions alternative",
    List = "list",
    ListItem = "list item",
    Macro = "macro",
    MacroCondition = "macro condition",
    Rule = "rule",
    RuleCondition = "rule condition",
    ConditionExpression = "condition expression",
    RuleOutput = "rule output",
    RulePriority = "rule priority",
    Overrides = "overrides",
}

/// A part within a part within … a file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Context(Arc<Frame>);

#[derive(Debug)]
struct Frame {
    outer: Option<Context>,
    part: Part,
    /// The name of the item, if it has one.
    item: String,
    /// The name of the text: a file, or the beginning of a condition.
    text: Arc<str>,
    at: Position,
    /// The condition, for a place in a condition.
    condition: Option<Arc<str>>,
}

impl Context {
    /// A whole file.
    pub(crate) fn file(name: &str) -> Self {
        Self(Arc::new(Frame {
            outer: None,
            part: Part::RulesContent,
            item: String::new(),
            text: name.into(),
            at: Position::default(),
            condition: None,
        }))
    }

    /// The file that this is a part of.
    pub(crate) fn file_of(&self) -> Self {
        let mut context = self;
        while let Some(outer) = &context.0.outer {
            context = outer;
        }
        context.clone()
    }

    /// A part of this part.
    pub(crate) fn inner(&self, part: Part, item: &str, at: Position) -> Self {
        Self(Arc::new(Frame {
            outer: Some(self.clone()),
            part,
            item: item.to_owned(),
            text: self.file_of().0.text.clone(),
            at,
            condition: None,
        }))
    }

    /// A place in a condition whose text begins where this part stands; without a place, the condition as a whole.
    ///
    /// The sums are Falco's: places in conditions count lines and columns from 1, those in files from 0.
    pub(crate) fn condition(&self, condition: &str, at: Option<Place>) -> Self {
        let name = match condition.len() > NAME_LEN {
            true => {
                format!("\"{}...\"", &condition[..condition.floor_char_boundary(NAME_LEN - 3)])
            }
            false => format!("\"{condition}\""),
        };
        let base = self.0.at;
        let at = at.unwrap_or_default();
        Self(Arc::new(Frame {
            outer: Some(self.clone()),
            part: Part::ConditionExpression,
            item: String::new(),
            text: name.replace(['\n', '\r'], " ").into(),
            at: Position {
                offset: base.offset.saturating_add(at.offset),
                line: base.line.saturating_add(at.line),
                column: base.column.saturating_add(at.col),
            },
            condition: Some(condition.into()),
        }))
    }

    /// The file, its items, their parts, from outside to inside.
    fn frames(&self) -> Vec<&Frame> {
        let mut frames = vec![&*self.0];
        let mut outer = &self.0.outer;
        while let Some(context) = outer {
            frames.push(&context.0);
            outer = &context.0.outer;
        }
        frames.reverse();
        frames
    }

    /// The name of the file, and the smallest part in it whose place is known for certain.
    pub(crate) fn place(&self) -> (&str, Position) {
        let mut frame = &self.0;
        while frame.condition.is_some()
            && let Some(outer) = &frame.outer
        {
            frame = &outer.0;
        }
        (&frame.text, frame.at)
    }

    pub(crate) fn to_text(&self) -> String {
        let mut out = String::new();
        for (i, frame) in self.frames().into_iter().enumerate() {
            out += if i == 0 { "In " } else { "    " };
            out += frame.part.name();
            if !frame.item.is_empty() {
                out += &format!(" '{}'", frame.item);
            }
            out += &format!(": ({}:{}:{})\n", frame.text, frame.at.line, frame.at.column);
        }
        out
    }

    pub(crate) fn locations(&self) -> Value {
        let locations = self.frames().into_iter().map(|frame| {
            json!({
                "item_type": frame.part.name(),
                "item_name": frame.item,
                "position": {
                    "name": &*frame.text,
                    "line": frame.at.line,
                    "column": frame.at.column,
                    "offset": frame.at.offset,
                },
            })
        });
        locations.collect()
    }

    /// The line it is about with a mark under the place; `text` gives the content of a file by its name.
    pub(crate) fn snippet<'a>(&'a self, text: impl FnOnce(&str) -> Option<&'a str>) -> String {
        match self.0.condition.as_deref().filter(|condition| !condition.is_empty()) {
            Some(condition) => excerpt(condition, self.0.at.offset),
            None => match text(&self.0.text) {
                Some(text) => excerpt(text, self.0.at.offset),
                None => format!("<No context for file + {}>\n", self.0.text),
            },
        }
    }
}

/// The longest condition that names itself whole.
const NAME_LEN: usize = 20;
/// How much of a long line is shown on either side of the place.
const REACH: usize = 80;
const NOTHING: &str = "<No context available>\n";

fn excerpt(text: &str, offset: usize) -> String {
    let bytes = text.as_bytes();
    let newline = |at: usize| bytes.get(at) == Some(&b'\n');
    let Some(last) = bytes.len().checked_sub(1) else { return NOTHING.to_owned() };
    // A place behind the end, or a line end, is shown at what comes before it.
    let mut at = offset.min(last);
    while at > 0 && newline(at) {
        at -= 1;
    }
    let mut from = at;
    while from > 0 && !newline(from) && at - from < REACH {
        from -= 1;
    }
    let mut to = at;
    while to < last && !newline(to) && to - at < REACH {
        to += 1;
    }
    from += usize::from(newline(from));
    let end = to + usize::from(!newline(to));
    let Some(line) = bytes.get(from..end).filter(|line| !line.is_empty()) else {
        return NOTHING.to_owned();
    };
    let mut line = line.to_vec();
    let shown = line.len();
    if at.saturating_sub(from) >= REACH {
        line.splice(..3.min(shown), *b"...");
    }
    if end.saturating_sub(1).saturating_sub(at) >= REACH {
        line.splice(shown.saturating_sub(3).., *b"...");
    }
    let mut out = String::from_utf8_lossy(&line).into_owned();
    out.push('\n');
    let column = at.saturating_sub(from);
    if column <= shown {
        out += &" ".repeat(column);
        out += "^\n";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_behind_the_text_is_shown_at_its_last_character() {
        assert_eq!(excerpt("- a\n  b: [\n", 11), "  b: [\n     ^\n");
    }

    #[test]
    fn long_lines_are_cut_around_the_place() {
        let line = "x".repeat(300);
        let shown = excerpt(&line, 150);
        let dots = format!("...{}...\n", "x".repeat(155));
        assert_eq!(shown, format!("{dots}{}^\n", " ".repeat(80)));
    }

    #[test]
    fn no_text_and_no_place_do_not_panic() {
        assert_eq!(excerpt("", 0), NOTHING);
        assert_eq!(excerpt("\n", 0), NOTHING);
        for offset in 0..6 {
            excerpt("\n\né\n", offset);
        }
    }

    #[test]
    fn a_condition_is_named_by_its_beginning() {
        let at = |offset| Position { offset, line: 0, column: offset };
        let file = Context::file("f").inner(Part::RuleCondition, "", at(33));
        let place = Place { offset: 18, line: 1, col: 19 };
        let place = file.condition("evt.type=open\nand foo.bar=1", Some(place));
        let last = place.locations()[2].clone();
        assert_eq!(last["position"]["name"], "\"evt.type=open and...\"");
        assert_eq!(last["position"]["offset"], 51);
        assert_eq!(last["position"]["line"], 1);
        assert_eq!(last["position"]["column"], 52);
    }
}
