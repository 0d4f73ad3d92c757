//! What conditions mean: missing values, lists, several values, modifiers, transformers, other fields.

mod toy;

use gyr_filter::plain;
use toy::{Table, checked};

/// (condition, holds in the world)
fn check(world: &Table, cases: &[(&str, bool)]) {
    for (text, expected) in cases {
        assert_eq!(plain::matches(&checked(text), world), *expected, "{text}");
    }
}

#[test]
fn a_missing_value_makes_every_comparison_false() {
    check(
        &Table::default(),
        &[
            ("proc.name = a", false),
            ("proc.name != a", false),
            ("not proc.name = a", true),
            ("not proc.name != a", true),
            ("proc.name exists", false),
            ("not proc.name exists", true),
            ("proc.name in (a)", false),
            ("list.texts in (a)", false),
            ("len(list.texts) = 0", false),
            ("toupper(proc.name) != A", false),
            ("proc.name = val(proc.pname)", false),
        ],
    );
}

#[test]
fn comparisons_of_texts() {
    check(
        &Table::of(&[
            ("proc.name", "bash"),
            ("fd.name", "/etc/ssh/sshd_config"),
            ("evt.buffer", "abc"),
        ]),
        &[
            ("proc.name = bash", true),
            ("proc.name == bash", true),
            ("proc.name != bash", false),
            ("proc.name in (sh, bash)", true),
            ("proc.name in ()", false),
            ("proc.name intersects (sh, bash)", true),
            ("proc.name in bash", true),
            ("fd.name startswith /etc/", true),
            ("fd.name endswith config", true),
            ("fd.name contains /ssh/", true),
            ("fd.name contains ''", true),
            ("fd.name icontains SSHD", true),
            ("fd.name icontains SSHX", false),
            ("fd.name glob /etc/*/sshd*", true),
            ("proc.name iglob B?SH", true),
            ("fd.name pmatch (/usr, /etc/ssh)", true),
            ("fd.name pmatch (/etc/s)", false),
            ("fd.name regex '/etc/[a-z]+/.*'", true),
            ("evt.buffer bcontains 6263", true),
            ("evt.buffer bstartswith 6263", false),
            ("evt.buffer endswith bc", true),
        ],
    );
}

#[test]
fn comparisons_of_numbers_and_addresses() {
    check(
        &Table::of(&[
            ("fd.num", "-1"),
            ("evt.num", "7"),
            ("evt.flag", "true"),
            ("evt.ratio", "1.5"),
            ("fd.sip", "10.0.0.1"),
        ]),
        &[
            ("fd.num < 0", true),
            ("fd.num >= 0", false),
            ("evt.num in (6, 7)", true),
            ("evt.num < -1", true),
            ("evt.flag = true", true),
            ("evt.flag != true", false),
            ("evt.ratio > 1", true),
            ("evt.ratio < 2", true),
            ("evt.ratio = 1", false),
            ("fd.sip = 10.0.0.1", true),
            ("fd.sip != '::1'", true),
            ("fd.sip in ('::1', 10.0.0.1)", true),
        ],
    );
}

#[test]
fn several_values_fold_by_field_and_operator() {
    check(
        &Table::of(&[
            ("proc.aname", "bash,sshd"),
            ("fd.ip", "10.0.0.1,192.168.0.1"),
            ("fd.net", "10.0.0.1,192.168.0.1"),
            ("fd.port", "80,5000"),
            ("list.texts", "a,b"),
            ("list.numbers", ""),
        ]),
        &[
            ("proc.aname = sshd", true),
            ("proc.aname != sshd", true),
            ("proc.aname startswith ss", true),
            ("fd.ip = 10.0.0.1", true),
            ("fd.ip != 10.0.0.1", false),
            ("fd.ip != 10.0.0.2", true),
            ("fd.net = 10.0.0.0/8", true),
            ("fd.net != 10.0.0.0/8", false),
            ("fd.net in (1.0.0.0/8, 10.0.0.0/8)", true),
            ("fd.port = http", true),
            ("fd.port != 80", false),
            ("fd.port > 4000", true),
            ("list.texts in (a, b, c)", true),
            ("list.texts in (a, c)", false),
            ("list.texts intersects (a, c)", true),
            ("list.texts intersects (c)", false),
            ("list.texts exists", true),
            ("list.numbers in (1)", true),
            ("list.numbers in ()", true),
            ("list.numbers intersects (1)", false),
            ("len(list.texts) = 2", true),
            ("len(list.numbers) = 0", true),
        ],
    );
}

