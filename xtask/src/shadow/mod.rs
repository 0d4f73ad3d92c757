//! Shadow mode: what rules say with kept answers, with fresh ones and plainly, over captures and made-up events.

mod stream;
mod words;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use gyr_alert::Priority;
use gyr_capture::scap::Replay;
use gyr_capture::{Next, Source};
use gyr_event::snapshot::{FdEntry, GroupEntry, Snapshot, ThreadEntry, UserEntry};
use gyr_fields::{Context, Field, Fields, Session};
use gyr_rules::{
    CheckedRule, Choice, Compared, Loader, Matching, Ruleset, Shadow, SourceId, Which,
};
use gyr_state::{Host, Limits, NoHost, State};
use jiff::tz::TimeZone;

use stream::Stream;
use words::Words;

const USAGE: &str = "usage: cargo xtask shadow [--events N] [--seed N] [--capture-events N]";

/// What the command line asks for.
struct Options {
    /// Made-up ones.
    events: u64,
    seed: u64,
    /// Of each capture.
    capture_events: u64,
}

/// Rules that are asked together, and how many of the made-up events they get: of 1 in so many.
struct Set {
    name: &'static str,
    files: &'static [&'static str],
    with_shipped: bool,
    one_in: u64,
}

const SETS: &[Set] = &[
    Set {
        name: "rules",
        files: &[
            "upstream-rules/falco_rules.yaml",
            "upstream-rules/falco-incubating_rules.yaml",
            "upstream-rules/falco-sandbox_rules.yaml",
        ],
        with_shipped: true,
        one_in: 1,
    },
    // Each rule is one comparison, and most are tried with every event.
    Set {
        name: "predicates",
        files: &["conformance/predicates.yaml"],
        with_shipped: false,
        one_in: 10,
    },
];

/// Differences in other comparisons than these many are not looked for.
const MOST_DIFFERENCES: usize = 20;

pub(crate) fn run(args: &[String]) -> Result<()> {
    let options = options(args)?;
    let shared = std::env::var_os("GYR_SHARED")
        .map_or_else(|| crate::root().join("../shared"), PathBuf::from);
    let results = std::thread::scope(|scope| {
        let options = &options;
        let shared = &shared;
        let start = |set| scope.spawn(move || check(set, options, shared));
        let threads: Vec<_> = SETS.iter().map(start).collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let mut n_differences = 0;
    for result in results {
        n_differences += result.map_err(|_| anyhow::anyhow!("a thread panicked"))??;
    }
    ensure!(n_differences == 0, "{n_differences} comparisons are answered differently");
    Ok(())
}

fn options(args: &[String]) -> Result<Options> {
    let mut options = Options { events: 1_000_000, seed: 1, capture_events: u64::MAX };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || -> Result<u64> {
            let value = args.next().with_context(|| format!("{arg} needs a value\n{USAGE}"))?;
            value.parse().with_context(|| arg.clone())
        };
        match arg.as_str() {
            "--events" => options.events = value()?,
            "--seed" => options.seed = value()?,
            "--capture-events" => options.capture_events = value()?,
            _ => bail!("unknown argument {arg}\n{USAGE}"),
        }
    }
    Ok(options)
}

/// Says how many comparisons differ.
fn check(set: &Set, options: &Options, shared: &std::path::Path) -> Result<usize> {
    let Some((rules, ruleset)) = rules(set, shared)? else {
        println!("{}: skipped, {} is not there", set.name, shared.display());
        return Ok(0);
    };
    let source_id = ruleset.source("syscall").context("the source of system calls")?;
    let mut run =
        Run { set, rules: &rules, ruleset: &ruleset, source_id, differing: BTreeSet::new() };
    let captures = shared.join("conformance/captures");
    if let Ok(folder) = std::fs::read_dir(&captures) {
        let mut paths: Vec<_> =
            folder.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|ext| ext == "scap")) {
            let mut replay = Replay::open(path)?;
            let snapshot = replay.take_snapshot();
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let most = options.capture_events;
            run.stream(&name, snapshot, &mut replay, &mut NoHost, most)?;
        }
    }
    let mut stream = Stream::new(options.seed, Words::of(&rules));
    let most = options.events / set.one_in;
    run.stream(MADE_UP, beginning(), &mut stream, &mut SomeHost, most)?;
    Ok(run.differing.len())
}

type Checked = Vec<Arc<CheckedRule<Field>>>;

/// All rules of a set, on; none if the files of upstream are not there.
fn rules(set: &Set, shared: &std::path::Path) -> Result<Option<(Checked, Ruleset<Field>)>> {
    let mut texts = Vec::new();
    if shared.is_dir() {
        for file in set.files {
            let path = shared.join(file);
            let text =
                std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            texts.push(text);
        }
    }
    if set.with_shipped {
        texts.push(gyr_rules::SHIPPED.to_owned());
    }
    if texts.is_empty() {
        return Ok(None);
    }
    let mut loader = Loader::new([("syscall".to_owned(), Fields::default())]);
    for text in &texts {
        let result = loader.load(set.name, text);
        ensure!(result.is_ok(), "{}", result.to_text());
    }
    let all = [Choice { enable: true, rules: Which::Named("*".to_owned()) }];
    let ruleset = loader.ruleset(&all, Priority::Debug, Matching::All);
    Ok(Some((loader.enabled(&all, Priority::Debug), ruleset)))
}

