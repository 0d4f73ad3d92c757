//! Single comparisons: fields that exist, operators they have, values that fit.

use gyr_filter::ast::{Check, ExprKind, FieldExpr, Right};
use gyr_filter::{
    CheckErrorKind, Expr, FieldError, Fold, Operator, Scheme, Subject, Type, operators,
};

use super::codes::Code;
use super::report::{Draft, Place, Report, meant};
use super::spans::{Parts, Range};
use super::written::Written;

/// The comparisons of one text: as they are written, and with lists in their places.
pub(super) struct Atoms<'r, 'f, S: Scheme> {
    pub(super) report: &'r mut Report<'f>,
    pub(super) scheme: &'r S,
    pub(super) written: &'r Written,
    /// Where the items of a list stand, by its name.
    pub(super) item_places: &'r dyn Fn(&str, &str) -> Option<Place>,
    /// Whether any of it is wrong.
    pub(super) good: bool,
    pub(super) unknown_is_fine: bool,
}

/// One comparison as it is written, and with the items of lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'e> {
    pub(super) raw: &'e Check,
    pub(super) full: &'e Check,
}

/// The comparisons of both trees side by side; `None` if lists changed more than values.
pub(super) fn pairs<'e>(raw: &'e Expr, full: &'e Expr) -> Option<Vec<Pair<'e>>> {
    let (mut raws, mut fulls) = (Vec::new(), Vec::new());
    raw.checks(&mut |_, check| raws.push(check));
    full.checks(&mut |_, check| fulls.push(check));
    let same = raws.len() == fulls.len()
        && raws.iter().zip(&fulls).all(|(raw, full)| raw.operator == full.operator);
    same.then(|| raws.into_iter().zip(fulls).map(|(raw, full)| Pair { raw, full }).collect())
}

/// The field that was probably meant.
pub(super) fn meant_field(name: &str, names: &[&str]) -> Option<String> {
    if let Some(help) = meant(name, names.iter().copied()) {
        return Some(help);
    }
    let within: Vec<&str> = names
        .iter()
        .copied()
        .filter(|known| known.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
        .take(4)
        .collect();
    if !within.is_empty() {
        return Some(format!("there are {}", super::shape::listed(within)));
    }
    let last = name.rsplit('.').next().filter(|last| last.len() > 2)?;
    let same: Vec<&str> = names
        .iter()
        .copied()
        .filter(|known| known.rsplit('.').next() == Some(last))
        .take(4)
        .collect();
    (!same.is_empty()).then(|| format!("there are {}", super::shape::listed(same)))
}

/// What a field holds, for people.
pub(super) fn holds(ty: Type, is_list: bool) -> &'static str {
    match (ty, is_list) {
        (Type::Charbuf | Type::Fspath | Type::Fsrelpath, false) => "a text",
        (Type::Charbuf | Type::Fspath | Type::Fsrelpath, true) => "a list of texts",
        (Type::Bytebuf, _) => "raw bytes",
        (Type::Bool, false) => "`true` or `false`",
        (Type::Ipaddr, false) => "an IP address",
        (Type::Ipnet, false) => "a network",
        (Type::Ipaddr | Type::Ipnet, true) => "a list of addresses",
        (Type::Port, _) => "a port",
        (Type::Abstime | Type::Reltime, false) => "a time in nanoseconds",
        (_, true) => "a list",
        _ => "a number",
    }
}

impl<S: Scheme> Atoms<'_, '_, S> {
    fn place(&self, (from, to): Range) -> Place {
        self.written.place(self.report.files, from, to)
    }

    fn wrong(&mut self, code: Code, range: Range, message: String, help: Option<String>) {
        self.good = false;
        let draft = Draft::new(code, self.place(range), message).maybe_help(help);
        self.report.put(draft);
    }

