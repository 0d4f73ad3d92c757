//! Rules in great number: copies of real rules files with other names and other values.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use regex::{Captures, Regex};

use super::Setup;

/// Writes all rules files, `times` over: the first copy as it is, the others as variants that never match.
pub(super) fn write(setup: &Setup, times: usize) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for (i, source) in setup.upstream_rules(3).iter().enumerate() {
        let text = fs::read_to_string(source)?;
        for copy in 0..times {
            let path = setup.scratch.join(format!("rules-{copy:03}-{i}.yaml"));
            fs::write(&path, if copy == 0 { text.clone() } else { variant(&text, copy)? })?;
            files.push(path);
        }
    }
    // A rule may use the macros of the files before it, so that the order is by copy.
    files.sort();
    Ok(files)
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
