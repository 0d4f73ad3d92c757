//! What no compiler checks: heads of files, their sizes, leftovers, and the licences of dependencies.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// Longer files need splitting, unless they are tables.
const MAX_LINES: usize = 800;
/// Words that mean unfinished work, in pieces so that this file does not hold them.
const LEFTOVERS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
/// Licences a dependency may be used under; deny.toml has the same list.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Fails with everything that is untidy.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let mut wrong = Vec::new();
    for path in tracked_files()? {
        check_file(&path, &mut wrong)?;
    }
    check_licences(&mut wrong)?;
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("\n{}", wrong.join("\n"));
}

fn tracked_files() -> Result<Vec<String>> {
    let output = Command::new("git")
        .args(["ls-files", "*.rs", "*.c", "*.h", "*.toml", "*.md", "*.yaml", "x"])
        .current_dir(crate::root())
        .output()
        .context("cannot run git ls-files")?;
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

fn check_file(path: &str, wrong: &mut Vec<String>) -> Result<()> {
    let full = crate::root().join(path);
    if !full.exists() {
        return Ok(());
    }
    let text = fs::read_to_string(&full).with_context(|| path.to_owned())?;
    let extension = Path::new(path).extension().and_then(|e| e.to_str()).unwrap_or_default();
    if extension == "rs" && !text.starts_with("//! ") {
        wrong.push(format!("{path}: the first line does not say what the file is for (`//! ...`)"));
    }
    let is_table = path.contains("table") || path.contains(".gen.") || path.contains("vmlinux");
    let lines = text.lines().count();
    if matches!(extension, "rs" | "c" | "h") && lines > MAX_LINES && !is_table {
        wrong.push(format!("{path}: {lines} lines, more than {MAX_LINES}"));
    }
    for (i, line) in text.lines().enumerate() {
        if LEFTOVERS.iter().any(|word| line.contains(word)) && matches!(extension, "rs" | "c" | "h")
        {
            wrong.push(format!("{path}:{}: unfinished: {}", i + 1, line.trim()));
        }
    }
    Ok(())
}

fn check_licences(wrong: &mut Vec<String>) -> Result<()> {
    let metadata = crate::metadata(&["--filter-platform=x86_64-unknown-linux-gnu"])?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let licence = package["license"].as_str().unwrap_or_default();
        if !acceptable(licence) {
            wrong.push(format!(
                "dependency {}: licence {licence:?} is not on the list",
                package["name"]
            ));
        }
    }
    Ok(())
}

/// Whether one choice of an SPDX expression has only listed licences.
fn acceptable(expression: &str) -> bool {
    expression.replace('/', " OR ").replace(['(', ')'], "").split(" OR ").any(|choice| {
        choice.split(" AND ").all(|licence| {
            let licence = licence.split(" WITH ").next().unwrap_or_default().trim();
            LICENCES.contains(&licence)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_tidy() {
        run(&[]).unwrap();
    }

    #[test]
    fn a_choice_of_licences_needs_one_that_is_listed() {
        assert!(acceptable("LGPL-2.1-only OR BSD-2-Clause"));
        assert!(acceptable("MIT/Apache-2.0"));
        assert!(!acceptable("GPL-3.0-only"));
        assert!(!acceptable("MIT AND GPL-2.0-only"));
    }
}
