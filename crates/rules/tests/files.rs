//! Rules files that are read, changed by later items, refused; and what becomes of their conditions.

use gyr_alert::Priority;
use gyr_fields::Fields;
use gyr_rules::{CheckedRule, Choice, LoadResult, Loader, Matching, Which};
use std::sync::Arc;

type Rules = Loader<Fields>;

fn load(text: &str) -> (Rules, LoadResult) {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    let result = loader.load("rules.yaml", text);
    (loader, result)
}

/// All rules, whether they are on or not.
fn rules(loader: &Rules) -> Vec<Arc<CheckedRule<gyr_fields::Field>>> {
    let all = [Choice { enable: true, rules: Which::Named("*".to_owned()) }];
    loader.enabled(&all, Priority::Debug)
}

/// The compiled condition of the only rule of a file without errors.
fn condition(text: &str) -> String {
    let (loader, result) = load(text);
    assert!(result.is_ok(), "{text}\n{}", result.to_text());
    let [rule] = &rules(&loader)[..] else { panic!("{text}: not one rule") };
    rule.condition.to_string()
}

fn error(text: &str) -> String {
    let (_, result) = load(text);
    let [error] = &result.errors[..] else { panic!("{text}\n{}", result.to_text()) };
    format!("{} {}", error.code.code(), error.message)
}

fn warnings(text: &str) -> Vec<String> {
    let (_, result) = load(text);
    assert!(result.is_ok(), "{text}\n{}", result.to_text());
    result.warnings.iter().map(|w| format!("{} {}", w.code.code(), w.message)).collect()
}

/// A rule `r` with this condition, and more keys.
fn rule(condition: &str, more: &str) -> String {
    format!("- rule: r\n  desc: d\n  condition: {condition}\n  output: x\n  priority: INFO\n{more}")
}

/// A rule on opens with one exception.
fn with_exception(exception: &str) -> String {
    let lines: String = exception.lines().map(|line| format!("      {line}\n")).collect();
    rule("evt.type=open", &format!("  exceptions:\n    - name: e\n{lines}"))
}

#[test]
fn exceptions_become_part_of_the_condition() {
    for (exception, want) in [
        ("fields: [proc.name]\nvalues: [[a]]", "not proc.name = a"),
        ("fields: proc.name\nvalues: [a, b]", "not proc.name in (a, b)"),
        ("fields: proc.name\nvalues: [a b]", "not proc.name in (\"a b\")"),
        (
            "fields: [proc.name, fd.name]\ncomps: [in, startswith]\nvalues:\n- [[a, b], /x]\n- [c, /y]",
            "not ((proc.name in (a, b) and fd.name startswith /x) or (proc.name in (c) and \
             fd.name startswith /y))",
        ),
        ("fields: fd.name\ncomps: pmatch\nvalues: [/a, /b]", "not fd.name pmatch (/a, /b)"),
        ("fields: [proc.name]\nvalues: [[\"'a b'\"]]", "not proc.name = \"a b\""),
        (
            "fields: [proc.name]\nvalues: [[toupper(proc.pname)]]",
            "not proc.name = toupper(proc.pname)",
        ),
        ("fields: [tolower(proc.name)]\nvalues: [[a]]", "not tolower(proc.name) = a"),
        ("fields: [\" tolower( proc.name ) \"]\nvalues: [[a]]", "not tolower(proc.name) = a"),
        (
            "fields: proc.name\ncomps: startswith oneof\nvalues: [a, b]",
            "not proc.name startswith oneof (a, b)",
        ),
        (
            "fields: proc.name\ncomps: \"  startswith \\t oneof \"\nvalues: [a]",
            "not proc.name startswith oneof (a)",
        ),
        (
            "fields: [proc.name, fd.name]\ncomps: [contains allof, =]\nvalues: [[[a, b], c]]",
            "not (proc.name contains allof (a, b) and fd.name = c)",
        ),
        (
            "fields: [proc.name]\ncomps: [startswith anyof]\nvalues: [[a]]",
            "not proc.name startswith anyof (a)",
        ),
        ("fields: [proc.name]\ncomps: []\nvalues: [[a]]", "not proc.name = a"),
        ("fields: proc.name", ""),
        ("fields: [proc.name]\nvalues: []", ""),
    ] {
        let want = match want {
            "" => "evt.type = open".to_owned(),
            want => format!("(evt.type = open and {want})"),
        };
        assert_eq!(condition(&with_exception(exception)), want, "{exception}");
    }
}

