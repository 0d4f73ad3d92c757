//! [`Expr`] back to text: as Falco prints it (`Display`), or so that it reads back as the same tree ([`exact`]).

use std::fmt::{self, Display, Formatter, Write as _};

use crate::ast::{
    Arg, Check, Expr, ExprKind, FieldExpr, Operand, Operator, Right, Text, TransformerExpr,
};

/// Prints every literal so that it reads back as it is. Falco does not quote parentheses, commas or the empty text.
pub fn exact(expr: &Expr) -> impl Display {
    Printed { node: expr, quoting: Quoting::Exact }
}

#[derive(Clone, Copy)]
enum Quoting {
    /// As in Falco's descriptions of rules.
    Falco,
    Exact,
}

struct Printed<'a, T> {
    node: &'a T,
    quoting: Quoting,
}

macro_rules! display {
    ($($type:ty: $print:ident,)*) => {$(
        impl Display for $type {
            fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
                $print(out, self, Quoting::Falco)
            }
        }
    )*};
}

display! { Expr: expr, Operand: operand, FieldExpr: field, }

impl Display for Printed<'_, Expr> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        expr(out, self.node, self.quoting)
    }
}

impl Display for Operator {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.text())
    }
}

fn expr(out: &mut Formatter<'_>, node: &Expr, quoting: Quoting) -> fmt::Result {
    match &node.kind {
        ExprKind::And(children) => chain(out, children, " and ", quoting),
        ExprKind::Or(children) => chain(out, children, " or ", quoting),
        ExprKind::Not(child) => {
            out.write_str("not ")?;
            // A second `not` would undo the first one when it is read, where the tree has both.
            let keep = matches!((quoting, &child.kind), (Quoting::Exact, ExprKind::Not(_)));
            if !keep {
                return expr(out, child, quoting);
            }
            out.write_char('(')?;
            expr(out, child, quoting)?;
            out.write_char(')')
        }
        ExprKind::Identifier(name) => out.write_str(name),
        ExprKind::Check(node) => check(out, node, quoting),
    }
}

fn chain(out: &mut Formatter<'_>, children: &[Expr], word: &str, quoting: Quoting) -> fmt::Result {
    out.write_char('(')?;
    separated(out, children, word, |out, child| expr(out, child, quoting))?;
    out.write_char(')')
}

fn check(out: &mut Formatter<'_>, node: &Check, quoting: Quoting) -> fmt::Result {
    operand(out, &node.left, quoting)?;
    write!(out, " {}", node.operator.text())?;
    if let Some(modifier) = node.modifier {
        write!(out, " {}", modifier.text())?;
    }
    match &node.right {
        Right::Nothing => Ok(()),
        Right::Value(_, value) => {
            out.write_char(' ')?;
            text(out, value, quoting)
        }
        Right::Name(_, name) => write!(out, " {}", name.to_str_lossy()),
        Right::List(_, values) => {
            out.write_str(" (")?;
            separated(out, values, ", ", |out, value| text(out, value, quoting))?;
            out.write_char(')')
        }
        Right::Operand(node) => {
            out.write_char(' ')?;
            operand(out, node, quoting)
        }
    }
}

fn operand(out: &mut Formatter<'_>, node: &Operand, quoting: Quoting) -> fmt::Result {
    match node {
        Operand::Field(node) => field(out, node, quoting),
        Operand::Transformer(node) => transformer(out, node, quoting),
    }
}

fn field(out: &mut Formatter<'_>, node: &FieldExpr, quoting: Quoting) -> fmt::Result {
    out.write_str(&node.name)?;
    bracketed(out, node.arg.as_deref(), quoting)
}

fn transformer(out: &mut Formatter<'_>, node: &TransformerExpr, quoting: Quoting) -> fmt::Result {
    write!(out, "{}(", node.transformer.name())?;
    separated(out, &node.args, ",", |out, node| arg(out, node, quoting))?;
    out.write_char(')')?;
    bracketed(out, node.selector.as_deref(), quoting)
}

fn arg(out: &mut Formatter<'_>, node: &Arg, quoting: Quoting) -> fmt::Result {
    match node {
        Arg::Operand(node) => operand(out, node, quoting),
        // Bare words are not allowed here, so even Falco's form keeps the quotes.
        Arg::Text(node) => escaped(out, node.as_bytes(), quoting),
        Arg::Number(node) => out.write_str(&node.to_str_lossy()),
        Arg::List(nodes) => {
            out.write_char('(')?;
            separated(out, nodes, ", ", |out, node| arg(out, node, quoting))?;
            out.write_char(')')
        }
    }
}

