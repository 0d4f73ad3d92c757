//! [`Expr`] to [`Checked`]: fields exist, operators fit their types, literals are read.

use crate::ast::{
    Arg, Check, Expr, ExprKind, FieldExpr, Modifier, Operand, Operator, Position, Right, Text,
    Transformer, TransformerExpr,
};
use crate::literal::{self, Comparison, Literal, comparison};
use crate::subject::{FieldSubject, Part, Subject, Transformed};
use crate::warn;
use crate::{FieldError, FieldFlags, Fold, Scheme, Type};

/// A condition that can be evaluated.
#[derive(Clone, Debug)]
pub struct Checked<F> {
    pub root: Node<F>,
    pub warnings: Vec<Warning>,
}

/// A condition, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Node<F> {
    And(Vec<Self>),
    Or(Vec<Self>),
    Not(Box<Self>),
    Atom(Box<Atom<F>>),
}

/// One comparison. It holds only where the value is present.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Atom<F> {
    pub subject: Subject<F>,
    pub test: Test<F>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test<F> {
    Exists,
    Literals {
        comparison: Comparison,
        /// How many of the literals must fit one value; none fit an empty list.
        quantifier: Modifier,
        across: Across,
        literals: Vec<Literal>,
    },
    /// Another field, which must be present too.
    Subject {
        operator: Operator,
        across: Across,
        other: Subject<F>,
    },
}

/// How many of a field's values must pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Across {
    Any,
    /// So none may fail: a present but empty list passes.
    All,
}

/// Something legal that is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    pub position: Position,
    pub message: String,
}

/// Why and where a condition means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CheckError {
    /// Of the comparison that it is in, which is all that Falco tells.
    pub comparison: Position,
    pub position: Position,
    pub kind: CheckErrorKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckErrorKind {
    /// No field of this name, or not with this argument.
    UnknownField,
    /// The scheme refused a literal, such as the name of an event type.
    UnknownLiteral,
    /// A macro that nobody replaced.
    Identifier,
    /// Operator, type and literal do not fit.
    Type,
}

/// Checks a condition whose macros have been replaced. Stops at the first error.
pub fn check<S: Scheme>(expr: &Expr, scheme: &S) -> Result<Checked<S::Field>, CheckError> {
    let mut checker = Checker { scheme, warnings: Vec::new() };
    let root = checker.node(expr)?;
    Ok(Checked { root, warnings: checker.warnings })
}

/// Checks what stands alone, such as the field of an exception.
pub fn check_operand<S: Scheme>(
    operand: &Operand,
    scheme: &S,
) -> Result<Subject<S::Field>, CheckError> {
    Ok(Checker { scheme, warnings: Vec::new() }.operand(operand)?.subject)
}

/// Checks what stands in an output.
pub(crate) fn check_output<S: Scheme>(
    operand: &Operand,
    scheme: &S,
) -> Result<Subject<S::Field>, CheckError> {
    let resolved = Checker { scheme, warnings: Vec::new() }.operand(operand)?;
    if resolved.flags.filter_only {
        let name = resolved.name;
        let message = format!("{name} is filter only and cannot be used as a display field");
        return Err(type_error(operand.position(), message));
    }
    Ok(resolved.subject)
}

struct Checker<'a, S> {
    scheme: &'a S,
    warnings: Vec<Warning>,
}

/// An operand with what its field forbids.
struct Resolved<F> {
    subject: Subject<F>,
    flags: FieldFlags,
    /// Of its first field, for messages.
    name: String,
}

