//! What a condition says, as a tree: [`Expr`], and walks over it.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// How deep a text may nest, in calls of Falco's parser: a parenthesis takes five, so there may be 198 of them.
pub const MAX_DEPTH: usize = 1000;
/// How many levels a tree may have after macros took their places: what a text alone can reach. Everything that walks
/// a tree by calling itself relies on it.
pub const MAX_LEVELS: usize = 600;
/// How many checks and literals one condition may have, macros included.
pub const MAX_NODES: usize = 1 << 20;

/// A condition, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    pub position: Position,
    pub kind: ExprKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// At least two.
    And(Vec<Expr>),
    /// At least two.
    Or(Vec<Expr>),
    Not(Box<Expr>),
    /// The name of a macro.
    Identifier(String),
    Check(Box<Check>),
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    pub left: Operand,
    pub operator: Operator,
    pub modifier: Option<Modifier>,
    pub right: Right,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    Field(FieldExpr),
    Transformer(TransformerExpr),
}

/// `name` or `name[arg]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldExpr {
    pub position: Position,
    pub name: String,
    pub arg: Option<String>,
}

/// `name(args)` or `name(args)[selector]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransformerExpr {
    pub position: Position,
    pub transformer: Transformer,
    pub args: Vec<Arg>,
    pub selector: Option<String>,
}

/// An argument of a transformer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    Operand(Operand),
    Text(Text),
    /// Written without quotes, as digits.
    Number(Text),
    /// Operands and literals, no lists.
    List(Vec<Self>),
}

/// What it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// Of `exists`.
    Nothing,
    Value(Position, Text),
    /// A name where a list is expected and no list of that name was known: one value.
    Name(Position, Text),
    List(Position, Vec<Text>),
    Operand(Operand),
}

/// A place in the text of a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// In bytes, from 0.
    pub offset: usize,
    /// From 1; a carriage return counts as a line end too, as in Falco.
    pub line: usize,
    /// In bytes, from 1.
    pub col: usize,
}

/// A literal: usually UTF-8, but `\xff` is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(Box<[u8]>);

impl Text {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn to_str_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<Vec<u8>> for Text {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

/// What may follow an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grammar {
    Nothing,
    /// A number or another field.
    Number,
    /// A text, another field, or a list after a modifier.
    Text,
    /// A list or another field.
    List,
}

macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident $text:literal $grammar:ident,)*) => {
        /// The operators. A longer one comes before its own beginning: this is the order in which they are tried.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operator { $($(#[$doc])* $name,)* }

        impl Operator {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub(crate) const fn grammar(self) -> Grammar {
                match self { $(Self::$name => Grammar::$grammar,)* }
            }
        }
    };
}

operators! {
    Exists "exists" Nothing,
    Le "<=" Number,
    Lt "<" Number,
    Ge ">=" Number,
    Gt ">" Number,
    /// The same as `=`; kept apart because it is printed as it was written.
    EqEq "==" Text,
    Eq "=" Text,
    Ne "!=" Text,
    Glob "glob" Text,
    Iglob "iglob" Text,
    Contains "contains" Text,
    Icontains "icontains" Text,
    Bcontains "bcontains" Text,
    Startswith "startswith" Text,
    Bstartswith "bstartswith" Text,
    Endswith "endswith" Text,
    Regex "regex" Text,
    Intersects "intersects" List,
    In "in" List,
    Pmatch "pmatch" List,
}

impl Operator {
    /// The operator that is written like this, without blanks.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operator| operator.text() == text)
    }

    /// Whether a list must follow it (or a modifier and a list).
    pub fn takes_list(self) -> bool {
        self.grammar() == Grammar::List
    }

    /// Whether a modifier may follow it.
    pub fn takes_modifier(self) -> bool {
        self.grammar() == Grammar::Text
    }
}

/// How many of a list's values must satisfy the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Modifier {
    /// Exactly one.
    Oneof,
    /// At least one.
    Anyof,
    Allof,
}

impl Modifier {
    pub const ALL: &[Self] = &[Self::Oneof, Self::Anyof, Self::Allof];

