//! Why a text is not a condition, for people: which word is wrong, what should stand there, and what was probably meant.

use gyr_diag::nearest;
use gyr_filter::ast::{Modifier, Operator, Transformer};
use gyr_filter::{Expected, ParseError};

use super::codes::Code;
use super::spans::{blanks, is_quoted, open_group, token_end};

/// What is wrong with a text, and with which part of it.
#[derive(Debug)]
pub(super) struct Explanation {
    pub(super) code: Code,
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) message: String,
    /// Another part of the text that has to do with it.
    pub(super) note: Option<(usize, &'static str)>,
    pub(super) help: Option<String>,
}

/// Says why `text` does not read.
pub(super) fn explain(text: &str, error: &ParseError) -> Explanation {
    let stopped = error.position.offset.min(text.len());
    let from = stopped + blanks(text.get(stopped..).unwrap_or_default());
    let to = token_end(text, from);
    let view = View { text, stopped, from, word: text.get(from..to).unwrap_or_default() };
    let said = match error.expected {
        Expected::Something => syntax("the condition is empty".to_owned()),
        Expected::Junction => view.junction(),
        Expected::Gap => syntax("a blank or `(` must follow `and` and `or`".to_owned()),
        Expected::Part => view.part(),
        Expected::Operator => view.operator(),
        Expected::Number => view.number(),
        Expected::Text => view.value(),
        Expected::List => view.list(),
        Expected::Item => view.item(),
        Expected::Close | Expected::CloseTransformer => view.close(),
        Expected::Argument => syntax(format!(
            "expected a field, a text in quotes or another transformer here, not {}",
            view.shown()
        )),
        Expected::Bracketed => syntax(
            "expected the field's argument and `]` here, such as in `proc.aname[2]`".to_owned(),
        ),
        Expected::Quoted => Said {
            help: Some(
                "write `\\\\` for a backslash in quotes, or leave the quotes out".to_owned(),
            ),
            ..syntax(error.message.clone())
        },
        Expected::Less => Said { code: Code::TooLarge, ..syntax(error.message.clone()) },
    };
    let quoted = matches!(error.expected, Expected::Quoted);
    let (from, to) = match said.at {
        Some(at) => at,
        None if quoted => (view.string_before(), stopped),
        None => (from, to),
    };
    let (code, note) = (said.code, said.note);
    // Behind the end there is nothing to mark: the last word is.
    let (from, to) = match text.get(from..).is_none_or(|rest| rest.trim().is_empty()) {
        true => view.last_word(),
        false => (from, to),
    };
    Explanation { code, from, to, message: said.message, note, help: said.help }
}

struct View<'a> {
    text: &'a str,
    /// Where reading stopped, before blanks.
    stopped: usize,
    from: usize,
    /// What stands there.
    word: &'a str,
}

struct Said {
    code: Code,
    message: String,
    at: Option<(usize, usize)>,
    note: Option<(usize, &'static str)>,
    help: Option<String>,
}

fn syntax(message: String) -> Said {
    Said { code: Code::Syntax, message, at: None, note: None, help: None }
}

fn helped(message: String, help: impl Into<String>) -> Said {
    Said { help: Some(help.into()), ..syntax(message) }
}

impl View<'_> {
    fn at_end(&self) -> bool {
        self.from >= self.text.len()
    }

    fn shown(&self) -> String {
        if self.at_end() { "the end".to_owned() } else { format!("`{}`", self.word) }
    }

    /// The last word of the text.
    fn last_word(&self) -> (usize, usize) {
        let end = self.text.trim_end().len();
        let bound = |c: char| c.is_whitespace() || "()".contains(c);
        let start = self.text[..end].rfind(bound).map_or(0, |at| at + 1);
        (start.min(end.saturating_sub(1)), end)
    }

    fn before(&self) -> &str {
        self.text.get(..self.from).unwrap_or_default().trim_end()
    }

