//! Tests that those who know them get around: names of paths that can be written otherwise, names of processes that
//! anybody can take.

use gyr_filter::Scheme;
use gyr_filter::ast::{Check, Expr, ExprKind, Operand, Operator, Right};

use super::super::codes::Code;
use super::super::items::Checker;
use super::super::report::Draft;
use super::super::spans::{Parts, Range};
use super::super::written::Written;

/// A field, and what to compare instead.
pub(super) type RawPath = (&'static str, &'static str);

/// Paths as the process wrote them, and where the same is resolved.
const RAW_PATHS: &[RawPath] = &[
    ("evt.arg.name", "`fs.path.name`"),
    ("evt.arg.path", "`fs.path.name`"),
    ("evt.arg.pathname", "`fs.path.name`"),
    ("evt.arg.filename", "`fs.path.name`"),
    ("evt.arg.oldpath", "`fs.path.source` (of `link`: `fs.path.target`)"),
    ("evt.arg.newpath", "`fs.path.target` (of `link`: `fs.path.source`)"),
    ("evt.arg.linkpath", "`fs.path.source`"),
    ("evt.rawarg.name", "`fs.path.name`"),
    ("evt.rawarg.path", "`fs.path.name`"),
    ("evt.rawarg.pathname", "`fs.path.name`"),
    ("evt.rawarg.filename", "`fs.path.name`"),
    ("evt.rawarg.oldpath", "`fs.path.source` (of `link`: `fs.path.target`)"),
    ("evt.rawarg.newpath", "`fs.path.target` (of `link`: `fs.path.source`)"),
    ("fs.path.nameraw", "`fs.path.name`"),
    ("fs.path.sourceraw", "`fs.path.source`"),
    ("fs.path.targetraw", "`fs.path.target`"),
    ("fd.nameraw", "`fd.name`"),
];

/// Paths that are absolute and without `..`, but in which symbolic links stay what they are.
const RESOLVED_PATHS: &[&str] =
    &["fd.name", "fd.directory", "fs.path.name", "fs.path.source", "fs.path.target", "evt.abspath"];

/// The name that a process gives itself, be it by the name of its file or by a system call.
const NAMES: &[&str] = &["proc.name", "proc.pname", "proc.aname", "proc.sname"];

/// Whether a comparison looks at the beginning of a path.
fn compares_path(check: &Check) -> bool {
    let beginning = matches!(
        check.operator,
        Operator::Eq
            | Operator::EqEq
            | Operator::In
            | Operator::Startswith
            | Operator::Pmatch
            | Operator::Glob
            | Operator::Regex
    );
    let absolute = |text: &gyr_filter::Text| text.as_bytes().starts_with(b"/");
    beginning
        && match &check.right {
            Right::Value(_, text) | Right::Name(_, text) => absolute(text),
            Right::List(_, texts) => texts.iter().any(absolute),
            Right::Nothing | Right::Operand(_) => false,
        }
}

/// A path as the process wrote it, if that is what is compared.
pub(super) fn raw_path(check: &Check) -> Option<RawPath> {
    let Operand::Field(field) = &check.left else { return None };
    let known = RAW_PATHS.iter().find(|(name, _)| *name == field.name).copied();
    known.filter(|_| compares_path(check))
}

pub(super) fn is_resolved_path(check: &Check) -> bool {
    let Operand::Field(field) = &check.left else { return false };
    RESOLVED_PATHS.contains(&field.name.as_str()) && compares_path(check)
}

impl<S: Scheme> Checker<'_, S> {
    /// Names as they were written are compared with absolute paths: one warning for a text.
    pub(super) fn raw_paths(&mut self, written: &Written, found: &[(Range, RawPath)]) {
        let Some(((from, to), (name, resolved))) = found.first() else { return };
        let more = match found.len() {
            1 => String::new(),
            n => format!(", and {} more here", n - 1),
        };
        let what = format!(
            "`{name}` is the path as the process wrote it: a relative one, `//` or `..` get around this test{more}"
        );
        let place = written.place(self.report.files, *from, *to);
        let help = format!("compare {resolved}, which is absolute and has no `..`");
        self.report.put(Draft::new(Code::PathEvasion, place, what).help(help));
    }

    /// One remark for a text.
    pub(super) fn resolved_paths(&mut self, written: &Written, found: &[Range]) {
        let Some((from, to)) = found.first() else { return };
        let place = written.place(self.report.files, *from, *to);
        let what = match found.len() {
            1 => "symbolic links and hard links get around this path test".to_owned(),
            n => format!(
                "symbolic links and hard links get around this path test and {} more here",
                n - 1
            ),
        };
        let help =
            "have other rules watch for links to the same files (symlink, link), and for mounts";
        self.report.put(Draft::new(Code::PathLinks, place, what).help(help));
    }

    /// Processes that are left out by nothing but their names.
    pub(super) fn trusted_names(&mut self, written: &Written, raw: &Expr) {
        let mut found = Vec::new();
        excluded(raw, false, &mut found);
        let Some(check) = found.first() else { return };
        let parts = Parts::of(&written.text, check);
        let place = written.place(self.report.files, parts.whole.0, parts.whole.1);
        let shown = written.text.get(parts.left.0..parts.left.1).unwrap_or_default();
        let what = match found.len() {
            1 => format!(
                "any process that takes the name is left out here: `{shown}` is its own choice"
            ),
            n => format!(
                "any process that takes the name is left out here, and in {} more places: `{shown}` is its own choice",
                n - 1
            ),
        };
        let help = "ask for `proc.exepath`, too, where that is known";
        self.report.put(Draft::new(Code::NameEvasion, place, what).help(help));
    }
}

/// Comparisons of names that stand alone behind `not`.
fn excluded<'e>(expr: &'e Expr, negated: bool, found: &mut Vec<&'e Check>) {
    match &expr.kind {
        ExprKind::Not(child) => excluded(child, !negated, found),
        // Of `not (a or b)` each alone excludes; of `not (a and b)` only both.
        ExprKind::And(children) if !negated => {
            children.iter().for_each(|child| excluded(child, negated, found));
        }
        ExprKind::Or(children) => children.iter().for_each(|child| excluded(child, negated, found)),
        ExprKind::Check(check) if negated => {
            let Operand::Field(field) = &check.left else { return };
            let by_name = NAMES.contains(&field.name.as_str());
            if by_name && !matches!(check.right, Right::Nothing | Right::Operand(_)) {
                found.push(check);
            }
        }
        ExprKind::And(_) | ExprKind::Identifier(_) | ExprKind::Check(_) => {}
    }
}