    /// Tells what is wrong with one comparison.
    pub(super) fn look(&mut self, pair: Pair<'_>) {
        let parts = Parts::of(&self.written.text, pair.raw);
        let mut known = true;
        let mut fields = Vec::new();
        pair.raw.left.fields(&mut |field| fields.push(field));
        if let Right::Operand(operand) = &pair.raw.right {
            operand.fields(&mut |field| fields.push(field));
        }
        for field in fields {
            known &= self.field(field);
        }
        if !known {
            return;
        }
        let Err(error) = self.check(pair.full) else { return };
        let left = match gyr_filter::check_operand(&pair.full.left, self.scheme) {
            Ok(subject) => subject,
            Err(error) => return self.wrong(Code::WrongOperand, parts.left, error.message, None),
        };
        let (ty, is_list) = (left.ty(), left.fold() == Fold::List);
        let shown = self.written.text.get(parts.left.0..parts.left.1).unwrap_or_default();
        let operator = pair.full.operator;
        if !operators(ty, is_list).any(|known| known == operator) {
            let what =
                format!("`{shown}` is {}, for which there is no `{operator}`", holds(ty, is_list));
            let names: Vec<&str> = operators(ty, is_list).map(Operator::text).collect();
            let help = format!("it has {}", names.join(" "));
            return self.wrong(Code::WrongOperator, parts.operator, what, Some(help));
        }
        match (&pair.full.right, error.kind) {
            (Right::Operand(right), _) => {
                let right = gyr_filter::check_operand(right, self.scheme).ok();
                let range = parts.values.first().copied().unwrap_or(parts.whole);
                let other = self.written.text.get(range.0..range.1).unwrap_or_default();
                let message = match right {
                    Some(right) if (right.ty(), right.fold() == Fold::List) != (ty, is_list) => {
                        let other_holds = holds(right.ty(), right.fold() == Fold::List);
                        format!(
                            "`{shown}` is {}, and `{other}` is {other_holds}",
                            holds(ty, is_list)
                        )
                    }
                    _ => error.message.trim_start_matches("filter error: ").to_owned(),
                };
                self.wrong(Code::WrongOperand, range, message, None);
            }
            (Right::Nothing, _) => {
                self.wrong(Code::WrongOperator, parts.operator, error.message, None);
            }
            _ => self.values(pair, &parts, &left, shown.to_owned().as_str()),
        }
    }

    /// The same where it cannot be said which part of the text a comparison is.
    pub(super) fn look_at_all(&mut self, full: &Expr) {
        let mut wrong = Vec::new();
        full.checks(&mut |_, check| wrong.extend(self.check(check).err()));
        for error in wrong {
            self.good = false;
            self.report.add(Code::WrongLiteral, self.written.whole(), error.message);
        }
    }

    fn check(&self, check: &Check) -> Result<(), gyr_filter::CheckError> {
        let kind = ExprKind::Check(Box::new(check.clone()));
        let expr = Expr { position: check.left.position(), kind };
        gyr_filter::check(&expr, self.scheme).map(|_| ())
    }

    fn field(&mut self, field: &FieldExpr) -> bool {
        let start = field.position.offset;
        let name = (start, start + field.name.len());
        let Err(error) = self.scheme.field(&field.name, field.arg.as_deref()) else { return true };
        if self.unknown_is_fine {
            self.good = false;
            return false;
        }
        let shown = &field.name;
        let end = gyr_filter::parse_operand(self.written.text.get(start..).unwrap_or_default())
            .map_or(name.1, |(_, length)| start + length);
        let with_arg = (start, end.max(name.1));
        let names = self.scheme.names();
        let exists = names.contains(&shown.as_str());
        match error {
            FieldError::Unknown if !exists => {
                let help = meant_field(shown, &names);
                self.wrong(Code::UnknownField, name, format!("no field `{shown}`"), help);
            }
            FieldError::Unknown => {
                let arg = field.arg.as_deref().unwrap_or_default();
                let what = format!("field `{shown}` does not take the argument `{arg}`");
                self.wrong(Code::FieldArgument, with_arg, what, None);
            }
            FieldError::Argument(_) if field.arg.is_none() && exists => {
                let what = format!("field `{shown}` needs an argument");
                let help = format!("write it in brackets: `{shown}[…]`");
                self.wrong(Code::FieldArgument, name, what, Some(help));
            }
            FieldError::Argument(message) => {
                let param = shown.strip_prefix("evt.arg.").or(shown.strip_prefix("evt.rawarg."));
                let message = match param {
                    Some(param) => format!("no event has a parameter `{param}`"),
                    None => message,
                };
                self.wrong(Code::FieldArgument, with_arg, message, None);
            }
        }
        false
    }