    /// Where the text in quotes that ends here begins.
    fn string_before(&self) -> usize {
        let before = self.text.get(..self.stopped).unwrap_or_default();
        let Some(quote) = before.chars().next_back() else { return 0 };
        before[..before.len() - quote.len_utf8()].rfind(quote).unwrap_or(0)
    }

    fn unclosed_quote(&self) -> Option<Said> {
        let quote = self.word.chars().next().filter(|c| "\"'".contains(*c))?;
        if is_quoted(self.word) {
            return None;
        }
        Some(Said {
            code: Code::Unclosed,
            message: format!("the text that begins with {quote} does not end"),
            at: Some((self.from, self.from + 1)),
            note: None,
            help: Some(format!("put {quote} at its end; write \\{quote} for one in the text")),
        })
    }

    /// Behind a complete condition.
    fn junction(&self) -> Said {
        if let Some(said) = self.misnamed() {
            return said;
        }
        let shown = self.shown();
        let message = format!("expected `and`, `or` or the end here, not {shown}");
        match self.word {
            "," if self.follows_bare_list() => {
                helped("several values must stand in parentheses".to_owned(), "write `in (a, b)`")
            }
            ")" => Said {
                code: Code::Unclosed,
                ..helped("this `)` closes nothing".to_owned(), "take it out, or open it before")
            },
            "&&" | "&" | "," | ";" => helped(message, "write `and`"),
            "||" | "|" => helped(message, "write `or`"),
            "(" | "[" | "=" | "==" | "!=" | "in" => {
                helped(message, "an operator stands between a field and its value, once")
            }
            _ if Modifier::ALL.iter().any(|m| self.before().ends_with(m.text())) => helped(
                "a list must follow `oneof`, `anyof` and `allof`".to_owned(),
                format!("put parentheses around: `({})`", self.word),
            ),
            _ if self.word.starts_with(['"', '\'']) => {
                let what = "a value begins and ends with the same quote, or has none";
                self.unclosed_quote().unwrap_or_else(|| helped(message, what))
            }
            word => match nearest(word, ["and", "or"]) {
                Some(near) if word.len() <= 4 => helped(message, format!("did you mean `{near}`?")),
                _ => helped(
                    message,
                    "put a value that has blanks into quotes, or join two comparisons with `and` or `or`",
                ),
            },
        }
    }

