//! An alert as a line: text or JSON.

use crate::alert::{Alert, Form, FormKind, Key, Piece};
use crate::escape::{escape, quote};
use crate::time::{Clock, TimeFormat};
use crate::{Cell, Value};

/// Turns alerts into lines, without the line's end.
#[derive(Clone, Debug)]
pub struct Renderer {
    pub clock: Clock,
    pub time_format: TimeFormat,
    /// JSON with these properties; else text.
    pub json: Option<Properties>,
    /// The sentence being put together; kept for its room.
    scratch: Vec<u8>,
}

/// Which optional properties JSON lines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Properties {
    pub output: bool,
    pub message: bool,
    pub output_fields: bool,
    pub tags: bool,
}

impl Default for Properties {
    fn default() -> Self {
        Self { output: true, message: false, output_fields: true, tags: true }
    }
}

impl Renderer {
    pub fn new(clock: Clock, time_format: TimeFormat, json: Option<Properties>) -> Self {
        Self { clock, time_format, json, scratch: Vec::new() }
    }

    /// Appends the alert's line.
    pub fn render(&mut self, alert: &Alert, out: &mut Vec<u8>) {
        match (self.json, alert.form.kind) {
            (Some(properties), FormKind::Rule) => self.rule_json(alert, properties, out),
            (Some(_), FormKind::Internal) => self.internal_json(alert, out),
            (None, FormKind::Rule) => self.rule_text(alert, out),
            (None, FormKind::Internal) => self.internal_text(alert, out),
        }
    }

    fn rule_text(&mut self, alert: &Alert, out: &mut Vec<u8>) {
        self.scratch.clear();
        write_pieces(&alert.form.message, &alert.cells, &mut self.scratch);
        self.write_prefix(alert, self.time_format, out);
        // A name may hold line ends and quotes: escaped, one alert stays one line.
        escape(&self.scratch, out);
    }

    fn internal_text(&self, alert: &Alert, out: &mut Vec<u8>) {
        self.write_prefix(alert, TimeFormat::Local, out);
        write_pieces(&alert.form.message, &alert.cells, out);
        out.extend_from_slice(b" (");
        for (i, key) in alert.form.keys().iter().enumerate() {
            if i > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(key.name().as_bytes());
            out.push(b'=');
            write_key(key, &alert.cells, out);
        }
        out.push(b')');
    }

    fn rule_json(&mut self, alert: &Alert, properties: Properties, out: &mut Vec<u8>) {
        let form = &*alert.form;
        self.scratch.clear();
        write_pieces(&form.message, &alert.cells, &mut self.scratch);
        open(b"hostname", out);
        quote(alert.hostname.as_bytes(), out);
        if properties.message {
            next(b"message", out);
            quote(&self.scratch, out);
        }
        if properties.output {
            next(b"output", out);
            out.push(b'"');
            self.write_prefix(alert, self.time_format, out);
            escape(&self.scratch, out);
            out.push(b'"');
        }
        if properties.output_fields {
            next(b"output_fields", out);
            self.write_fields(alert, out);
        }
        write_rule(form, out);
        if properties.tags {
            next(b"tags", out);
            out.push(b'[');
            for (i, tag) in form.tags().iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                quote(tag.as_bytes(), out);
            }
            out.push(b']');
        }
        close(alert.time, out);
    }

    fn internal_json(&mut self, alert: &Alert, out: &mut Vec<u8>) {
        self.scratch.clear();
        write_pieces(&alert.form.message, &alert.cells, &mut self.scratch);
        open(b"hostname", out);
        quote(alert.hostname.as_bytes(), out);
        next(b"output", out);
        quote(&self.scratch, out);
        next(b"output_fields", out);
        write_object(alert.form.keys(), &alert.cells, out);
        write_rule(&alert.form, out);
        close(alert.time, out);
    }

    /// Appends what stands before the message.
    fn write_prefix(&self, alert: &Alert, format: TimeFormat, out: &mut Vec<u8>) {
        self.clock.write(alert.time, format, out);
        out.extend_from_slice(b": ");
        out.extend_from_slice(alert.form.priority.name().as_bytes());
        out.push(b' ');
    }

    /// Appends the form's keys and that of the time before the message.
    fn write_fields(&self, alert: &Alert, out: &mut Vec<u8>) {
        let time = match self.time_format {
            TimeFormat::Local => "evt.time",
            TimeFormat::Iso8601 => "evt.time.iso8601",
        };
        let keys = alert.form.keys();
        let at = keys.partition_point(|key| key.name() < time);
        let (before, after) = keys.split_at(at);
        let after = match after.split_first() {
            Some((same, rest)) if same.name() == time => rest,
            _ => after,
        };
        out.push(b'{');
        for key in before {
            write_member(key, &alert.cells, out);
            out.push(b',');
        }
        quote(time.as_bytes(), out);
        out.push(b':');
        Value::Uint(alert.time).write_json(out);
        for key in after {
            out.push(b',');
            write_member(key, &alert.cells, out);
        }
        out.push(b'}');
    }
}