    pub const fn text(self) -> &'static str {
        match self {
            Self::Oneof => "oneof",
            Self::Anyof => "anyof",
            Self::Allof => "allof",
        }
    }
}

/// What can be applied to a value before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transformer {
    /// The identity: says that a field follows, not a text. Only on the right-hand side.
    Val,
    Tolower,
    Toupper,
    B64,
    Basename,
    Len,
    Join,
    Concat,
    Getopt,
}

impl Transformer {
    pub const ALL: &[Self] = &[
        Self::Val,
        Self::Tolower,
        Self::Toupper,
        Self::B64,
        Self::Basename,
        Self::Len,
        Self::Join,
        Self::Concat,
        Self::Getopt,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Val => "val",
            Self::Tolower => "tolower",
            Self::Toupper => "toupper",
            Self::B64 => "b64",
            Self::Basename => "basename",
            Self::Len => "len",
            Self::Join => "join",
            Self::Concat => "concat",
            Self::Getopt => "getopt",
        }
    }
}

/// The tree would be deeper than [`MAX_LEVELS`] or have more nodes than [`MAX_NODES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the condition with its macros has more than {MAX_NODES} comparisons and literals, or more than {MAX_LEVELS} levels"
)]
pub struct TooLarge;

/// Gives the tree of a macro's name; `None` leaves the name.
pub type Resolve<'r, 'a, E> = dyn FnMut(&str, Position) -> Result<Option<&'a Expr>, E> + 'r;

impl Expr {
    /// Puts trees in the place of identifiers. Identifiers inside those trees are not looked at again.
    pub fn substitute<'a, E: From<TooLarge>>(
        self,
        resolve: &mut Resolve<'_, 'a, E>,
    ) -> Result<Self, E> {
        let mut nodes = self.nodes();
        let expr = self.substitute_counted(resolve, &mut nodes)?;
        if expr.depth() > MAX_LEVELS {
            return Err(TooLarge.into());
        }
        Ok(expr)
    }

    fn substitute_counted<'a, E: From<TooLarge>>(
        self,
        resolve: &mut Resolve<'_, 'a, E>,
        nodes: &mut usize,
    ) -> Result<Self, E> {
        let kind = match self.kind {
            ExprKind::Identifier(name) => match resolve(&name, self.position)? {
                Some(expr) => {
                    *nodes += expr.nodes();
                    if *nodes > MAX_NODES {
                        return Err(TooLarge.into());
                    }
                    return Ok(expr.clone());
                }
                None => ExprKind::Identifier(name),
            },
            ExprKind::Not(child) => {
                ExprKind::Not(Box::new(child.substitute_counted(resolve, nodes)?))
            }
            ExprKind::And(children) => ExprKind::And(each(children, resolve, nodes)?),
            ExprKind::Or(children) => ExprKind::Or(each(children, resolve, nodes)?),
            ExprKind::Check(check) => ExprKind::Check(check),
        };
        Ok(Self { position: self.position, kind })
    }

    /// Calls `visit` for this expression and then for all below, from left to right.
    pub fn walk<'a>(&'a self, visit: &mut dyn FnMut(&'a Self)) {
        visit(self);
        match &self.kind {
            ExprKind::And(children) | ExprKind::Or(children) => {
                for child in children {
                    child.walk(visit);
                }
            }
            ExprKind::Not(child) => child.walk(visit),
            ExprKind::Identifier(_) | ExprKind::Check(_) => {}
        }
    }

    /// All comparisons, from left to right.
    pub fn checks<'a>(&'a self, visit: &mut dyn FnMut(Position, &'a Check)) {
        self.walk(&mut |expr| {
            if let ExprKind::Check(check) = &expr.kind {
                visit(expr.position, check);
            }
        });
    }

    /// The names of macros it uses, each once.
    pub fn identifiers(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.walk(&mut |expr| {
            if let ExprKind::Identifier(name) = &expr.kind {
                names.insert(name.as_str());
            }
        });
        names
    }

    /// The operators it uses, each once.
    pub fn operators(&self) -> BTreeSet<Operator> {
        let mut operators = BTreeSet::new();
        self.checks(&mut |_, check| {
            operators.insert(check.operator);
        });
        operators
    }

    /// The fields it uses, on both sides and inside transformers, in order and as often as they are written.
    pub fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldExpr)) {
        self.checks(&mut |_, check| {
            check.left.fields(visit);
            if let Right::Operand(operand) = &check.right {
                operand.fields(visit);
            }
        });
    }

    /// Levels of the tree; a comparison has one.
    pub fn depth(&self) -> usize {
        match &self.kind {
            ExprKind::And(children) | ExprKind::Or(children) => {
                1 + children.iter().map(Self::depth).max().unwrap_or(0)
            }
            ExprKind::Not(child) => 1 + child.depth(),
            ExprKind::Identifier(_) | ExprKind::Check(_) => 1,
        }
    }

    /// How much of [`MAX_NODES`] it takes.
    fn nodes(&self) -> usize {
        let mut nodes = 0;
        self.walk(&mut |expr| {
            nodes += 1;
            if let ExprKind::Check(check) = &expr.kind
                && let Right::List(_, values) = &check.right
            {
                nodes += values.len();
            }
        });
        nodes
    }
}