impl<S: Scheme> Checker<'_, S> {
    fn node(&mut self, expr: &Expr) -> Result<Node<S::Field>, CheckError> {
        match &expr.kind {
            ExprKind::And(children) => {
                let mut nodes = Vec::with_capacity(children.len());
                for child in children {
                    nodes.push(self.node(child)?);
                }
                Ok(Node::And(nodes))
            }
            ExprKind::Or(children) => {
                let mut nodes = Vec::with_capacity(children.len());
                for child in children {
                    nodes.push(self.node(child)?);
                }
                Ok(Node::Or(nodes))
            }
            ExprKind::Not(child) => Ok(Node::Not(Box::new(self.node(child)?))),
            ExprKind::Identifier(name) => {
                let message = format!("filter error: unexpected identifier '{name}'");
                Err(CheckError {
                    comparison: expr.position,
                    position: expr.position,
                    kind: CheckErrorKind::Identifier,
                    message,
                })
            }
            ExprKind::Check(check) => {
                let atom = self.atom(expr.position, check);
                let comparison = expr.position;
                let atom = atom.map_err(|error| CheckError { comparison, ..error })?;
                Ok(Node::Atom(Box::new(atom)))
            }
        }
    }

    fn atom(&mut self, at: Position, check: &Check) -> Result<Atom<S::Field>, CheckError> {
        let left = self.operand(&check.left)?;
        let (ty, fold) = (left.subject.ty(), left.subject.fold());
        let operator = check.operator;
        literal::check_operator(operator, ty, fold == Fold::List)
            .map_err(|message| type_error(at, format!("filter error: {message}")))?;
        let operator =
            self.meant(&left.subject, operator).map_err(|message| type_error(at, message))?;
        let across = across(fold, operator);
        let test = match &check.right {
            Right::Nothing => Test::Exists,
            Right::Operand(other) => {
                let other = self.right(at, operator, &left, other)?;
                Test::Subject { operator, across, other }
            }
            Right::Value(position, value) | Right::Name(position, value) => {
                let values = std::slice::from_ref(value);
                self.literals(at, *position, &left.subject, (operator, check.modifier), values)?
            }
            Right::List(position, values) => {
                self.literals(at, *position, &left.subject, (operator, check.modifier), values)?
            }
        };
        Ok(Atom { subject: left.subject, test })
    }

    fn literals(
        &mut self,
        at: Position,
        position: Position,
        subject: &Subject<S::Field>,
        (operator, modifier): (Operator, Option<Modifier>),
        values: &[Text],
    ) -> Result<Test<S::Field>, CheckError> {
        let mut literals = Vec::with_capacity(values.len());
        for value in values {
            warn::about(self.scheme, operator, position, value, &mut self.warnings);
            let service = |name: &str| self.scheme.service(name);
            let literal = literal::read(operator, subject.ty(), value.as_bytes(), &service)
                .map_err(|message| type_error(at, message))?;
            literals.push(literal);
            if let Subject::Field(field) = subject {
                let checked = self.scheme.check_literal(&field.field, &value.to_str_lossy());
                let kind = CheckErrorKind::UnknownLiteral;
                checked.map_err(|message| CheckError {
                    comparison: at,
                    position: at,
                    kind,
                    message,
                })?;
            }
        }
        Ok(Test::Literals {
            comparison: comparison(operator),
            quantifier: modifier.unwrap_or(Modifier::Anyof),
            across: across(subject.fold(), operator),
            literals,
        })
    }

    fn right(
        &mut self,
        at: Position,
        operator: Operator,
        left: &Resolved<S::Field>,
        operand: &Operand,
    ) -> Result<Subject<S::Field>, CheckError> {
        let right = self.operand(operand)?;
        let (name, ty) = (&left.name, left.subject.ty());
        let refuse = |message: String| Err(type_error(at, message));
        if matches!(operator, Operator::Pmatch | Operator::Regex) {
            return refuse(format!("operator '{operator}' doesn't support right-hand side fields"));
        }
        if ty == Type::Ipnet {
            return refuse("field type 'IPNET' doesn't support right-hand side fields".to_owned());
        }
        if left.flags.no_rhs {
            return refuse(format!("field '{name}' doesn't support right-hand side fields"));
        }
        if right.flags.no_rhs {
            return refuse(format!(
                "field '{}' can't be used as a right-hand side field",
                right.name
            ));
        }
        let is_list = |subject: &Subject<S::Field>| subject.fold() == Fold::List;
        let shown = |subject: &Subject<S::Field>| {
            format!("'{}{}'", subject.ty().name(), if is_list(subject) { " (list)" } else { "" })
        };
        if right.subject.ty() != ty || is_list(&right.subject) != is_list(&left.subject) {
            return refuse(format!(
                "field '{name}' has type {} while the right-hand side field '{}' has incompatible type {}",
                shown(&left.subject),
                right.name,
                shown(&right.subject)
            ));
        }
        Ok(right.subject)
    }

    fn operand(&mut self, operand: &Operand) -> Result<Resolved<S::Field>, CheckError> {
        match operand {
            Operand::Field(field) => self.field(field),
            Operand::Transformer(transformer) => self.transformer(transformer),
        }
    }

    fn field(&mut self, expr: &FieldExpr) -> Result<Resolved<S::Field>, CheckError> {
        let info = self.scheme.field(&expr.name, expr.arg.as_deref()).map_err(|error| {
            let message = match error {
                FieldError::Unknown => {
                    format!("filter_check called with nonexistent field {expr}")
                }
                FieldError::Argument(message) => message,
            };
            let (at, kind) = (expr.position, CheckErrorKind::UnknownField);
            CheckError { comparison: at, position: at, kind, message }
        })?;
        let subject = Subject::Field(FieldSubject {
            field: info.field,
            ty: info.ty,
            fold: info.fold,
            lifetime: info.lifetime,
            family: info.family,
        });
        Ok(Resolved { subject, flags: info.flags, name: expr.name.clone() })
    }

    fn transformer(&mut self, expr: &TransformerExpr) -> Result<Resolved<S::Field>, CheckError> {
        let transformer = expr.transformer;
        let refuse = |message: String| type_error(expr.position, message);
        let mut flags = FieldFlags::default();
        let mut name = None;
        let mut parts = Vec::with_capacity(expr.args.len());
        for arg in &expr.args {
            parts.push(self.arg(arg, expr, &mut flags, &mut name)?);
        }
        let name = name.unwrap_or_else(|| transformer.name().to_owned());
        let (ty, fold) = transformed(transformer, &parts, &name).map_err(refuse)?;
        let selector = selector(expr).map_err(refuse)?;
        let subject = match (transformer, parts.pop()) {
            (Transformer::Val, Some(Part::Subject(subject))) => subject,
            (_, last) => {
                parts.extend(last);
                Subject::Transformed(Box::new(Transformed {
                    transformer,
                    parts,
                    selector,
                    ty,
                    fold,
                }))
            }
        };
        Ok(Resolved { subject, flags, name })
    }

    fn arg(
        &mut self,
        arg: &Arg,
        expr: &TransformerExpr,
        flags: &mut FieldFlags,
        name: &mut Option<String>,
    ) -> Result<Part<S::Field>, CheckError> {
        match arg {
            Arg::Text(text) | Arg::Number(text) => Ok(Part::Text(text.clone())),
            Arg::List(args) => {
                let mut parts = Vec::with_capacity(args.len());
                for arg in args {
                    parts.push(self.arg(arg, expr, flags, name)?);
                }
                Ok(Part::List(parts))
            }
            Arg::Operand(operand) => {
                let resolved = self.operand(operand)?;
                if resolved.flags.no_transformer && expr.transformer != Transformer::Val {
                    let message =
                        format!("field '{}' does not support transformers", resolved.name);
                    return Err(type_error(expr.position, message));
                }
                flags.no_rhs |= resolved.flags.no_rhs;
                flags.filter_only |= resolved.flags.filter_only;
                flags.no_transformer |= resolved.flags.no_transformer;
                name.get_or_insert(resolved.name);
                Ok(Part::Subject(resolved.subject))
            }
        }
    }

    fn meant(&self, subject: &Subject<S::Field>, operator: Operator) -> Result<Operator, String> {
        match subject {
            Subject::Field(field) => self.scheme.operator(&field.field, operator),
            Subject::Transformed(_) => Ok(operator),
        }
    }
}