#[test]
fn lists_and_macros_are_known_in_exceptions() {
    let list = "- list: l\n  items: [a, b]\n";
    let text = list.to_owned() + &with_exception("fields: proc.name\nvalues: [l, c]");
    assert_eq!(condition(&text), "(evt.type = open and not proc.name in (a, b, c))");
}

#[test]
fn wrong_exceptions_are_refused() {
    for (exception, want) in [
        ("values: [[a]]", "LOAD_ERR_YAML_VALIDATE Item has no mapping for key 'fields'"),
        ("fields: x", "LOAD_ERR_VALIDATE 'x' is not a supported filter field"),
        ("fields: [x.y]", "LOAD_ERR_VALIDATE 'x.y' is not a supported filter field"),
        (
            "fields: [proc.name]\ncomps: [=, =]",
            "LOAD_ERR_VALIDATE Fields and comps lists must have equal length",
        ),
        (
            "fields: [proc.name]\ncomps: [frobulate oneof]",
            "LOAD_ERR_VALIDATE 'frobulate oneof' is not a supported comparison operator",
        ),
        (
            "fields: [proc.name]\ncomps: [in oneof]",
            "LOAD_ERR_VALIDATE 'in oneof' is not a supported comparison operator",
        ),
        (
            "fields: [proc.pid]\ncomps: ['>= oneof']",
            "LOAD_ERR_VALIDATE '>= oneof' is not a supported comparison operator",
        ),
        (
            "fields: [proc.name]\ncomps: [oneof]",
            "LOAD_ERR_VALIDATE 'oneof' is not a supported comparison operator",
        ),
        (
            "fields: proc.name\ncomps: =",
            "LOAD_ERR_VALIDATE When fields is a single value, comps must be one of (in, pmatch, \
             intersects) or a modifier operator (e.g. startswith oneof)",
        ),
        (
            "fields: proc.name\ncomps: [in]",
            "LOAD_ERR_VALIDATE Fields and comps must both be strings",
        ),
        (
            "fields: [proc.name, fd.name]\nvalues: [[a]]",
            "LOAD_ERR_VALIDATE Fields and values lists must have equal length",
        ),
        (
            "fields: proc.name\nvalues: [[a]]",
            "LOAD_ERR_VALIDATE Expected values array to contain a list of strings",
        ),
        (
            "fields: proc.name\nvalues: a",
            "LOAD_ERR_YAML_VALIDATE Rule exception values must be a sequence",
        ),
        ("fields: \"\"", "LOAD_ERR_YAML_VALIDATE Value must be non-empty"),
    ] {
        assert_eq!(error(&with_exception(exception)), want, "{exception}");
    }
    assert_eq!(
        error(&rule("evt.type=open", "  exceptions: x\n")),
        "LOAD_ERR_YAML_VALIDATE Rule exceptions must be a sequence"
    );
    assert_eq!(
        error(&rule("evt.type=open", "  exceptions: [x]\n")),
        "LOAD_ERR_YAML_VALIDATE Rule exception must be a mapping"
    );
}

