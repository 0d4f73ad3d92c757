//! What is a condition and what is not, and where errors and nodes stand.

use gyr_filter::{exact, parse};

/// Every blank may be any blank, and blanks may stand around the whole.
#[track_caller]
fn accepts(text: &str) {
    let broken = if text.contains('\\') { text.to_owned() } else { text.replace(' ', "\n") };
    for text in [text.to_owned(), format!(" {text} "), broken] {
        let expr = parse(&text).unwrap_or_else(|e| panic!("{text}: {e} at {:?}", e.position));
        let again = parse(&exact(&expr).to_string()).unwrap();
        assert_eq!(exact(&again).to_string(), exact(&expr).to_string());
    }
}

#[track_caller]
fn error(text: &str) -> (usize, usize, String) {
    let error = parse(text).expect_err(text);
    (error.position.line, error.position.col, error.message)
}

#[test]
fn boolean_structure() {
    for text in [
        "a",
        "(a)",
        "a and b",
        "(a)and(b)and(c)",
        "a or b or(c)",
        "not(a)and(not(b))",
        "not not a",
        "not(not(a))",
        "a and notb",
        "notz and a",
        "macro and not(not_macro)",
        "a.b=1 or b.c=2 and c",
        "(a.a exists) and (b)",
        "a.a existsand macro",
        "a.b = not",
    ] {
        accepts(text);
    }
    for text in [
        "a andb",
        "aand b",
        "a and",
        "and a",
        "a or",
        "a not b",
        "a and or b",
        "a andor b",
        "(a)andnot(b)",
        "a ornot b",
        "(a",
        "a)",
        "()",
        "#a",
        "a or(b) and c",
    ] {
        error(text);
    }
}

#[test]
fn precedence_is_not_and_or() {
    let print = |text: &str| parse(text).unwrap().to_string();
    assert_eq!(print("not a and b or c"), "((not a and b) or c)");
    assert_eq!(print("not (a and (b or c))"), "not (a and (b or c))");
    assert_eq!(print("not not not(a)"), "not a");
}

#[test]
fn values() {
    for text in [
        "a.b = 0a!@#456:/\\.;!$%^&*[]{}|",
        "a.b = \"\"",
        "a.b = 'a \\' b'",
        "a.b = \"bad escape \\ \"",
        "a.b = '\\x41\\xff'",
        "a.b[\"\"] = c",
        "a.b['a aa'] = a",
        "a.b[0a!@#456:/\\.;!$%^&*(){}|] = c",
        "a.b > 1000",
        "a.b < +1",
        "a.b <= 0XaB00AB",
        "a.b > -0.1222e+10",
        "a.b = 0xAAA.1",
        "a.b = !0.1222e+10",
        "a.b in ()",
        "a.b in(a)",
        "a.b intersects (a, 'b', \"c\")",
        "a.b pmatch()",
        "a.b in abc",
    ] {
        accepts(text);
    }
    for text in [
        "a.b = a,",
        "a.b = a=",
        "a.b = '",
        "a.b = \"a\\\\\"",
        "a.b = \"\\q\"",
        "a.b = '\\x4'",
        "a.b = '\\x00'",
        "a.b = a\0b",
        "a.b[] = c",
        "a.b[ c ] = d",
        "a.b['''] = c",
        "a.b > !1",
        "a.b < 0xAAA.1",
        "a.b <= a",
        "a.b in (",
        "a.b in )",
        "a.b in (a,)",
        "a.b in (,)",
        "a.b = (a)",
        "a.b contains (a)",
        "a.b in",
        "a.b startswithc",
        "a.b ===",
        "a.b !== c",
        "a.b ExIsTs",
        "macro > 12",
    ] {
        error(text);
    }
}

#[test]
fn modifiers_are_modifiers_only_before_a_list() {
    let print = |text: &str| parse(text).unwrap().to_string();
    assert_eq!(print("a.b = oneof(c, d)"), "a.b = oneof (c, d)");
    assert_eq!(print("a.b contains anyof list"), "a.b contains anyof list");
    assert_eq!(print("a.b = oneof and c"), "(a.b = oneof and c)");
    assert_eq!(print("a.b = allof"), "a.b = allof");
    assert_eq!(print("a.b = oneofs"), "a.b = oneofs");
}

