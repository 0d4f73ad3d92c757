//! The graph against the plain evaluator, on random conditions and worlds, with answers kept between events.

mod toy;

use std::cell::RefCell;
use std::ops::ControlFlow;

use gyr_filter::{
    Atom, Checked, Evaluator, Family, Graph, GraphBuilder, KeptPlace, Lifetime, Literal, Program,
    Root, Subject, Test, Value, Verdict, World, plain,
};
use toy::random::{Random, change, condition, valid};
use toy::{EVENTS, Table, checked};

/// What a thread or an fd has of its own, with its stamp and the memory beside it.
#[derive(Debug, Default)]
struct Thing {
    table: Table,
    stamp: u64,
    kept: RefCell<(u32, Vec<u64>)>,
}

/// One event: its own fields, a thread's and an fd's.
struct Scene<'a> {
    event: &'a Table,
    thread: &'a Thing,
    fd: &'a Thing,
    lineage_stamp: u64,
    /// Whether the container of the thread is known.
    is_container_known: bool,
}

impl World<String> for Scene<'_> {
    fn visit(&self, field: &String, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        assert!(self.is_container_known || field != "container.id");
        self.event.visit(field, each)
            || self.thread.table.visit(field, each)
            || self.fd.table.visit(field, each)
    }

    fn visit_root(&self, family: Family, each: &mut dyn FnMut(u32, &[u8])) {
        assert_eq!(family, toy::PATH);
        if let Some([toy::Owned::Bytes(name)]) = self.fd.table.0.get("fd.name").map(Vec::as_slice) {
            each(1, name);
        }
    }

    fn stamp(&self, lifetime: Lifetime) -> Option<[u64; 2]> {
        match lifetime {
            Lifetime::Fd => Some([self.fd.stamp, 0]),
            Lifetime::Lineage => Some([self.thread.stamp, self.lineage_stamp]),
            Lifetime::Container if !self.is_container_known => None,
            _ => Some([self.thread.stamp, 0]),
        }
    }

    fn kept(&self, place: KeptPlace, lend: &mut dyn FnMut(&mut u32, &mut Vec<u64>)) {
        let thing = match place {
            KeptPlace::Thread => self.thread,
            KeptPlace::Fd => self.fd,
        };
        let (generation, words) = &mut *thing.kept.borrow_mut();
        lend(generation, words);
    }

    fn is_unknown(&self) -> bool {
        !self.is_container_known
    }

    fn is_field_unknown(&self, _field: &String, lifetime: Lifetime) -> bool {
        !self.is_container_known && lifetime == Lifetime::Container
    }
}

/// What an event type decides.
fn known(atom: &Atom<String>, event: &str) -> Option<bool> {
    let Subject::Field(field) = &atom.subject else { return None };
    if field.field != "evt.type" {
        return None;
    }
    let Test::Literals { comparison, literals, .. } = &atom.test else { return Some(true) };
    let value = Value::Bytes(event.as_bytes());
    let any = |literals: &[Literal]| literals.iter().any(|l| l.holds(*comparison, value));
    Some(any(literals))
}

fn holding(
    evaluator: &mut Evaluator,
    graph: &Graph<String>,
    program: &Program,
    world: &Scene<'_>,
) -> Vec<(u32, Verdict)> {
    let mut found = Vec::new();
    evaluator.evaluate(graph, program, world, |number, verdict| {
        found.push((number, verdict));
        ControlFlow::Continue(())
    });
    found
}

fn graph_of(conditions: &[Checked<String>]) -> (Graph<String>, Vec<(u32, Root)>) {
    let mut builder = GraphBuilder::new();
    let roots = (0..).zip(conditions).map(|(i, c)| (i * 10, builder.add(c))).collect();
    (builder.build(7), roots)
}

fn random_conditions(random: &mut Random, n: usize) -> (Vec<String>, Vec<Checked<String>>) {
    let texts = (0..n * 2).map(|_| {
        let depth = random.below(5);
        condition(random, depth)
    });
    texts.filter_map(|text| valid(&text).map(|checked| (text, checked))).take(n).unzip()
}