#[test]
fn exceptions_are_added_to_by_name() {
    let base = with_exception("fields: proc.name\nvalues: [a]");
    let change = |exception: &str, way: &str| {
        format!("{base}- rule: r\n  exceptions: [{exception}]\n  override: {{exceptions: {way}}}\n")
    };
    assert_eq!(
        condition(&change("{name: e, values: [b]}", "append")),
        "(evt.type = open and not proc.name in (a, b))"
    );
    assert_eq!(
        condition(&change("{name: f, fields: [fd.name], values: [[x]]}", "append")),
        "(evt.type = open and not proc.name in (a) and not fd.name = x)"
    );
    assert_eq!(
        condition(&change("{name: f, fields: proc.name, comps: in, values: [x]}", "replace")),
        "(evt.type = open and not proc.name in (x))"
    );
    assert_eq!(
        condition(&format!(
            "{base}- rule: r\n  exceptions: [{{name: e, values: [b]}}]\n  append: true\n"
        )),
        "(evt.type = open and not proc.name in (a, b))"
    );
    for (exception, way, want) in [
        (
            "{name: e, fields: proc.name, values: [b]}",
            "append",
            "LOAD_ERR_VALIDATE Can not append exception fields to existing exception, only values",
        ),
        (
            "{name: e, comps: in, values: [b]}",
            "append",
            "LOAD_ERR_VALIDATE Can not append exception comps to existing exception, only values",
        ),
        (
            "{name: f, values: [b]}",
            "append",
            "LOAD_ERR_VALIDATE Rule exception must have fields property with a list of fields",
        ),
        (
            "{name: f, fields: proc.name}",
            "append",
            "LOAD_ERR_VALIDATE Rule exception must have values property with a list of values",
        ),
        (
            "{name: e, values: [b]}",
            "replace",
            "LOAD_ERR_YAML_VALIDATE Item has no mapping for key 'fields'",
        ),
    ] {
        assert_eq!(error(&change(exception, way)), want, "{exception} {way}");
    }
    assert_eq!(
        warnings(&change("{name: e}", "append")),
        ["LOAD_APPEND_NO_VALUES Overriding/appending exception with no values"]
    );
    assert_eq!(
        warnings(&rule(
            "evt.type=open",
            "  exceptions:\n  - {name: e, fields: proc.name}\n  - {name: e, fields: fd.name}\n"
        )),
        ["LOAD_EXCEPTION_NAME_NOT_UNIQUE Multiple definitions of exception 'e' in the same rule"]
    );
}

#[test]
fn rules_are_changed_key_by_key() {
    let base = rule("evt.type=open", "  tags: [b, a]\n  enabled: false\n");
    let text = format!(
        "{base}- rule: r\n  condition: or evt.type=close\n  output: y\n  desc: more\n  tags: [c, a]\n  \
         priority: ERROR\n  enabled: true\n  capture: true\n  capture_duration: 7\n  warn_evttypes: \
         false\n  skip-if-unknown-filter: true\n  override:\n    condition: append\n    output: append\n    \
         desc: append\n    tags: append\n    priority: replace\n    enabled: replace\n    capture: \
         replace\n    capture_duration: replace\n    warn_evttypes: replace\n    \
         skip-if-unknown-filter: replace\n"
    );
    let (loader, result) = load(&text);
    assert_eq!(result.to_text(), "rules.yaml: Ok");
    let CheckedRule { rule, condition, .. } = &*rules(&loader)[0];
    assert_eq!(condition.to_string(), "(evt.type = open or evt.type = close)");
    assert_eq!(rule.output, "x y");
    assert_eq!(rule.tags, ["a", "b", "c"]);
    assert_eq!(rule.priority, Priority::Error);
    assert!(rule.enabled && rule.capture && rule.capture_duration == 7);
    let text = format!(
        "{base}- rule: r\n  tags: [z]\n  output: y\n  condition: evt.type=dup\n  override: {{tags: \
         replace, output: replace, condition: replace}}\n"
    );
    let (loader, _) = load(&text);
    let CheckedRule { rule, condition, .. } = &*rules(&loader)[0];
    assert_eq!(rule.tags, ["z"]);
    assert_eq!((rule.output.as_str(), condition.to_string().as_str()), ("y", "evt.type = dup"));
}