pub(crate) fn write_pieces(pieces: &[Piece], cells: &[Cell], out: &mut Vec<u8>) {
    for piece in pieces {
        match piece {
            Piece::Literal(text) => out.extend_from_slice(text.as_bytes()),
            Piece::Cell { index, width } => {
                let start = out.len();
                match cells.get(*index) {
                    Some(cell) => cell.write_text(out),
                    None => Value::Null.write_text(out),
                }
                if let Some(width) = width {
                    out.resize(start + width, b' ');
                }
            }
        }
    }
}

fn write_object(keys: &[Key], cells: &[Cell], out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, key) in keys.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_member(key, cells, out);
    }
    out.push(b'}');
}

fn write_member(key: &Key, cells: &[Cell], out: &mut Vec<u8>) {
    quote(key.name().as_bytes(), out);
    out.push(b':');
    write_key(key, cells, out);
}

fn write_key(key: &Key, cells: &[Cell], out: &mut Vec<u8>) {
    match key {
        Key::Cell { index, .. } => match cells.get(*index) {
            Some(cell) => cell.value.write_json(out),
            None => Value::Null.write_json(out),
        },
        Key::Sentence { pieces, .. } => {
            let mut sentence = Vec::new();
            write_pieces(pieces, cells, &mut sentence);
            quote(&sentence, out);
        }
    }
}

fn write_rule(form: &Form, out: &mut Vec<u8>) {
    next(b"priority", out);
    quote(form.priority.name().as_bytes(), out);
    next(b"rule", out);
    quote(form.name.as_bytes(), out);
    next(b"source", out);
    quote(form.source.as_bytes(), out);
}

fn open(property: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    name(property, out);
}

fn next(property: &[u8], out: &mut Vec<u8>) {
    out.push(b',');
    name(property, out);
}

fn name(property: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(property);
    out.extend_from_slice(b"\":");
}