fn each<'a, E: From<TooLarge>>(
    children: Vec<Expr>,
    resolve: &mut Resolve<'_, 'a, E>,
    nodes: &mut usize,
) -> Result<Vec<Expr>, E> {
    children.into_iter().map(|child| child.substitute_counted(resolve, nodes)).collect()
}

impl Operand {
    pub fn position(&self) -> Position {
        match self {
            Self::Field(field) => field.position,
            Self::Transformer(transformer) => transformer.position,
        }
    }

    /// The fields it reads, in order.
    pub fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldExpr)) {
        match self {
            Self::Field(field) => visit(field),
            Self::Transformer(transformer) => {
                transformer.args.iter().for_each(|arg| arg.fields(visit));
            }
        }
    }
}

impl Arg {
    fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldExpr)) {
        match self {
            Self::Operand(operand) => operand.fields(visit),
            Self::List(args) => args.iter().for_each(|arg| arg.fields(visit)),
            Self::Text(_) | Self::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn a_macro_takes_the_place_of_its_name() {
        let body = parse("a.b = 1 or a.c = 2").unwrap();
        let expr = parse("m and not n").unwrap();
        let expr =
            expr.substitute::<TooLarge>(&mut |name, _| Ok((name == "m").then_some(&body))).unwrap();
        assert_eq!(expr.to_string(), "((a.b = 1 or a.c = 2) and not n)");
        assert_eq!(expr.identifiers(), BTreeSet::from(["n"]));
    }

    #[test]
    fn macros_that_double_a_condition_are_stopped() {
        let mut body = parse("a.b = 1 or a.c = 2").unwrap();
        let error = loop {
            let expr = parse("m and m").unwrap();
            match expr.substitute::<TooLarge>(&mut |_, _| Ok(Some(&body))) {
                Ok(expr) => body = expr,
                Err(error) => break error,
            }
        };
        assert_eq!(error, TooLarge);
    }

    #[test]
    fn macros_that_nest_for_ever_are_stopped() {
        let mut body = parse("a.b = 1").unwrap();
        let levels = (0..).take_while(|_| {
            let expr = parse("not (x or not m)").unwrap();
            let nested =
                expr.substitute::<TooLarge>(&mut |name, _| Ok((name == "m").then_some(&body)));
            nested.map(|expr| body = expr).is_ok()
        });
        assert_eq!(levels.count(), (MAX_LEVELS - 1) / 3);
    }

    #[test]
    fn fields_are_found_on_both_sides_and_in_transformers() {
        let expr = parse("join(\"-\", (a.b, len(a.c))) = val(a.d[1]) and not a.e exists").unwrap();
        let mut names = Vec::new();
        expr.fields(&mut |field| names.push(field.to_string()));
        assert_eq!(names, ["a.b", "a.c", "a.d[1]", "a.e"]);
        assert_eq!(expr.operators(), BTreeSet::from([Operator::Exists, Operator::Eq]));
    }
}
