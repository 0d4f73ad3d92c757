//! From the output templates of a rule to its alerts.

use std::sync::Arc;

use gyr_alert::{Alert, Cell, Form, Key, Piece, Value};
use gyr_fields::{Context, Field, Output};
use gyr_filter::{Scratch, Subject, Template, Token, print_transformed};
use gyr_rules::Rule;

/// What a rule says when it matches: the form that its alerts share, and the values that each takes from its event.
#[derive(Debug)]
pub(crate) struct Says {
    form: Arc<Form>,
    cells: Vec<Subject<Field>>,
    /// Whether a cell depends on those before it.
    is_ordered: bool,
}

impl Says {
    pub(crate) fn of(rule: &Rule<Field>) -> Self {
        let mut cells = Cells::default();
        let pieces = cells.pieces(&rule.template);
        let mut keys = Vec::new();
        for (name, field) in rule.template.fields() {
            let index = cells.index(Subject::Field(field.clone()));
            keys.push(Key::Cell { name: name.to_owned(), index });
        }
        for (name, extra) in &rule.extra_fields {
            let name = name.clone();
            let typed = extra.template.fields().next().filter(|_| extra.raw);
            keys.push(match typed {
                Some((_, field)) => {
                    Key::Cell { name, index: cells.index(Subject::Field(field.clone())) }
                }
                None => Key::Sentence { name, pieces: cells.pieces(&extra.template) },
            });
        }
        let form = Form::new(rule.name.clone(), rule.priority, rule.source.clone(), pieces)
            .with_tags(rule.tags.iter().cloned())
            .with_keys(keys);
        let is_ordered = cells.0.iter().any(|subject| match subject {
            Subject::Field(field) => field.field.depends_on_order(),
            Subject::Transformed(_) => false,
        });
        Self { form: Arc::new(form), cells: cells.0, is_ordered }
    }

    /// Takes the values of one event. The context is left as another alert of the event is to find it.
    pub(crate) fn alert(
        &self,
        context: &mut Context<'_>,
        scratch: &Scratch,
        hostname: &Arc<str>,
    ) -> Alert {
        Alert {
            time: context.event().ts(),
            hostname: Arc::clone(hostname),
            form: Arc::clone(&self.form),
            cells: if self.is_ordered {
                self.ordered_cells(context, scratch)
            } else {
                self.cells.iter().map(|subject| cell(subject, context, scratch)).collect()
            },
        }
    }

    /// All texts, then all typed values.
    fn ordered_cells(&self, context: &mut Context<'_>, scratch: &Scratch) -> Box<[Cell]> {
        let mut texts = Vec::new();
        for subject in &self.cells {
            let Subject::Field(field) = subject else {
                texts.push(None);
                continue;
            };
            texts.push(text(|out| context.print(&field.field, out)));
            *context = context.after(&field.field);
        }
        let mut cells = Vec::new();
        for (subject, text) in self.cells.iter().zip(texts) {
            let mut cell = cell(subject, context, scratch);
            if let Subject::Field(field) = subject {
                *context = context.after(&field.field);
                if !field.field.prints_apart() {
                    cell.text = text;
                }
            }
            cells.push(cell);
        }
        cells.into()
    }
}

/// Each value once, however often the output names it.
#[derive(Default)]
struct Cells(Vec<Subject<Field>>);

impl Cells {
    fn pieces(&mut self, template: &Template<Field>) -> Vec<Piece> {
        template
            .tokens()
            .iter()
            .map(|token| match token {
                Token::Text(text) => Piece::Literal(text.clone()),
                Token::Value { subject, width, .. } => {
                    Piece::Cell { index: self.index(subject.clone()), width: *width }
                }
            })
            .collect()
    }

    fn index(&mut self, subject: Subject<Field>) -> usize {
        let known = self.0.iter().position(|known| *known == subject);
        known.unwrap_or_else(|| {
            self.0.push(subject);
            self.0.len() - 1
        })
    }
}

fn cell(subject: &Subject<Field>, context: &Context<'_>, scratch: &Scratch) -> Cell {
    match subject {
        Subject::Field(field) => {
            let field = &field.field;
            Cell {
                value: value(context.output(field)),
                text: field.prints_apart().then(|| text(|out| context.print(field, out))).flatten(),
            }
        }
        Subject::Transformed(_) => text(|out| print_transformed(subject, context, scratch, out))
            .map_or(Value::Null, Value::Text)
            .into(),
    }
}

fn text(print: impl FnOnce(&mut Vec<u8>) -> bool) -> Option<Box<[u8]>> {
    let mut out = Vec::new();
    print(&mut out).then(|| out.into_boxed_slice())
}

fn value(output: Output) -> Value {
    match output {
        Output::Null => Value::Null,
        Output::Bool(value) => Value::Bool(value),
        Output::Int(value) => Value::Int(value),
        Output::Uint(value) => Value::Uint(value),
        Output::Double(value) => Value::Double(value),
        Output::Text(text) => Value::Text(text.into_boxed_slice()),
        Output::List(items) => Value::List(items.into_iter().map(value).collect()),
    }
}
