//! Output templates over the toy scheme.

mod toy;

use gyr_filter::{Printer, Template, TemplateError, Value, World, print_value};
use toy::{Table, Toy};

impl Printer<String> for Table {
    fn print(&self, field: &String, out: &mut Vec<u8>) -> bool {
        let mut n = 0;
        let mut print = |value: Value<'_>| {
            n += 1;
            print_value(value, out);
            false
        };
        self.visit(field, &mut print);
        n > 0
    }
}

fn world() -> Table {
    Table::of(&[
        ("proc.name", "Bash"),
        ("evt.num", "12"),
        ("proc.aname[2]", "init"),
        ("list.texts", "a,b"),
        ("evt.ratio", "1.25"),
    ])
}

fn render(text: &str) -> Option<String> {
    let template = Template::parse(text, &Toy).unwrap_or_else(|e| panic!("{text}: {e}"));
    let mut out = Vec::new();
    template.render(&world(), &mut out).then(|| String::from_utf8(out).unwrap())
}

#[test]
fn values_take_the_place_of_their_names() {
    for (text, expected) in [
        ("plain", "plain"),
        ("name=%proc.name num=%evt.num.", "name=Bash num=12."),
        ("%proc.aname[2]", "init"),
        ("*%proc.aname[x", "<NA>[x"),
        ("%evt.num[1]", "12[1]"),
        ("%toupper(proc.name)!", "BASH!"),
        ("%toupper(list.texts)", "(A,B)"),
        ("%join(\"-\", (proc.name, 'x'))", "Bash-x"),
        ("%len(proc.name)", "4"),
        ("%6proc.name|", "Bash  |"),
        ("%2proc.name|", "Ba|"),
        ("%0proc.name|", "Bash|"),
        ("*%6fd.name|", "<NA>  |"),
        ("*a %fd.name", "a <NA>"),
        ("**a", "*a"),
        ("%evt.ratio", "1.2"),
        ("é%proc.nameé", "éBashé"),
    ] {
        assert_eq!(render(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn a_missing_value_suppresses_what_does_not_tolerate_it() {
    assert_eq!(render("a %fd.name"), None);
    assert_eq!(render("a %toupper(fd.name)"), None);
}

#[test]
fn what_is_no_field_is_refused() {
    for (text, error) in [
        ("", "empty formatting token"),
        ("ends with %", "invalid formatting syntax: formatting cannot end with a %"),
        ("%12", "invalid formatting syntax: formatting cannot end with a number"),
        ("%99999999evt.num", "invalid formatting syntax: no value is 99999999 wide"),
        ("%foo.bar x", "unknown filter: filter_check called with nonexistent field foo.bar"),
        ("100%% %proc.name", "unknown filter: expected a field or a field transformer"),
        ("%(proc.name)", "unknown filter: expected a field or a field transformer"),
    ] {
        assert_eq!(Template::parse(text, &Toy).unwrap_err().to_string(), error, "{text}");
    }
    let bomb = "%toupper(".repeat(100_000);
    assert_eq!(Template::parse(&bomb, &Toy).unwrap_err(), TemplateError::TooLong);
    assert!(Template::parse(&format!("%{}", "b64(".repeat(10_000)), &Toy).is_err());
    assert!(Template::parse(&format!("%proc.name{}", ".a".repeat(30_000)), &Toy).is_ok());
}

#[test]
fn fields_are_named_as_they_are_written() {
    let text =
        "%proc.name %6evt.num %proc.aname[2] %concat(proc.name, toupper(fd.name)) %proc.env['a b']";
    let template = Template::parse(text, &Toy).unwrap();
    let names: Vec<&str> = template.fields().map(|(name, _)| name).collect();
    let expected =
        ["proc.name", "evt.num", "proc.aname[2]", "proc.name", "fd.name", "proc.env[\"a b\"]"];
    assert_eq!(names, expected);
}