    /// The word before, if it is the name of a macro or would be.
    fn name_before(&self) -> Option<(usize, &str)> {
        let before = self.before();
        let word = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let start = word.map_or(0, |at| at + 1);
        let name = before
            .get(start..)
            .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))?;
        let rest = before.get(..start).unwrap_or_default().trim_end();
        // Behind an operator it is a value.
        let is_part =
            rest.is_empty() || ["and", "or", "not", "("].iter().any(|end| rest.ends_with(end));
        is_part.then_some((start, name))
    }

    /// A name that is followed as a field or a transformer is.
    fn misnamed(&self) -> Option<Said> {
        let (start, name) = self.name_before()?;
        let at = Some((start, start + name.len()));
        if self.word == "(" {
            let names = Transformer::ALL.iter().map(|transformer| transformer.name());
            let help = nearest(name, names.clone()).map_or_else(
                || format!("there are {}", names.collect::<Vec<_>>().join(" ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Some(Said { at, ..helped(format!("no transformer `{name}`"), help) });
        }
        let is_operator =
            self.word.starts_with(['=', '!', '<', '>']) || Operator::from_text(self.word).is_some();
        is_operator.then(|| Said {
            at,
            ..helped(
                format!("`{name}` is no field: the name of a field has a dot in it"),
                format!(
                    "such as `proc.{name}`, `fd.{name}` or `evt.{name}`; `gyr --list` shows all"
                ),
            )
        })
    }

    /// Whether the word before is the value of an operator for lists.
    fn follows_bare_list(&self) -> bool {
        let mut words = self.before().split_whitespace().rev().skip(1);
        words.next().and_then(Operator::from_text).is_some_and(Operator::takes_list)
    }

    /// Where a comparison should begin.
    fn part(&self) -> Said {
        let last = self.before().rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        if self.at_end() {
            let what = match last {
                "and" | "or" | "not" => {
                    format!("the condition ends with `{last}`: something must follow it")
                }
                _ => "the condition ends where a comparison should follow".to_owned(),
            };
            let help = format!("take `{last}` out, or write the comparison that is missing");
            return Said {
                help: matches!(last, "and" | "or" | "not").then_some(help),
                ..syntax(what)
            };
        }
        let message = format!(
            "expected a comparison such as `proc.name = cat`, a macro or `(` here, not {}",
            self.shown()
        );
        match self.word {
            ")" => helped(message, "something must stand between the parentheses"),
            "!" | "!(" => helped(message, "write `not`"),
            word if word.starts_with('!') => helped(message, "write `not` and a blank"),
            "=" | "==" | "!=" | "<" | ">" | "<=" | ">=" => {
                helped(message, "the field stands before the operator")
            }
            word if word.starts_with(['"', '\'']) => {
                helped(message, "the field stands on the left, the text on the right")
            }
            word if word.starts_with('%') => {
                helped(message, "a field has no `%` in a condition, only in an output")
            }
            word if word.starts_with('$') => {
                helped(message, "conditions have no variables: use a macro or a list")
            }
            _ if matches!(last, "and" | "or") => helped(
                message,
                format!(
                    "each comparison is written in full: `field = a {last} field = b`, or `field in (a, b)`"
                ),
            ),
            _ => syntax(message),
        }
    }

    fn operator(&self) -> Said {
        let before = self.before();
        let last = before.rsplit(char::is_whitespace).next().unwrap_or_default();
        if self.stopped == before.len() && Operator::from_text(last).is_some() {
            return Said {
                code: Code::UnknownOperator,
                at: Some((self.stopped - last.len(), self.stopped)),
                ..helped(format!("a blank must follow `{last}`"), format!("write `{last} …`"))
            };
        }
        let bound = |c: char| c.is_whitespace() || c == '(';
        let field = before.rfind(bound).map_or(before, |at| &before[at + 1..]);
        let start = before.len() - field.len();
        if self.at_end() || matches!(self.word, ")" | "and" | "or") {
            return Said {
                at: Some((start, before.len())),
                ..helped(
                    format!("`{field}` stands alone: an operator and a value must follow it"),
                    format!(
                        "write `{field} = …`, or `{field} exists` to ask whether there is a value"
                    ),
                )
            };
        }
        let (at, word) = self.operator_word();
        let glued = Operator::ALL.iter().any(|operator| operator.text() == word);
        let message = match glued {
            true => format!("a blank must follow `{word}`"),
            false => format!("no operator `{word}`"),
        };
        let help = match word {
            "=~" | "~=" | "~" | "matches" | "match" => "write `regex`".to_owned(),
            "like" => "write `glob`".to_owned(),
            "is" | ":" | ":=" | "eq" | "equals" => "write `=`".to_owned(),
            "isnt" | "ne" | "neq" | "<>" | "!" => "write `!=`".to_owned(),
            "not" => format!("`not` stands before the comparison: `not {field} in (…)`"),
            "has" | "includes" => "write `contains`".to_owned(),
            "begins" | "beginswith" | "prefix" => "write `startswith`".to_owned(),
            word => {
                let names = Operator::ALL.iter().map(|operator| operator.text());
                match nearest(word, names.clone()) {
                    Some(near) if near == word => format!("write `{word} …`"),
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the operators are {}", names.collect::<Vec<_>>().join(" ")),
                }
            }
        };
        Said { code: Code::UnknownOperator, at: Some(at), ..helped(message, help) }
    }

    /// What stands in the place of an operator: letters, or signs.
    fn operator_word(&self) -> ((usize, usize), &str) {
        let rest = self.text.get(self.from..).unwrap_or_default();
        let is_letter = |c: char| c.is_alphanumeric() || c == '_';
        let letters = rest.starts_with(is_letter);
        let end = |c: char| c.is_whitespace() || is_letter(c) != letters || "()\"'".contains(c);
        let length = rest.find(end).unwrap_or(rest.len()).max(1);
        let length =
            (length..=rest.len()).find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        ((self.from, self.from + length), &rest[..length])
    }

    fn last_operator(&self) -> &str {
        let before = self.before();
        let bound = |c: char| c.is_whitespace() || c.is_alphanumeric();
        match before.ends_with(|c: char| "=<>".contains(c)) {
            true => {
                let start = before.rfind(bound).map_or(0, |at| at + 1);
                before.get(start..).unwrap_or_default()
            }
            false => before.rsplit(char::is_whitespace).next().unwrap_or_default(),
        }
    }

    fn number(&self) -> Said {
        let operator = self.last_operator();
        if self.at_end() {
            return syntax(format!("the number behind `{operator}` is missing"));
        }
        let message = format!("`{operator}` compares numbers, and {} is none", self.shown());
        match operator {
            "<" if self.word.starts_with('>') => helped(message, "write `!=`"),
            _ if self.word.starts_with(['"', '\'']) => {
                helped(message, "write the number without quotes")
            }
            _ if self.word.contains('.') => {
                helped(message, format!("write `val({})` to compare with another field", self.word))
            }
            _ => syntax(message),
        }
    }

    fn value(&self) -> Said {
        let operator = self.last_operator();
        if self.at_end() || matches!(self.word, ")") {
            return helped(
                format!("the value behind `{operator}` is missing"),
                "write it, or `\"\"` for an empty text",
            );
        }
        if let Some(unclosed) = self.unclosed_quote() {
            return unclosed;
        }
        let message = format!("expected one value behind `{operator}` here, not {}", self.shown());
        match (self.word, operator) {
            ("(", "=" | "==") => helped(message, "write `in` before a list"),
            ("(", "!=") => helped(message, "write `not … in` before a list"),
            ("(", operator) => helped(
                message,
                format!(
                    "write `{operator} anyof (…)` for any of several, `pmatch (…)` for several paths"
                ),
            ),
            (word, "=") if word.starts_with('=') => helped(message, "write `=` once"),
            _ => helped(message, "put a value with signs such as `=`, `,` or `(` into quotes"),
        }
    }

    fn list(&self) -> Said {
        let last = self.last_operator();
        let operator = match Modifier::ALL.iter().any(|modifier| modifier.text() == last) {
            true => last,
            false => self.last_operator(),
        };
        let message = format!("a list, or the name of one, must follow `{operator}`");
        if self.at_end() {
            return syntax(message);
        }
        helped(message, format!("put parentheses around: `{operator} ({})`", self.word))
    }

    fn item(&self) -> Said {
        if let Some(unclosed) = self.unclosed_quote() {
            return unclosed;
        }
        let message = format!("expected another value behind the comma here, not {}", self.shown());
        match self.word {
            ")" => helped(message, "take the last comma out"),
            "," => helped(message, "take one of the commas out"),
            _ => syntax(message),
        }
    }

    fn close(&self) -> Said {
        let open = open_group(self.text, self.from);
        let in_list = open.is_some_and(|at| is_list(&self.text[..at]));
        let note = open.map(|at| (at, "it was opened here"));
        if self.at_end() {
            return Said {
                code: Code::Unclosed,
                note,
                ..syntax("a `)` is missing at the end of the condition".to_owned())
            };
        }
        if in_list && let Some(unclosed) = self.unclosed_quote() {
            return unclosed;
        }
        let shown = self.shown();
        let said = match in_list {
            true => helped(
                format!("expected `,` or `)` here, not {shown}"),
                "separate the values of a list with commas, and put those with blanks into quotes",
            ),
            false => {
                let said = self.junction();
                Said { message: format!("expected `and`, `or` or `)` here, not {shown}"), ..said }
            }
        };
        Said { note, ..said }
    }
}

/// Whether a parenthesis behind this text opens a list of values.
fn is_list(before: &str) -> bool {
    let word = before.trim_end().rsplit(|c: char| c.is_whitespace()).next().unwrap_or_default();
    Operator::from_text(word).is_some() || Modifier::ALL.iter().any(|m| m.text() == word)
}
