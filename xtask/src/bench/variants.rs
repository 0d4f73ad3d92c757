//! Rules in great number: copies of real rules files with other names and other values.

use std::path::PathBuf;
use std::{fs, io};

use anyhow::Result;
use regex::{Captures, Regex};

use super::Setup;

/// Writes all rules, `times` over, into one file: the first copy as it is, the others as variants that never match.
///
/// One file, since each file is followed by a look at everything so far: what many files cost is another question.
pub(super) fn write(setup: &Setup, times: usize) -> Result<PathBuf> {
    let sources = setup.upstream_rules(3).into_iter().map(fs::read_to_string);
    let text = sources.collect::<io::Result<Vec<String>>>()?.join("\n");
    let mut all = text.clone();
    for copy in 1..times {
        all.push('\n');
        all += &variant(&text, copy)?;
    }
    let path = setup.scratch.join(format!("rules-{times}.yaml"));
    fs::write(&path, all)?;
    Ok(path)
}

/// The same rules under other names, with other paths, and with other items in their lists.
fn variant(text: &str, copy: usize) -> Result<String> {
    let defined = Regex::new(r"(?m)^- (?:macro|list): *(\S+)")?;
    let names: Vec<&str> =
        defined.captures_iter(text).filter_map(|found| Some(found.get(1)?.as_str())).collect();
    // Names of events stay what they are, be they also those of macros.
    let words = Regex::new(r"evt\.type\s*(?:!?=|in)\s*(?:\([^)]*\)|\w+)|[A-Za-z0-9_./~*-]+")?;
    let rule_heads = Regex::new(r"(?m)^- rule: *(.*)$")?;
    let in_expressions = Regex::new(r"(?ms)^  (?:condition|items):.*?(?:\n\n|\n  [a-z]|\n- |\z)")?;
    let renamed = in_expressions.replace_all(text, |block: &Captures<'_>| {
        words
            .replace_all(&block[0], |word: &Captures<'_>| {
                let word = &word[0];
                if names.contains(&word) {
                    format!("{word}_v{copy}")
                } else if word.starts_with('/') && word.len() > 1 {
                    format!("/v{copy}{word}")
                } else {
                    word.to_owned()
                }
            })
            .into_owned()
    });
    let renamed =
        defined.replace_all(&renamed, |head: &Captures<'_>| format!("{}_v{copy}", &head[0]));
    Ok(rule_heads.replace_all(&renamed, format!("- rule: $1 v{copy}")).into_owned())
}