#[test]
fn wrong_changes_are_refused() {
    let base = rule("evt.type=open", "");
    for (change, want) in [
        (
            "condition: x\n  append: true\n  override: {condition: append}",
            "LOAD_ERR_YAML_VALIDATE Keys 'override' and 'append: true' cannot be used together. Add \
             an 'append' entry (e.g. 'condition: append') under 'override' instead.",
        ),
        (
            "priority: ERROR\n  condition: and proc.name=a\n  override: {condition: append}",
            "LOAD_ERR_YAML_VALIDATE Unexpected key 'priority': no corresponding entry under \
             'override' is defined.",
        ),
        (
            "override: {enabled: replace}",
            "LOAD_ERR_YAML_VALIDATE An replace override for 'enabled' was specified but 'enabled' \
             is not defined",
        ),
        (
            "source: syscall\n  override: {source: replace}",
            "LOAD_ERR_YAML_VALIDATE Key 'source' cannot be replaced",
        ),
        (
            "tags: [x]\n  override: {tags: add}",
            "LOAD_ERR_YAML_VALIDATE Invalid override operation for key 'tags': 'add'. Allowed \
             values are: append replace ",
        ),
        (
            "append: true",
            "LOAD_ERR_VALIDATE Appended rule must have exceptions or condition property",
        ),
        ("tags: x\n  override: {tags: append}", "LOAD_ERR_YAML_VALIDATE Value is not a sequence"),
        (
            "output: x\n  override: {output: }",
            "LOAD_ERR_YAML_VALIDATE Invalid override operation for key 'output': 'null'. Allowed \
             values are: append replace ",
        ),
        (
            "output: x\n  override: [output]",
            "LOAD_ERR_VALIDATE The value of 'override' must be a mapping",
        ),
        (
            "output: x\n  override: {output: [replace]}",
            "LOAD_ERR_VALIDATE The keys and values of 'override' must be texts",
        ),
        (
            "condition: and proc.name=a\n  source: other\n  append: true",
            "LOAD_ERR_VALIDATE Rule has been re-defined with a different source",
        ),
    ] {
        assert_eq!(error(&format!("{base}- rule: r\n  {change}\n")), want, "{change}");
    }
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    for (item, want) in [
        (
            "rule: n\n  condition: x\n  append: true",
            "Rule uses 'append' or 'override.<key>: append'",
        ),
        ("rule: n\n  condition: x\n  override: {condition: append}", "Rule uses 'append'"),
        ("rule: n\n  enabled: true", "Rule has 'enabled' key but no rule by that name"),
        ("list: n\n  items: [a]\n  override: {items: append}", "List uses 'append'"),
        ("macro: n\n  condition: x\n  override: {condition: append}", "Macro uses 'append'"),
    ] {
        let error = error(&format!("- {item}\n"));
        assert!(error.contains(want) && error.starts_with("LOAD_ERR_VALIDATE"), "{item}: {error}");
    }
    for item in [
        "list: n\n  items: [a]\n  override: {items: replace}",
        "macro: n\n  condition: evt.type=open\n  override: {condition: replace}",
    ] {
        assert!(load(&format!("- {item}\n")).1.is_ok(), "{item}");
    }
}

#[test]
fn an_empty_source_is_none() {
    let base = rule("evt.type=open", "  source: syscall\n");
    for source in ["", "\"\"", "syscall"] {
        let change = format!(
            "{base}- rule: r\n  condition: and proc.name=a\n  source: {source}\n  append: true\n"
        );
        assert_eq!(condition(&change), "(evt.type = open and proc.name = a)");
    }
}

#[test]
fn a_rule_of_an_unknown_source_keeps_its_name() {
    let text =
        rule("ka.verb=get", "  source: k8s_audit\n  exceptions: [{name: e, fields: [ka.x]}]\n");
    assert_eq!(warnings(&text), ["LOAD_UNKNOWN_SOURCE Unknown source k8s_audit, skipping"]);
    let again = format!("{text}- rule: r\n  condition: and x\n  append: true\n");
    assert_eq!(warnings(&again).len(), 2);
    assert_eq!(rules(&load(&again).0).len(), 0);
    assert_eq!(
        error(&(text + &rule("evt.type=open", ""))),
        "LOAD_ERR_VALIDATE Rule has been re-defined with a different source"
    );
}