fn type_error(position: Position, message: String) -> CheckError {
    CheckError { comparison: position, position, kind: CheckErrorKind::Type, message }
}

fn across(fold: Fold, operator: Operator) -> Across {
    match (fold, operator) {
        (Fold::List, Operator::In) | (Fold::AnyEnd, Operator::Ne) => Across::All,
        _ => Across::Any,
    }
}

/// What comes out of a transformer.
fn transformed<F>(
    transformer: Transformer,
    parts: &[Part<F>],
    name: &str,
) -> Result<(Type, Fold), String> {
    let called = transformer.name();
    match (transformer, parts) {
        (Transformer::Join, [separator, list]) => {
            if is_one_text(separator) && is_text_list(list) {
                return Ok((Type::Charbuf, Fold::One));
            }
            Err(format!("'{called}' needs a text and a list of texts"))
        }
        (Transformer::Concat, [_, _, ..]) => {
            if parts.iter().all(is_one_text) {
                return Ok((Type::Charbuf, Fold::One));
            }
            Err(format!("'{called}' needs texts"))
        }
        (Transformer::Getopt, [list, options]) => {
            if is_text_list(list) && is_one_text(options) {
                return Ok((Type::Charbuf, Fold::List));
            }
            Err(format!("'{called}' needs a list of texts and the letters of the options"))
        }
        (Transformer::Join | Transformer::Concat | Transformer::Getopt, _) => {
            Err(format!("unknown field transformer '{called}' with {} arguments", parts.len()))
        }
        (_, [Part::Subject(subject)]) => {
            let (ty, fold) = (subject.ty(), subject.fold());
            let is_list = fold == Fold::List;
            let buffer = ty.is_text() || ty == Type::Bytebuf;
            match transformer {
                Transformer::Val => Ok((ty, fold)),
                Transformer::Tolower | Transformer::Toupper if ty.is_text() => Ok((ty, fold)),
                Transformer::Basename if ty.is_text() => Ok((Type::Charbuf, fold)),
                Transformer::B64 if matches!(ty, Type::Charbuf | Type::Bytebuf) => Ok((ty, fold)),
                Transformer::Len if is_list => Ok((Type::Uint64, Fold::One)),
                Transformer::Len if buffer => Ok((Type::Uint64, fold)),
                _ => Err(format!(
                    "can't add field transformer: type '{}' is not supported by '{called}' transformer applied on \
                     {}field '{name}'",
                    ty.name(),
                    if is_list { "list " } else { "" },
                )),
            }
        }
        (_, [Part::Text(_)]) => match transformer {
            Transformer::Len => Ok((Type::Uint64, Fold::One)),
            _ => Ok((Type::Charbuf, Fold::One)),
        },
        (Transformer::Len, [Part::List(_)]) => Ok((Type::Uint64, Fold::One)),
        (_, [_]) => Err(format!("'{called}' does not take a list")),
        (_, _) => Err(format!("'{called}' takes one argument, not {}", parts.len())),
    }
}

fn is_one_text<F>(part: &Part<F>) -> bool {
    match part {
        Part::Subject(subject) => subject.ty().is_text() && subject.fold() == Fold::One,
        Part::Text(_) => true,
        Part::List(_) => false,
    }
}

fn is_text_list<F>(part: &Part<F>) -> bool {
    match part {
        Part::Subject(subject) => subject.ty().is_text() && subject.fold() == Fold::List,
        Part::Text(_) => false,
        Part::List(parts) => parts.iter().all(is_one_text),
    }
}

fn selector(expr: &TransformerExpr) -> Result<Option<u8>, String> {
    match (expr.selector.as_deref().map(str::as_bytes), expr.transformer) {
        (None, _) => Ok(None),
        (Some([letter]), Transformer::Getopt) => Ok(Some(*letter)),
        (Some(_), Transformer::Getopt) => Err("'getopt' takes one letter in brackets".to_owned()),
        (Some(_), other) => Err(format!("'{}' does not support field arguments", other.name())),
    }
}