/// Runs events over changing threads and fds; calls `check` for each.
fn play(random: &mut Random, events: usize, mut check: impl FnMut(&str, &Scene<'_>)) {
    let mut things: Vec<Thing> = (0..6).map(|_| Thing::default()).collect();
    let (mut stamp, mut lineage_stamp) = (0, 0);
    for _ in 0..events {
        let changed = random.below(things.len());
        if random.one_in(3) {
            stamp += 1;
            let is_thread = changed < 3;
            let thing = &mut things[changed];
            thing.stamp = stamp;
            change(random, &mut thing.table, |row| match row.3 {
                Lifetime::Event | Lifetime::Clock => false,
                Lifetime::Fd => !is_thread,
                _ => is_thread,
            });
        }
        if random.one_in(6) {
            lineage_stamp += 1;
            for thing in &mut things[..3] {
                change(random, &mut thing.table, |row| row.3 == Lifetime::Lineage);
            }
        }
        let mut event = Table::default();
        change(random, &mut event, |row| matches!(row.3, Lifetime::Event | Lifetime::Clock));
        let name = *random.pick(EVENTS);
        event.0.insert("evt.type".to_owned(), vec![toy::Owned::Bytes(name.as_bytes().to_vec())]);
        let (thread, fd) = (&things[random.below(3)], &things[3 + random.below(3)]);
        let is_container_known = !random.one_in(4);
        check(name, &Scene { event: &event, thread, fd, lineage_stamp, is_container_known });
    }
}

#[test]
fn the_graph_agrees_with_the_plain_evaluator() {
    let mut n_held = 0;
    for seed in 0..250 {
        let mut random = Random::new(seed);
        let n = [1, 3, 40, 130][random.below(4)];
        let (texts, conditions) = random_conditions(&mut random, n);
        let (graph, roots) = graph_of(&conditions);
        let programs: Vec<Program> =
            EVENTS.iter().map(|event| graph.program(&roots, |atom| known(atom, event))).collect();
        let mut evaluator = Evaluator::new();
        let is_audited = seed % 2 == 0;
        play(&mut random, 60, |event, scene| {
            let program = &programs[EVENTS.iter().position(|name| *name == event).unwrap()];
            let found = holding(&mut evaluator, &graph, program, scene);
            if !scene.is_container_known {
                check_unknown(&mut evaluator, &graph, program, &conditions, scene, &found);
                return;
            }
            let expected: Vec<(u32, Verdict)> = (0..)
                .zip(&conditions)
                .filter(|(_, condition)| plain::matches(condition, scene))
                .map(|(i, _)| (i * 10, Verdict::Holds))
                .collect();
            n_held += expected.len();
            let wrong = (0..).zip(&texts).find(|(i, _)| {
                let holds = (i * 10, Verdict::Holds);
                found.contains(&holds) != expected.contains(&holds)
            });
            assert_eq!(
                found, expected,
                "seed {seed}: {wrong:?}\n{:?} {:?}",
                scene.event, scene.thread
            );
            if is_audited {
                let ruled_out = evaluator.audit_ruled_out(&graph, program, scene);
                assert_eq!(ruled_out, None, "seed {seed}: kept as ruled out, and is not");
                assert_eq!(evaluator.audit(&graph, program, scene).1, None, "seed {seed}");
            }
        });
    }
    assert!(n_held > 10_000, "only {n_held} conditions held");
}

/// With an unknown container: what holds, holds whatever it is, and the rest completes to what the plain evaluator says.
fn check_unknown(
    evaluator: &mut Evaluator,
    graph: &Graph<String>,
    program: &Program,
    conditions: &[Checked<String>],
    scene: &Scene<'_>,
    found: &[(u32, Verdict)],
) {
    let full = Scene { is_container_known: true, ..*scene };
    let frozen: Vec<_> = found
        .iter()
        .filter(|(_, verdict)| *verdict == Verdict::Unknown)
        .map(|(number, _)| (*number, evaluator.freeze(graph, program, *number, scene).unwrap()))
        .collect();
    for (number, condition) in (0..).zip(conditions).map(|(i, c)| (i * 10, c)) {
        let expected = plain::matches(condition, &full);
        let verdict = found.iter().find(|(other, _)| *other == number).map(|(_, v)| *v);
        match verdict {
            None => assert!(!expected),
            Some(Verdict::Holds) => assert!(expected),
            Some(Verdict::Unknown) => {
                let (_, frozen) = frozen.iter().find(|(other, _)| *other == number).unwrap();
                assert_eq!(evaluator.complete(graph, program, frozen, &full), expected);
            }
        }
    }
}

#[test]
fn a_field_is_asked_once_an_event() {
    struct Counting(RefCell<Vec<String>>);
    impl World<String> for Counting {
        fn visit(&self, field: &String, each: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
            self.0.borrow_mut().push(field.clone());
            each(Value::Bytes(b"/etc/passwd"));
            true
        }
    }
    let conditions: Vec<_> = [
        "fd.name startswith /etc and fd.name contains pass and not fd.name in (a, b)",
        "fd.name endswith wd or fd.name glob /x*",
        "fd.name = /etc/passwd and fd.name != a and fd.name exists",
    ]
    .map(checked)
    .into();
    let (graph, roots) = graph_of(&conditions);
    assert_eq!(graph.size(), (8, 1));
    let program = graph.program(&roots, |_| None);
    let world = Counting(RefCell::default());
    let mut n = 0;
    Evaluator::new().evaluate(&graph, &program, &world, |_, _| {
        n += 1;
        ControlFlow::Continue(())
    });
    assert_eq!((n, world.0.borrow().len()), (3, 1));
}

#[test]
fn the_first_condition_that_holds_may_end_the_search() {
    let conditions: Vec<_> =
        ["evt.num = 1", "evt.num = 2", "evt.num > 1", "evt.num exists"].map(checked).into();
    let (graph, roots) = graph_of(&conditions);
    let program = graph.program(&roots, |_| None);
    let thing = Thing::default();
    let event = Table::of(&[("evt.num", "2")]);
    let scene = Scene {
        event: &event,
        thread: &thing,
        fd: &thing,
        lineage_stamp: 0,
        is_container_known: true,
    };
    let mut found = Vec::new();
    Evaluator::new().evaluate(&graph, &program, &scene, |number, _| {
        found.push(number);
        ControlFlow::Break(())
    });
    assert_eq!(found, [10]);
}

#[test]
fn conditions_that_an_event_rules_out_vanish() {
    let conditions: Vec<_> = [
        "evt.type = open and fd.name = a",
        "evt.type in (close, connect) and fd.name = a",
        "not evt.type = open",
        "evt.type != open or fd.num > 1",
    ]
    .map(checked)
    .into();
    let (graph, roots) = graph_of(&conditions);
    let left = |event: &str| {
        let program = graph.program(&roots, |atom| known(atom, event));
        program.conditions().collect::<Vec<_>>()
    };
    assert_eq!(left("open"), [0, 30]);
    assert_eq!(left("close"), [10, 20, 30]);
    assert_eq!(left("openat"), [20, 30]);
}

#[test]
fn answers_are_kept_as_long_as_the_stamp_is_the_same() {
    let (graph, roots) = graph_of(&[checked("proc.name = bash and fd.name startswith /etc")]);
    let program = graph.program(&roots, |_| None);
    let mut evaluator = Evaluator::new();
    let event = Table::default();
    let mut thread = Thing { table: Table::of(&[("proc.name", "bash")]), ..Thing::default() };
    let fd = Thing { table: Table::of(&[("fd.name", "/etc/x")]), ..Thing::default() };
    let mut holds = |thread: &Thing| {
        let scene =
            Scene { event: &event, thread, fd: &fd, lineage_stamp: 0, is_container_known: true };
        !holding(&mut evaluator, &graph, &program, &scene).is_empty()
    };
    assert!(holds(&thread));
    thread.table = Table::of(&[("proc.name", "sh")]);
    assert!(holds(&thread), "nothing says that the name changed");
    thread.stamp += 1;
    assert!(!holds(&thread));
}

#[test]
fn another_graph_does_not_believe_what_is_kept() {
    let mut evaluator = Evaluator::new();
    let event = Table::default();
    let thread = Thing { table: Table::of(&[("proc.name", "bash")]), ..Thing::default() };
    for (generation, text, expected) in
        [(1, "proc.name = bash", 1), (2, "proc.name = sh", 0), (3, "not proc.name = sh", 1)]
    {
        let mut builder = GraphBuilder::new();
        let root = builder.add(&checked(text));
        let graph = builder.build(generation);
        let program = graph.program(&[(0, root)], |_| None);
        let scene = Scene {
            event: &event,
            thread: &thread,
            fd: &thread,
            lineage_stamp: 0,
            is_container_known: true,
        };
        for _ in 0..2 {
            assert_eq!(holding(&mut evaluator, &graph, &program, &scene).len(), expected, "{text}");
        }
    }
}
