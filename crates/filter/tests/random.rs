//! Random conditions are printed so that they read back as the same tree; hostile ones end at once.

mod toy;

use std::time::{Duration, Instant};

use gyr_filter::ast::{Arg, Check, ExprKind, FieldExpr, Operand, Right, TransformerExpr};
use gyr_filter::{
    Expr, GraphBuilder, Modifier, Operator, Position, Text, Transformer, check, exact, parse,
};
use toy::random::{Random, condition};
use toy::{Toy, checked};

#[test]
fn ten_thousand_trees_read_back() {
    for seed in 0..10_000 {
        let expr = tree(&mut Random::new(seed), 4);
        let printed = exact(&expr).to_string();
        let mut read =
            parse(&printed).unwrap_or_else(|e| panic!("{printed}: {e} {:?}", e.position));
        forget_positions(&mut read);
        assert_eq!(read, expr, "{printed}");
    }
}

#[test]
fn conditions_that_pass_the_check_pass_it_again_when_printed() {
    for seed in 0..2_000 {
        let text = condition(&mut Random::new(seed), 3);
        let Ok(first) = check(&parse(&text).unwrap(), &Toy) else { continue };
        let again = exact(&parse(&text).unwrap()).to_string();
        assert_eq!(check(&parse(&again).unwrap(), &Toy).unwrap().root, first.root, "{text}");
    }
}

#[test]
fn any_bytes_give_an_answer() {
    const PIECES: &[&str] = &[
        "a.b",
        "=",
        "!=",
        " ",
        "(",
        ")",
        "and",
        "or",
        "not",
        "'",
        "\"",
        "\\",
        "in",
        "oneof",
        "toupper(",
        "val(",
        "[",
        "]",
        ",",
        "é",
        "\n",
        "\0",
        "0x1",
        "1e+5",
        "exists",
        "proc.name",
        "\u{8}",
        "x",
    ];
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let text: String = (0..random.below(30)).map(|_| *random.pick(PIECES)).collect();
        if let Ok(expr) = parse(&text) {
            let _ = check(&expr, &Toy);
            let printed = exact(&expr).to_string();
            assert_eq!(exact(&parse(&printed).unwrap()).to_string(), printed, "{text}");
        }
    }
}

#[test]
fn bombs_end_at_once() {
    let start = Instant::now();
    let deep = |n| format!("{}a.b=1{}", "(".repeat(n), ")".repeat(n));
    let not = |n| format!("{}a.b=1", "not ".repeat(n));
    for (text, is_ok) in [
        (deep(190), true),
        (deep(25_000_000), false),
        ("(".repeat(50_000_000), false),
        ("not(".repeat(12_000_000), false),
        (not(1_000_001), true),
        ("a.b=1 or ".repeat(6_000_000), false),
        (format!("a.b in ({})", "x,".repeat(2_000_000)), false),
        (format!("a.b = '{}", "\\'".repeat(7_000_000)), false),
        (format!("a.b = {}", "x".repeat(15_000_000)), true),
        (format!("a{} = 1", ".b".repeat(7_000_000)), true),
        (format!("{}a.b) = 1", "b64(".repeat(4_000_000)), false),
    ] {
        let shown = &text[..20];
        assert_eq!(parse(&text).is_ok(), is_ok, "{shown}");
    }
    assert!(start.elapsed() < Duration::from_secs(40), "took {:?}", start.elapsed());
}

#[test]
fn the_deepest_tree_can_be_checked_and_run() {
    let nested =
        |n| format!("{}evt.num=1{}", "(evt.num=2 and not (evt.num=3 or ".repeat(n), "))".repeat(n));
    let expr = parse(&nested(90)).unwrap();
    let condition = check(&expr, &Toy).unwrap();
    let mut builder = GraphBuilder::new();
    let root = builder.add(&condition);
    let graph = builder.build(1);
    assert!(!graph.program(&[(0, root)], |_| None).is_empty());
    assert!(parse(&nested(100)).is_err());
}

#[test]
fn a_long_list_is_quick_to_compile() {
    let names: Vec<String> = (0..100_000).map(|i| format!("name{i}")).collect();
    let numbers: Vec<String> = (0..100_000).map(|i| (i * 3).to_string()).collect();
    let text = format!(
        "proc.name in ({}) and evt.num in ({}) and fd.name startswith anyof ({})",
        names.join(","),
        numbers.join(","),
        names.join(",")
    );
    let mut builder = GraphBuilder::new();
    builder.add(&checked(&text));
    let start = Instant::now();
    assert_eq!(builder.build(1).size(), (3, 3));
    assert!(start.elapsed() < Duration::from_secs(20), "took {:?}", start.elapsed());
}