#[test]
fn transformers() {
    for text in [
        "toupper( tolower(a.b ) ) exists",
        "a.b in val(c.d[1])",
        "a.b < len(c.d)",
        "join('-', (a.b, \"c\", 12)) = d",
        "join(\"-\", ()) = c",
        "concat(a.b, 'x', toupper(c.d)) = e",
        "getopt(a.b, \"ho:\")[o] = c",
        "a.b = b64 and(c)",
    ] {
        accepts(text);
    }
    for text in [
        "val(a.b) exists",
        "b64(val(a.b)) exists",
        "b64 (a.b) exists",
        "b64(ab) exists",
        "b64(a.b exists",
        "x(a.b) exists",
        "a.b = val(toupper(c.d))",
        "a.b = (b64(c.d))",
        "a.b in (b64(c.d))",
        "join('-', ((a.b))) = c",
        "join('-', (a.b,)) = c",
        "join('-', (c)) = d",
        "b64(a.b [1]) exists",
    ] {
        error(text);
    }
}

#[test]
fn errors_stand_where_falco_puts_them() {
    let names = "'val', 'tolower', 'toupper', 'b64', 'basename', 'len', 'join', 'concat', 'getopt'";
    let value = format!("expected a string value or a field with a valid transformer: {names}");
    let number = format!("expected a number value or a field with a valid transformer: {names}");
    let unexpected = |token| format!("unexpected token after '{token}', expecting 'or', 'and'");
    for (text, col, message) in [
        ("evt.type=open AND proc.name=a", 15, unexpected("open")),
        ("evt.type==open and and proc.name=a", 24, unexpected("and")),
        ("evt.type=open and proc.name='a''b'", 32, unexpected("a")),
        ("evt.type=open)", 14, unexpected("open")),
        ("evt.type=open and proc.name = (a, b)", 31, value.clone()),
        ("evt.type=", 10, value.clone()),
        ("evt.type=open and proc.name='abc", 29, value),
        ("evt.type=open and proc.name < a", 31, number),
        ("", 1, "filter input string is empty".to_owned()),
        ("(evt.type=open", 15, "expected a ')' token".to_owned()),
    ] {
        assert_eq!(error(text), (1, col, message), "{text}");
    }
    assert_eq!(error("a \r\n and \n  (").0, 4);
    assert!(
        error("evt.type").2.starts_with("expected a valid check operator: one of 'exists', '<=', ")
    );
}

#[test]
fn positions_of_nodes() {
    let expr = parse("\n(a.b=1\n  and c.d in (e))").unwrap();
    let mut places = Vec::new();
    expr.walk(&mut |node| {
        places.push((node.position.offset, node.position.line, node.position.col))
    });
    assert_eq!(places, [(2, 2, 2), (2, 2, 2), (14, 3, 7)]);
}

#[test]
fn two_hundred_parentheses_are_too_many() {
    let nested = |n: usize| format!("{}a.b=1{}", "(".repeat(n), ")".repeat(n));
    assert!(parse(&nested(198)).is_ok());
    assert_eq!(error(&nested(199)).2, "exceeded max depth limit of 1000");
    assert_eq!(error(&nested(5_000_000)).2, "exceeded max depth limit of 1000");
    assert_eq!(error(&"not(".repeat(100_000)).2, "exceeded max depth limit of 1000");
    assert_eq!(error(&"b64(".repeat(100_000)).2, "more than 50 nested transformers");
}

#[test]
fn huge_texts_are_refused() {
    assert!(error(&"a or ".repeat(10_000_000)).2.contains("longer than"));
    assert!(error(&"a or ".repeat(3_000_000)).2.contains("comparisons and literals"));
    assert!(error(&format!("a.b in ({}a)", "a,".repeat(8_000_000))).2.contains("literals"));
}