    /// Each value that does not fit.
    fn values(&mut self, pair: Pair<'_>, parts: &Parts, left: &Subject<S::Field>, shown: &str) {
        let (Right::List(position, values), takes_list) = (
            match &pair.full.right {
                Right::Value(at, value) | Right::Name(at, value) => {
                    Right::List(*at, vec![value.clone()])
                }
                other => other.clone(),
            },
            matches!(pair.full.right, Right::List(..)),
        ) else {
            return;
        };
        for value in values {
            let single = match takes_list {
                true => Right::List(position, vec![value.clone()]),
                false => Right::Value(position, value.clone()),
            };
            let check = Check { right: single, ..pair.full.clone() };
            let Err(error) = self.check(&check) else { continue };
            let text = value.to_str_lossy().into_owned();
            let (range, listed) = self.value_range(parts, &text);
            let (code, what, help) = self.unfit(left, &text, shown, &error);
            self.good = false;
            let mut draft = Draft::new(code, self.place(range), what).maybe_help(help);
            if let Some(list) = listed {
                let item = (self.item_places)(&list, &text);
                draft = draft.note(item, format!("it comes from list `{list}`"));
            }
            self.report.put(draft);
        }
    }

    /// Where a value stands, or the list that it comes from.
    fn value_range(&self, parts: &Parts, value: &str) -> (Range, Option<String>) {
        let text = |range: &Range| self.written.text.get(range.0..range.1).unwrap_or_default();
        let bare = |text: &str| text.trim_matches(['"', '\'']).to_owned();
        if let Some(range) = parts.values.iter().find(|range| bare(text(range)) == value) {
            return (*range, None);
        }
        let list =
            parts.values.iter().find(|range| (self.item_places)(text(range), value).is_some());
        match list.or(parts.values.first()) {
            Some(range) => (*range, list.map(|range| text(range).to_owned())),
            None => (parts.whole, None),
        }
    }

    fn unfit(
        &self,
        left: &Subject<S::Field>,
        text: &str,
        shown: &str,
        error: &gyr_filter::CheckError,
    ) -> (Code, String, Option<String>) {
        if error.kind == CheckErrorKind::UnknownLiteral {
            let known = match left {
                Subject::Field(field) => self.scheme.known_literals(&field.field),
                Subject::Transformed(_) => Vec::new(),
            };
            let what = format!("no event type `{text}`");
            let help = meant(text, known).or_else(|| {
                Some("`gyr --list-events` lists them; system calls go by their names".to_owned())
            });
            return (Code::UnknownEventType, what, help);
        }
        let ty = left.ty();
        let holds = holds(ty, left.fold() == Fold::List);
        let message = error.message.trim_start_matches("filter error: ");
        let what = match ty {
            Type::Bool => format!("`{shown}` is {holds}, not `{text}`"),
            Type::Port => format!("`{text}` is neither a port nor a known service"),
            Type::Ipaddr => format!("`{text}` is no IP address"),
            Type::Ipnet => format!("`{text}` is no network, such as 10.0.0.0/8"),
            _ if ty.is_text() || ty == Type::Bytebuf => message.to_owned(),
            _ => format!("`{shown}` is {holds}, and `{text}` is no number"),
        };
        let help = match ty {
            Type::Bool => Some("write it in lower case, without quotes".to_owned()),
            Type::Ipaddr if text.contains('/') => {
                Some("compare a network with `fd.snet`, `fd.cnet` or `fd.net`".to_owned())
            }
            _ if text.starts_with("0x") => Some("write the number in decimal digits".to_owned()),
            _ => None,
        };
        (Code::WrongLiteral, what, help)
    }
}