#[test]
fn the_engine_and_plugins_must_be_new_enough() {
    for (version, want) in [
        ("10", None),
        ("0.26.0", None),
        ("\"0.63.0\"", None),
        ("0.64.0", Some("Rules require engine version 0.64.0, but engine version is 0.63.0")),
        ("1.0.0", Some("Rules require")),
        ("64", Some("Rules require engine version 0.64.0")),
        (
            "abc",
            Some(
                "Unable to parse engine version 'abc' as a semver string. Expected \"x.y.z\" semver format.",
            ),
        ),
        ("0.1", Some("Unable to parse")),
    ] {
        let text = format!("- required_engine_version: {version}\n");
        match want {
            None => assert!(load(&text).1.is_ok(), "{version}"),
            Some(want) => assert!(error(&text).contains(want), "{version}"),
        }
    }
    let plugins = |list: &str| load(&format!("- required_plugin_versions: [{list}]\n"));
    let check = |list: &str| {
        plugins(list).0.check_plugins(&[("json".to_owned(), gyr_rules::Version::new(0, 7, 2))])
    };
    assert_eq!(check("{name: container, version: 0.4.0}, {name: json, version: 0.2.0}"), Ok(()));
    assert_eq!(
        check("{name: x, version: 1.0.0, alternatives: [{name: json, version: 0.7.2}]}"),
        Ok(())
    );
    assert_eq!(
        check("{name: x, version: 1.0.0, alternatives: [{name: y, version: 2.0.0}]}"),
        Err("Plugin requirement not satisfied, must load one of: x (>= 1.0.0), y (>= 2.0.0)"
            .to_owned())
    );
    assert_eq!(
        check("{name: json, version: 0.8.0}"),
        Err("Plugin 'json' version '0.7.2' is not compatible with required plugin version '0.8.0'"
            .to_owned())
    );
    let (_, result) = plugins("{name: x, version: 1}");
    assert_eq!(result.errors[0].message, "Invalid required version '1' for plugin 'x'");
}

#[test]
fn a_later_definition_keeps_the_place_of_the_first() {
    let text = rule("evt.type=open", "")
        + "- rule: s\n  desc: d\n  condition: evt.type=dup\n  output: x\n  priority: INFO\n"
        + &rule("evt.type=close", "");
    let (loader, _) = load(&text);
    let names: Vec<_> = rules(&loader).iter().map(|rule| rule.condition.to_string()).collect();
    assert_eq!(names, ["evt.type = close", "evt.type = dup"]);
}

#[test]
fn files_share_what_they_define() {
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    assert!(loader.load("a", "- macro: m\n  condition: evt.type=open\n").is_ok());
    let result = loader.load("b", &rule("m and proc.name=a", ""));
    assert_eq!(result.to_text(), "b: Ok");
    // Of the first file it is still said that the list is not used.
    assert!(
        loader
            .load("c", "- list: l\n  items: [a]\n")
            .to_text()
            .contains("In rules content: (c:0:0)")
    );
    let result = loader.load("d", &rule("m and proc.name=b", ""));
    assert!(
        result
            .to_text()
            .contains("In rules content: (c:0:0)\n    list 'l': (c:0:2)\n------\n- list: l\n  ^\n"),
        "{}",
        result.to_text()
    );
    let result = loader.load("e", &rule("m and", ""));
    assert!(!result.is_ok());
    assert_eq!(rules(&loader)[0].condition.to_string(), "(evt.type = open and proc.name = b)");
}

