//! Rules in great number: copies of real rules files with other names and other values.

use std::path::PathBuf;
use std::{fs, io};

use anyhow::Result;
use regex::{Captures, Regex};

use super::Setup;

/// Writes all rules, `times` over, into one file: the first copy as it is, the others as variants with other names and
/// other values, nearly all of which never match.
///
/// One file, since each file is followed by a look at everything so far: what many files cost is another question.
pub(super) fn write(setup: &Setup, times: usize) -> Result<PathBuf> {
    let path = setup.scratch.join(format!("rules-{times}.yaml"));
    let sources = setup.upstream_rules(3).into_iter().map(fs::read_to_string);
    let text = sources.collect::<io::Result<Vec<String>>>()?.join("\n");
    let patterns = Patterns::new()?;
    let mut all = text.clone();
    for copy in 1..times {
        all.push('\n');
        all += &patterns.variant(&text, copy);
    }
    fs::write(&path, all)?;
    Ok(path)
}

/// What is changed in a variant.
struct Patterns {
    defined: Regex,
    rule_head: Regex,
    /// A condition, or the items of a list, to its end.
    expression: Regex,
    /// What is compared with names of processes and their command lines.
    processes: Regex,
    /// A word, or a comparison with names of events, which stay what they are, be they also those of macros.
    word: Regex,
}

/// What stands for a name that is missing.
const MISSING: &[&str] = &["NA", "N", "A"];

impl Patterns {
    fn new() -> Result<Self> {
        Ok(Self {
            defined: Regex::new(r"(?m)^- (?:macro|list): *(\S+)")?,
            rule_head: Regex::new(r"(?m)^- rule: *(.*)$")?,
            expression: Regex::new(r"(?ms)^  (?:condition|items):.*?(?:\n\n|\n  [a-z]|\n- |\z)")?,
            processes: Regex::new(
                r#"(\bproc\.(?:p?name|p?exe|p?cmdline|args|aname(?:\[\d\])?)\s*(?:!?=|(?:in|contains|startswith|endswith)\b)\s*)(\([^()]*\)|"(?:[^"\\]|\\.)*"|'[^']*'|[\w.-]+)"#,
            )?,
            word: Regex::new(r"evt\.type\s*(?:!?=|in)\s*(?:\([^)]*\)|\w+)|[A-Za-z0-9_./~*-]+")?,
        })
    }

    /// The same rules under other names, with other paths and names of processes, and with other items in their lists.
    fn variant(&self, text: &str, copy: usize) -> String {
        let names: Vec<&str> = self
            .defined
            .captures_iter(text)
            .filter_map(|found| Some(found.get(1)?.as_str()))
            .collect();
        let changed = self.expression.replace_all(text, |block: &Captures<'_>| {
            if block[0].starts_with("  items:") {
                let (head, items) = block[0].split_at("  items:".len());
                return format!("{head}{}", self.words(items, &names, copy, true));
            }
            let processes = self.processes.replace_all(&block[0], |compared: &Captures<'_>| {
                format!("{}{}", &compared[1], self.words(&compared[2], &names, copy, true))
            });
            self.words(&processes, &names, copy, false)
        });
        let changed = self
            .defined
            .replace_all(&changed, |head: &Captures<'_>| format!("{}_v{copy}", &head[0]));
        self.rule_head.replace_all(&changed, format!("- rule: $1 v{copy}")).into_owned()
    }

    /// Names and paths changed, once; values, too, if that is what words are here.
    fn words(&self, text: &str, names: &[&str], copy: usize, are_values: bool) -> String {
        let version = format!("v{copy}");
        let changed = self.word.replace_all(text, |word: &Captures<'_>| {
            let word = &word[0];
            if names.contains(&word) {
                format!("{word}_{version}")
            } else if word.starts_with('/')
                && word.len() > 1
                && !word.starts_with(&format!("/{version}/"))
            {
                format!("/{version}{word}")
            } else if are_values
                && word.starts_with(|c: char| c.is_ascii_alphabetic())
                && !MISSING.contains(&word)
            {
                format!("{version}{word}")
            } else {
                word.to_owned()
            }
        });
        changed.into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_has_other_names_and_other_values_and_the_same_events() {
        let text = "- list: shells\n  items: [sh, /bin/sh]\n\n- macro: open\n  condition: evt.type in (open, openat)\n\n\
                    - rule: r\n  condition: open and proc.name in (shells, vi) and fd.name startswith /etc\n";
        let variant = "- list: shells_v2\n  items: [v2sh, /v2/bin/sh]\n\n- macro: open_v2\n  condition: evt.type in (open, openat)\n\n\
                       - rule: r v2\n  condition: open_v2 and proc.name in (shells_v2, v2vi) and fd.name startswith /v2/etc\n";
        assert_eq!(Patterns::new().unwrap().variant(text, 2), variant);
    }
}