fn tree(random: &mut Random, depth: usize) -> Expr {
    let kind = match random.below(if depth == 0 { 5 } else { 9 }) {
        0 => ExprKind::Identifier(
            (*random.pick(&["a", "macro_1", "nothing", "inner", "orx"])).to_owned(),
        ),
        1..=4 => ExprKind::Check(Box::new(comparison(random))),
        5 => ExprKind::Not(Box::new(tree(random, depth - 1))),
        6 | 7 => ExprKind::And(some(random, depth)),
        _ => ExprKind::Or(some(random, depth)),
    };
    Expr { position: Position::default(), kind }
}

fn some(random: &mut Random, depth: usize) -> Vec<Expr> {
    (0..2 + random.below(3)).map(|_| tree(random, depth - 1)).collect()
}

fn comparison(random: &mut Random) -> Check {
    let left = operand(random, 2);
    let operator = *random.pick(Operator::ALL);
    let at = Position::default();
    let mut modifier = None;
    let right = match operator {
        Operator::Exists => Right::Nothing,
        _ if random.one_in(4) => Right::Operand(right_operand(random)),
        Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => {
            Right::Value(at, Text::from(*random.pick(&["1", "-1.5", "0xAf", "+1e+9"])))
        }
        _ if operator.takes_list() || random.one_in(3) => {
            if !operator.takes_list() {
                modifier = Some(*random.pick(Modifier::ALL));
            }
            if random.one_in(4) {
                Right::Name(at, Text::from(*random.pick(&["list", "b_1", "valid"])))
            } else {
                Right::List(at, (0..random.below(4)).map(|_| text(random)).collect())
            }
        }
        _ => Right::Value(at, text(random)),
    };
    Check { left, operator, modifier, right }
}

fn field(random: &mut Random) -> FieldExpr {
    let arg = random.one_in(3).then(|| text(random));
    FieldExpr {
        position: Position::default(),
        name: (*random.pick(&["a.b", "proc.aname", "x1.y_2.z", "in.or"])).to_owned(),
        arg: arg.and_then(|arg| String::from_utf8(arg.as_bytes().to_vec()).ok()),
    }
}

fn right_operand(random: &mut Random) -> Operand {
    if random.one_in(2) {
        return transformer(random, 2);
    }
    Operand::Transformer(TransformerExpr {
        position: Position::default(),
        transformer: Transformer::Val,
        args: vec![Arg::Operand(Operand::Field(field(random)))],
        selector: None,
    })
}

fn operand(random: &mut Random, depth: usize) -> Operand {
    if depth > 0 && random.one_in(4) {
        return transformer(random, depth);
    }
    Operand::Field(field(random))
}

fn transformer(random: &mut Random, depth: usize) -> Operand {
    let arg = |random: &mut Random| match random.below(4) {
        0 => Arg::Text(text(random)),
        1 => Arg::Number(Text::from("12")),
        _ => Arg::Operand(operand(random, depth - 1)),
    };
    let args = (0..1 + random.below(2)).map(|_| match random.below(4) {
        0 => Arg::List((0..random.below(3)).map(|_| arg(random)).collect()),
        _ => arg(random),
    });
    Operand::Transformer(TransformerExpr {
        position: Position::default(),
        args: args.collect(),
        transformer: *random.pick(&Transformer::ALL[1..]),
        selector: random.one_in(4).then(|| "c".to_owned()),
    })
}

fn text(random: &mut Random) -> Text {
    const PIECES: &[&[u8]] = &[
        b"a",
        b"b1",
        b"/",
        b" ",
        b"\\",
        b"\"",
        b"'",
        b"(",
        b")",
        b",",
        b"=",
        b"\t",
        b"\n",
        b"\x08",
        b"\x0b",
        b"\xff",
        b"\xc3\xa9",
        b"oneof",
        b"val(",
        b"[",
        b"]",
        b"\x01",
    ];
    let n = random.below(5);
    Text::from((0..n).flat_map(|_| random.pick(PIECES).to_vec()).collect::<Vec<u8>>())
}

fn forget_positions(expr: &mut Expr) {
    expr.position = Position::default();
    match &mut expr.kind {
        ExprKind::And(children) | ExprKind::Or(children) => {
            children.iter_mut().for_each(forget_positions);
        }
        ExprKind::Not(child) => forget_positions(child),
        ExprKind::Identifier(_) => {}
        ExprKind::Check(check) => {
            forget_in_operand(&mut check.left);
            match &mut check.right {
                Right::Nothing => {}
                Right::Value(at, _) | Right::Name(at, _) | Right::List(at, _) => {
                    *at = Position::default();
                }
                Right::Operand(operand) => forget_in_operand(operand),
            }
        }
    }
}

fn forget_in_operand(operand: &mut Operand) {
    match operand {
        Operand::Field(field) => field.position = Position::default(),
        Operand::Transformer(transformer) => {
            transformer.position = Position::default();
            transformer.args.iter_mut().for_each(forget_in_arg);
        }
    }
}

fn forget_in_arg(arg: &mut Arg) {
    match arg {
        Arg::Operand(operand) => forget_in_operand(operand),
        Arg::List(args) => args.iter_mut().for_each(forget_in_arg),
        Arg::Text(_) | Arg::Number(_) => {}
    }
}