#[test]
fn choices_turn_rules_on_and_off_in_order() {
    let one = |name: &str, more: &str| {
        rule("evt.type=open", more).replace("rule: r", &format!("rule: {name}"))
    };
    let text = one("aa", "  tags: [x]\n")
        + &one("ab", "  enabled: false\n")
        + &one("b", "  tags: [x, y]\n  priority: DEBUG\n");
    let text = text.replace(
        "priority: INFO\n  tags: [x, y]\n  priority: DEBUG",
        "priority: DEBUG\n  tags: [x, y]",
    );
    let (loader, _) = load(&text);
    let named = |enable, name: &str| Choice { enable, rules: Which::Named(name.to_owned()) };
    let tagged = |enable, tag: &str| Choice { enable, rules: Which::Tagged(tag.to_owned()) };
    let on = |choices: &[Choice], least| {
        let ruleset = loader.ruleset(choices, least, Matching::First);
        let names: Vec<_> = ruleset.rules().iter().map(|rule| rule.name.clone()).collect();
        names.join(" ")
    };
    assert_eq!(on(&[], Priority::Debug), "aa b");
    assert_eq!(on(&[], Priority::Informational), "aa");
    assert_eq!(on(&[named(true, "a*")], Priority::Debug), "aa b ab");
    assert_eq!(on(&[named(false, "*"), tagged(true, "x")], Priority::Debug), "aa b");
    assert_eq!(on(&[named(false, "aa"), named(true, "aa")], Priority::Debug), "b aa");
    assert_eq!(on(&[tagged(false, "y"), named(false, "nosuch")], Priority::Debug), "aa");
}

#[test]
fn names_that_cannot_be_referred_to_are_told() {
    assert_eq!(
        warnings("- list: a b\n  items: [x]\n")[0],
        "LOAD_INVALID_LIST_NAME List has an invalid name. List names should match a regular \
         expression: ([^()\"'[:space:]=,]+)"
    );
    assert_eq!(
        warnings("- macro: a-b\n  condition: evt.type=open\n")[0],
        "LOAD_INVALID_MACRO_NAME Macro has an invalid name. Macro names should match a regular \
         expression: ([a-zA-Z]+[a-zA-Z0-9_]*)"
    );
}

#[test]
fn deprecated_fields_are_told_wherever_they_are() {
    let field = |text: &str| {
        let (_, result) = load(text);
        result.warnings.iter().filter_map(|warning| warning.deprecated_field).collect::<Vec<_>>()
    };
    assert_eq!(field(&rule("evt.type=open and evt.dir=<", "")), ["evt.dir"]);
    let with_macro =
        "- macro: m\n  condition: evt.dir=<\n".to_owned() + &rule("evt.type=open and m", "");
    assert_eq!(field(&with_macro), ["evt.dir"]);
    let output = rule("evt.type=open", "").replace("output: x", "output: x %evt.latency.s");
    assert_eq!(field(&output), ["evt.latency", "evt.latency.s"]);
    assert_eq!(field(&rule("evt.type=open", "")).len(), 0);
}

#[test]
fn events_that_are_too_many_are_told() {
    let told = |condition: &str| warnings(&rule(condition, "")).len();
    assert_eq!(told("proc.name=a"), 1);
    assert_eq!(told("evt.type=open"), 0);
    assert_eq!(told("evt.type=open and evt.type=close"), 0);
    assert_eq!(told("evt.num=0"), 0);
    assert_eq!(told("not evt.num>0"), 0);
    assert_eq!(told("evt.type!=open"), 1);
}