fn close(time: u64, out: &mut Vec<u8>) {
    next(b"time", out);
    out.push(b'"');
    Clock::write_utc(time, out);
    out.extend_from_slice(b"Z\"}");
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::Priority;

    const TIME: u64 = 1_470_327_477_881_781_397;

    fn alert() -> Alert {
        let message = vec![
            Piece::Literal("An open was seen (command=".to_owned()),
            Piece::Cell { index: 0, width: None },
            Piece::Literal(")".to_owned()),
        ];
        let key = |name: &str, index| Key::Cell { name: name.to_owned(), index };
        let form = Form::new("open".to_owned(), Priority::Warning, "syscall".to_owned(), message)
            .with_tags(["process".to_owned(), "filesystem".to_owned()])
            .with_keys(vec![key("proc.cmdline", 0), key("evt.num", 1), key("fd.name", 2)]);
        Alert {
            time: TIME,
            hostname: "host".into(),
            form: Arc::new(form),
            cells: [Value::text("cat \"x\""), Value::Uint(7), Value::Null].map(Cell::from).into(),
        }
    }

    fn internal() -> Alert {
        let keys = vec![
            Key::Cell { name: "n".to_owned(), index: 0 },
            Key::Cell { name: "a".to_owned(), index: 1 },
        ];
        let form = Form::internal("own rule", Priority::Debug, "Message.".to_owned(), keys);
        Alert {
            form: Arc::new(form),
            cells: [Value::Uint(3), Value::text("x")].map(Cell::from).into(),
            ..alert()
        }
    }

    #[track_caller]
    fn check(alert: &Alert, format: TimeFormat, json: Option<Properties>, want: &str) {
        let mut out = Vec::new();
        Renderer::new(Clock::utc(), format, json).render(alert, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }

    #[test]
    fn text_is_one_escaped_line() {
        check(
            &alert(),
            TimeFormat::Local,
            None,
            r#"16:17:57.881781397: Warning An open was seen (command=cat \"x\")"#,
        );
    }

    #[test]
    fn json_has_its_keys_in_order_and_typed_fields() {
        check(
            &alert(),
            TimeFormat::Iso8601,
            Some(Properties::default()),
            concat!(
                r#"{"hostname":"host","output":"2016-08-04T16:17:57.881781397+0000: Warning An open was seen "#,
                r#"(command=cat \"x\")","output_fields":{"evt.num":7,"evt.time.iso8601":1470327477881781397,"#,
                r#""fd.name":null,"proc.cmdline":"cat \"x\""},"priority":"Warning","rule":"open","source":"syscall","#,
                r#""tags":["filesystem","process"],"time":"2016-08-04T16:17:57.881781397Z"}"#
            ),
        );
    }

    #[test]
    fn json_properties_can_be_left_out_and_added() {
        let only_message =
            Properties { output: false, message: true, output_fields: false, tags: false };
        check(
            &alert(),
            TimeFormat::Local,
            Some(only_message),
            concat!(
                r#"{"hostname":"host","message":"An open was seen (command=cat \"x\")","priority":"Warning","#,
                r#""rule":"open","source":"syscall","time":"2016-08-04T16:17:57.881781397Z"}"#
            ),
        );
    }

    #[test]
    fn messages_about_ourselves_list_their_values_as_json() {
        check(
            &internal(),
            TimeFormat::Iso8601,
            None,
            r#"16:17:57.881781397: Debug Message. (a="x" n=3)"#,
        );
        check(
            &internal(),
            TimeFormat::Local,
            Some(Properties::default()),
            concat!(
                r#"{"hostname":"host","output":"Message.","output_fields":{"a":"x","n":3},"priority":"Debug","#,
                r#""rule":"own rule","source":"internal","time":"2016-08-04T16:17:57.881781397Z"}"#
            ),
        );
    }

    #[test]
    fn a_width_pads_and_cuts() {
        for (width, want) in [(2, "ca|"), (9, "cat \"x\"  |")] {
            let pieces =
                [Piece::Cell { index: 0, width: Some(width) }, Piece::Literal("|".to_owned())];
            let mut out = Vec::new();
            write_pieces(&pieces, &alert().cells, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), want);
        }
    }

    #[test]
    fn a_time_that_the_rule_asks_for_stands_once() {
        let mut alert = alert();
        let keys = vec![
            Key::Cell { name: "evt.time".to_owned(), index: 1 },
            Key::Sentence {
                name: "extra".to_owned(),
                pieces: vec![Piece::Cell { index: 1, width: None }, Piece::Literal("!".to_owned())],
            },
        ];
        alert.form = Arc::new(
            Form::new("r".to_owned(), Priority::Debug, "syscall".to_owned(), Vec::new())
                .with_keys(keys),
        );
        let mut out = Vec::new();
        Renderer::new(Clock::utc(), TimeFormat::Local, None).write_fields(&alert, &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"evt.time":1470327477881781397,"extra":"7!"}"#
        );
    }
}
