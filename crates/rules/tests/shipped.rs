//! The rules that come with Gyr.

use gyr_alert::Priority;
use gyr_fields::Fields;
use gyr_rules::{Loader, Matching, SHIPPED};

#[test]
fn they_load_without_a_word() {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load("gyr_rules.yaml", SHIPPED);
    assert_eq!(result.to_text(), "gyr_rules.yaml: Ok");
    assert_eq!(loader.check_plugins(&[]), Ok(()));
}

#[test]
fn each_has_a_tactic_and_a_technique_of_mitre_attack() {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    loader.load("gyr_rules.yaml", SHIPPED);
    let rules = loader.ruleset(&[], Priority::Debug, Matching::First);
    assert!(rules.rules().len() >= 20);
    for rule in rules.rules() {
        let tactic = rule.tags.iter().any(|tag| tag.starts_with("mitre_"));
        let is_technique = |tag: &String| {
            let digits = tag.strip_prefix('T').unwrap_or_default();
            digits.len() >= 4 && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        };
        assert!(tactic && rule.tags.iter().any(is_technique), "{}: {:?}", rule.name, rule.tags);
    }
}