#[test]
fn extras_are_added_to_the_rules_they_are_for() {
    use gyr_rules::{ExtraField, ExtraOutput, Match};
    let of = |source: Option<&str>, tags: &[&str], rule: Option<&str>| Match {
        source: source.map(str::to_owned),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        rule: rule.map(str::to_owned),
    };
    let outputs = [
        (of(Some("syscall"), &[], None), "1"),
        (of(Some("other"), &[], None), "2"),
        (of(None, &["a"], None), "3"),
        (of(None, &["a", "z"], None), "4"),
        (of(None, &[], Some("r")), "5 %container.info"),
    ];
    let outputs =
        outputs.map(|(of, format)| ExtraOutput { of, format: format.to_owned() }).to_vec();
    let field = |key: &str, format: &str, raw| ExtraField {
        of: Match::default(),
        key: key.to_owned(),
        format: format.to_owned(),
        raw,
    };
    let fields = vec![field("z", "%proc.name!", false), field("a", "%evt.num", true)];
    let mut loader =
        Loader::new([("syscall".to_owned(), Fields::default())]).with_extras(outputs, fields);
    let result = loader.load("f", &rule("evt.type=open", "  tags: [a, b]\n"));
    assert_eq!(result.warnings.len(), 1);
    let rule = &rules(&loader)[0].rule;
    assert_eq!(rule.output, "x 1 3 5 ");
    let keys: Vec<_> =
        rule.extra_fields.iter().map(|(key, field)| (key.as_str(), field.raw)).collect();
    assert_eq!(keys, [("a", true), ("z", false)]);
}

#[test]
fn no_file_makes_the_loader_panic() {
    let good = rule(
        "evt.type=open and proc.name in (a, b)",
        "  exceptions: [{name: e, fields: [proc.name], values: [[a]]}]\n  tags: [x]\n",
    );
    for (i, _) in good.char_indices() {
        load(&good[..i]);
        load(&good[i..]);
        for with in ["[", "{", "\"", "'", ":", "- ", "\t", "é", "*", "&a ", "!"] {
            load(&format!("{}{with}{}", &good[..i], &good[i..]));
        }
    }
}

#[test]
fn what_is_wrong_in_a_comparison_is_told_at_its_beginning() {
    for condition in [
        "evt.type=open and proc.name=val(no.field)",
        "evt.type=open and proc.name=toupper(fd.num)",
        "evt.type=open and toupper(len(proc.name))=3",
        "evt.type=open and fd.num in (1, x)",
    ] {
        let (_, result) = load(&rule(condition, ""));
        let json = result.to_json();
        let place = &json["errors"][0]["context"]["locations"][3]["position"];
        assert_eq!((&place["line"], &place["column"]), (&3.into(), &32.into()), "{condition}");
    }
}

#[test]
fn item_by_item_gives_the_same_as_all_at_once() {
    let text = gyr_rules::SHIPPED;
    let mut whole = Loader::new([("syscall".to_owned(), Fields::default())]);
    let all = whole.load("x", text);
    let mut parts = Loader::new([("syscall".to_owned(), Fields::default())]);
    let mut last = None;
    let starts = text.match_indices("\n- ").map(|(at, _)| at + 1).chain([text.len()]);
    let mut from = 0;
    for to in starts {
        last = Some(parts.load("x", &text[from..to]));
        from = to;
    }
    let rules = |loader: &Loader<Fields>| {
        let rules = loader.enabled(&[], Priority::Debug).into_iter();
        let text = |known: Arc<CheckedRule<_>>| {
            format!("{} {} {}", known.rule.name, known.condition, known.rule.output)
        };
        rules.map(text).collect::<Vec<_>>()
    };
    assert!(!rules(&whole).is_empty());
    assert_eq!(rules(&whole), rules(&parts));
    let codes = |result: &LoadResult| {
        result.warnings.iter().map(|w| (w.code, w.message.clone())).collect::<Vec<_>>()
    };
    assert_eq!(codes(&all), codes(&last.unwrap()));
}

#[test]
fn a_list_that_is_defined_later_is_put_into_rules_before_it() {
    let rule = "- rule: a\n  desc: d\n  condition: evt.type = open and proc.name in (l, m)\n  output: x\n  priority: INFO\n";
    let first = format!("- list: m\n  items: [n]\n{rule}");
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    assert!(loader.load("1", &first).is_ok());
    assert!(loader.load("2", "- list: n\n  items: [c]\n").is_ok());
    assert!(loader.load("3", "- list: l\n  items: [b]\n").is_ok());
    let condition = rules(&loader)[0].condition.to_string();
    assert_eq!(condition, "(evt.type = open and proc.name in (b, c))");
}