/// What the made-up events start from.
fn beginning() -> Snapshot {
    let init = ThreadEntry {
        tid: 1,
        pid: 1,
        ptid: 0,
        sid: 1,
        pgid: 1,
        vtid: 1,
        vpid: 1,
        vpgid: 1,
        comm: b"systemd".to_vec(),
        exe: b"/sbin/init".to_vec(),
        exepath: b"/usr/lib/systemd/systemd".to_vec(),
        cwd: b"/".to_vec(),
        ..ThreadEntry::default()
    };
    Snapshot { threads: vec![init], ..Snapshot::default() }
}

struct Run<'a> {
    set: &'a Set,
    rules: &'a Checked,
    ruleset: &'a Ruleset<Field>,
    source_id: SourceId,
    /// What the comparisons that differ are about.
    differing: BTreeSet<String>,
}

const MADE_UP: &str = "made up";
/// How often all kept answers are compared in made-up events; what rules say always is.
const AUDIT: u64 = 8;
/// How often threads whose exit was missed are looked for, in events.
const HOUSEKEEPING: u64 = 10_000;

impl Run<'_> {
    fn stream(
        &mut self,
        name: &str,
        snapshot: Snapshot,
        source: &mut dyn Source,
        host: &mut dyn Host,
        most: u64,
    ) -> Result<()> {
        let start = Instant::now();
        let mut shadow = Shadow::new(self.rules.clone());
        let mut session = Session::new("syscall", TimeZone::UTC);
        let mut state = State::new(Limits::default());
        state.load(snapshot);
        let mut n = 0;
        while n < most {
            let record = match source.next()? {
                Next::Record(record) => record,
                Next::Restart(snapshot) => {
                    state = State::new(Limits::default());
                    state.load(*snapshot);
                    continue;
                }
                Next::Idle | Next::End => break,
            };
            n += 1;
            let event = record.event.at(record.event.cpu(), n);
            session.begin(&event);
            let current = state.apply(&event, host);
            let context = Context::new(&event, &state, current, &session);
            let audits = name != MADE_UP || n % AUDIT == 0;
            let result =
                shadow.compare(self.ruleset, self.source_id, event.code(), &context, audits);
            if let Err(difference) = result {
                let about = match &difference.answer {
                    Some((atom, _)) => format!("{:?}", atom.subject),
                    None => difference.to_string(),
                };
                if self.differing.insert(about) {
                    let event = event.info().name;
                    println!("{}: {name}: event {n}, {event}: {difference}", self.set.name);
                }
                if self.differing.len() >= MOST_DIFFERENCES {
                    bail!("too many differences");
                }
            }
            if n % HOUSEKEEPING == 0 {
                state.forget_gone(event.ts(), 10_000_000, host);
            }
        }
        let Compared { events, verdicts, matches, answers } = shadow.compared();
        println!(
            "{}: {name}: {events} events, {verdicts} verdicts ({matches} true), {answers} answers \
             in {:.1} s",
            self.set.name,
            start.elapsed().as_secs_f64()
        );
        Ok(())
    }
}

/// A host that tells of every seventh thread, and has lost every third.
struct SomeHost;

impl Host for SomeHost {
    fn thread(&mut self, tid: i64) -> Option<(ThreadEntry, Vec<FdEntry>)> {
        let entry = ThreadEntry {
            tid,
            pid: tid - tid % 2,
            ptid: 1 + tid / 2,
            sid: tid / 4,
            pgid: tid / 4,
            vtid: tid,
            vpid: tid - tid % 2,
            vpgid: tid / 4,
            comm: b"bash".to_vec(),
            exe: b"-bash".to_vec(),
            exepath: b"/usr/bin/bash".to_vec(),
            cwd: b"/root".to_vec(),
            uid: 0,
            gid: 0,
            ..ThreadEntry::default()
        };
        (tid % 7 == 0).then(|| (entry, Vec::new()))
    }

    fn has_thread(&mut self, tid: i64) -> bool {
        tid % 3 != 0
    }

    fn user(&mut self, container: &[u8], uid: u32) -> Option<UserEntry> {
        let name = b"host-user".to_vec();
        let user = UserEntry { uid, gid: uid, name, home: Vec::new(), shell: Vec::new() };
        (container.is_empty() && uid > 1_000).then_some(user)
    }

    fn group(&mut self, container: &[u8], gid: u32) -> Option<GroupEntry> {
        let group = GroupEntry { gid, name: b"host-group".to_vec() };
        (container.is_empty() && gid > 1_000).then_some(group)
    }
}
