//! Conditions taken apart: macros, lists and exceptions keep their names, and what is shown is the rule.

use gyr_fields::Fields;
use gyr_filter::{Printer, Value, World};
use gyr_rules::{Loader, Verdicts};

/// A world in which every field is there and worth `x`.
struct Same;

impl<F> World<F> for Same {
    fn visit(&self, _: &F, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        each(Value::Bytes(b"x"));
        true
    }
}

impl<F> Printer<F> for Same {
    fn print(&self, _: &F, out: &mut Vec<u8>) -> bool {
        out.push(b'x');
        true
    }
}

/// The lines of the rule `r`, indented, `+` before what holds.
fn lines(rules: &str) -> Vec<String> {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load("rules", rules);
    assert!(result.is_ok(), "{}", result.to_text());
    let outline = loader.outline("r").unwrap();
    let mut verdicts = Verdicts::default();
    outline.judge(&Same, &mut verdicts);
    let lines = outline.lines(&Same, &verdicts).into_iter().map(|line| {
        let mark = if line.said_no { ">" } else { "" };
        let verdict = if line.holds { '+' } else { '-' };
        format!("{}{mark}{verdict} {}", " ".repeat(line.depth), line.text)
    });
    lines.collect()
}

fn rule(condition: &str, exceptions: &str) -> String {
    format!(
        "- {{rule: r, desc: d, condition: '{condition}', output: o, priority: DEBUG, warn_evttypes: false, \
         exceptions: [{exceptions}]}}\n"
    )
}

#[test]
fn names_are_kept() {
    let rules = "
- {list: names, items: [a, x]}
- {macro: inner, condition: proc.name in (names)}
- {macro: outer, condition: inner or fd.name=y}
"
    .to_owned()
        + &rule("outer and not not fd.name = x", "{name: e, fields: proc.name, values: [names]}");
    assert_eq!(
        lines(&rules),
        [
            "- all of",
            " + macro outer: any of",
            "  + macro inner",
            "   + proc.name in (names)",
            "  - fd.name = y",
            " + fd.name = x",
            " - not exception e",
            "  >+ proc.name in (names)",
        ]
    );
}

#[test]
fn the_first_part_that_said_no_is_marked() {
    for (condition, marked) in [
        ("proc.name=x and fd.name=y and fd.name=z", "fd.name = y"),
        ("proc.name=x and (fd.name=y or fd.name=z)", "any of"),
        ("proc.name=x and not (fd.name=x or fd.name=z)", "fd.name = x"),
        ("proc.name=x and not (fd.name=x and fd.name!=z)", "not all of"),
        ("not (proc.name=x or fd.name=y) and fd.name=z", "proc.name = x"),
        ("proc.name=y or fd.name=y", "any of"),
    ] {
        let lines = lines(&rule(condition, ""));
        let found: Vec<_> = lines.iter().filter(|line| line.contains('>')).collect();
        assert_eq!(found.len(), 1, "{lines:?}");
        assert!(found[0].ends_with(&format!(" {marked}")), "{condition}: {lines:?}");
    }
}

/// Parentheses within values are text too: the parts then are those of the text as a whole.
#[test]
fn text_that_leads_out_of_its_part_is_shown_as_it_is_understood() {
    let e = "{name: e, fields: [proc.name], values: [[\"x)) or ((fd.name=x\"]]}";
    for (condition, exceptions) in [
        ("proc.name=x", e),
        ("proc.name=x) or (fd.name=y", "{name: e, fields: proc.name, values: [x]}"),
        ("proc.name=x or fd.name=y", "{name: e, fields: proc.name, values: [x]}"),
        ("proc.name=x", "{name: e, fields: proc.name, values: []}"),
    ] {
        // That it is the rule is checked where it is made.
        assert!(!lines(&rule(condition, exceptions)).is_empty());
    }
}
