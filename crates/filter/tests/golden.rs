//! Conditions and what becomes of them: `ok/*.filter` are accepted, `err/*.filter` refused.
//!
//! A file holds conditions, each ended by a line `---` and followed by its answer and an empty line: the tree as text and
//! the warnings, or the error. `GYR_BLESS=1` writes the answers anew.

mod toy;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gyr_filter::{check, exact, parse};
use toy::Toy;

#[test]
fn accepted_conditions() {
    run("ok", true);
}

#[test]
fn refused_conditions() {
    run("err", false);
}

fn run(folder: &str, should_be_accepted: bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let mut fresh = String::new();
        for case in text.split_inclusive("\n\n") {
            let (condition, _) = case.split_once("\n---\n").unwrap_or_else(|| panic!("{case}"));
            let (answer, is_accepted) = answer(condition);
            assert_eq!(
                is_accepted,
                should_be_accepted,
                "{}: {condition}\n{answer}",
                file.display()
            );
            let _ = write!(fresh, "{condition}\n---\n{answer}\n");
        }
        if std::env::var_os("GYR_BLESS").is_some() {
            fs::write(&file, &fresh).unwrap();
            continue;
        }
        assert_eq!(fresh, text, "{}", file.display());
    }
}

fn answer(condition: &str) -> (String, bool) {
    let error = |position: gyr_filter::Position, message: &str| {
        (format!("{}:{}: {message}\n", position.line, position.col), false)
    };
    let expr = match parse(condition) {
        Ok(expr) => expr,
        Err(e) => return error(e.position, &e.message),
    };
    match check(&expr, &Toy) {
        Ok(checked) => {
            let mut answer = format!("{}\n", exact(&expr));
            for warning in checked.warnings {
                let at = warning.position;
                let _ = writeln!(answer, "warning {}:{}: {}", at.line, at.col, warning.message);
            }
            (answer, true)
        }
        Err(e) => error(e.position, &e.message),
    }
}