fn bracketed(out: &mut Formatter<'_>, arg: Option<&str>, quoting: Quoting) -> fmt::Result {
    let Some(arg) = arg else { return Ok(()) };
    out.write_char('[')?;
    let bare = match quoting {
        Quoting::Falco => is_bare_in_falco(arg.as_bytes()),
        Quoting::Exact => {
            !arg.is_empty() && !arg.bytes().any(|b| b"[]\"'\\".contains(&b) || b <= b' ')
        }
    };
    if bare {
        out.write_str(arg)?;
    } else {
        escaped(out, arg.as_bytes(), quoting)?;
    }
    out.write_char(']')
}

fn text(out: &mut Formatter<'_>, node: &Text, quoting: Quoting) -> fmt::Result {
    let bytes = node.as_bytes();
    let bare = match quoting {
        Quoting::Falco => is_bare_in_falco(bytes),
        Quoting::Exact => is_bare(bytes),
    };
    if bare { out.write_str(&node.to_str_lossy()) } else { escaped(out, bytes, quoting) }
}

fn is_bare_in_falco(bytes: &[u8]) -> bool {
    !bytes.iter().any(|b| b" \"'\\=\x08\x0c\n\r\t".contains(b))
}

/// Whether the bare text would be read back as this one value: not as another token, nor as a modifier.
fn is_bare(bytes: &[u8]) -> bool {
    let plain = |b: &u8| *b > b' ' && !b"()\"'=,\\".contains(b);
    !bytes.is_empty()
        && bytes.iter().all(plain)
        && std::str::from_utf8(bytes).is_ok()
        && ![b"oneof".as_slice(), b"anyof", b"allof"].contains(&bytes)
}

fn escaped(out: &mut Formatter<'_>, bytes: &[u8], quoting: Quoting) -> fmt::Result {
    out.write_char('"')?;
    // A quote after a backslash does not end a string, so a last backslash needs another spelling.
    let (bytes, end) = match (quoting, bytes.strip_suffix(b"\\")) {
        (Quoting::Exact, Some(bytes)) => (bytes, "\\x5c\""),
        _ => (bytes, "\""),
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\u{8}' => out.write_str("\\b")?,
                '\u{c}' => out.write_str("\\f")?,
                '\n' => out.write_str("\\n")?,
                '\r' => out.write_str("\\r")?,
                '\t' => out.write_str("\\t")?,
                '\\' => out.write_str("\\\\")?,
                '"' => out.write_str("\\\"")?,
                c => out.write_char(c)?,
            }
        }
        for byte in chunk.invalid() {
            write!(out, "\\x{byte:02x}")?;
        }
    }
    out.write_str(end)
}

fn separated<'a, T>(
    out: &mut Formatter<'_>,
    items: &'a [T],
    separator: &str,
    mut print: impl FnMut(&mut Formatter<'_>, &'a T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.write_str(separator)?;
        }
        print(out, item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn falco_quotes_blanks_quotes_and_backslashes_only() {
        for (text, printed) in [
            ("a.b='a b'", "a.b = \"a b\""),
            ("a.b in ('a b', \"c\", (d))", ""),
            ("a.b in ('(d)', '', ',')", "a.b in ((d), , ,)"),
            ("a.b=\"it's\"", "a.b = \"it's\""),
            ("a.b='\\\\x'", "a.b = \"\\\\x\""),
            ("a.b['a b']='='", "a.b[\"a b\"] = \"=\""),
            ("a.b   in\t(c,d)", "a.b in (c, d)"),
            ("join( '-',(a.b , 'c'))=d", "join(\"-\",(a.b, \"c\")) = d"),
        ] {
            let expr = parse(text);
            assert_eq!(expr.map(|e| e.to_string()).unwrap_or_default(), printed, "{text}");
        }
    }

    #[test]
    fn exact_text_reads_back() {
        for value in
            ["", "a b", "it's \"x\"", "\\", "a\\", "\\\"", "=", "(x)", ",", "oneof", "\u{b}", "é"]
        {
            for value in [Text::from(value), Text::from([value.as_bytes(), b"\xff"].concat())] {
                let mut expr = parse("a.b in (x)").unwrap();
                let ExprKind::Check(check) = &mut expr.kind else { unreachable!() };
                check.right = Right::List(check.left.position(), vec![value.clone()]);
                let read = parse(&exact(&expr).to_string()).unwrap();
                let ExprKind::Check(check) = read.kind else { panic!("{expr}") };
                let Right::List(_, values) = check.right else { panic!("{expr}") };
                assert_eq!(values, [value], "{expr}");
            }
        }
    }
}