#[test]
fn modifiers_count_the_literals_that_fit() {
    check(
        &Table::of(&[("fd.name", "/etc/passwd"), ("fd.num", "3")]),
        &[
            ("fd.name startswith anyof (/usr, /etc)", true),
            ("fd.name startswith oneof (/e, /etc)", false),
            ("fd.name startswith oneof (/usr, /etc)", true),
            ("fd.name contains allof (etc, pass)", true),
            ("fd.name contains allof (etc, sh)", false),
            ("fd.name contains allof ()", false),
            ("fd.name contains anyof ()", false),
            ("fd.name != allof (a, b)", true),
            ("fd.name != anyof (a, /etc/passwd)", true),
            ("fd.name != allof (a, /etc/passwd)", false),
            ("fd.name != oneof (a, /etc/passwd)", true),
            ("fd.name glob anyof (a, /etc/*)", true),
            ("fd.name regex oneof ('/etc/.*', '/usr/.*')", true),
            ("fd.num = anyof (2, 3)", true),
            ("fd.name = oneof", false),
        ],
    );
}

#[test]
fn transformers_change_values_before_they_are_compared() {
    check(
        &Table::of(&[
            ("proc.name", "Bash"),
            ("proc.pname", "BASH"),
            ("fd.name", "/usr/bin/"),
            ("proc.cmdline", "aGVsbG8="),
            ("proc.env[X]", "*"),
            ("list.texts", "-f,File,-v"),
            ("evt.buffer", "abc"),
        ]),
        &[
            ("tolower(proc.name) = bash", true),
            ("toupper(proc.name) = val(proc.pname)", true),
            ("proc.pname = toupper(proc.name)", true),
            ("proc.name = val(proc.pname)", false),
            ("basename(fd.name) = ''", true),
            ("b64(proc.cmdline) = hello", true),
            ("b64(proc.env[X]) exists", false),
            ("not b64(proc.env[X]) = x", true),
            ("len(proc.name) = 4", true),
            ("len(evt.buffer) < 4", true),
            ("toupper(list.texts) in ('-F', FILE, '-V')", true),
            ("join('+', (proc.name, 'x', 1)) = Bash+x+1", true),
            ("join(',', list.texts) = '-f,File,-v'", true),
            ("join('-', ()) = ''", true),
            ("concat(proc.name, toupper(proc.name)) = BashBASH", true),
            ("concat(proc.name, container.id) exists", false),
            ("getopt(list.texts, 'f:v') in (f, v)", true),
            ("getopt(list.texts, 'f:v')[f] intersects (File)", true),
            ("getopt(list.texts, 'f:v')[x] exists", false),
            ("len(concat(proc.name, 'abc')) = 7", true),
        ],
    );
}

#[test]
fn other_fields_on_the_right() {
    check(
        &Table::of(&[
            ("proc.name", "bash"),
            ("proc.pname", "bas"),
            ("proc.cmdline", "b*"),
            ("evt.num", "3"),
            ("list.texts", "a,b"),
            ("fd.types", "a,b,c"),
        ]),
        &[
            ("proc.name startswith val(proc.pname)", true),
            ("proc.name > val(proc.pname)", true),
            ("proc.name glob val(proc.cmdline)", true),
            ("proc.name in val(proc.name)", true),
            ("evt.num = len(list.texts)", false),
            ("evt.num = len(fd.types)", true),
            ("evt.num > len(list.texts)", true),
            ("list.texts in val(fd.types)", true),
            ("fd.types in val(list.texts)", false),
            ("fd.types intersects val(list.texts)", true),
        ],
    );
}
