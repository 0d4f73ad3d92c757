//! One event with what is known of the system, as fields are asked about it.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use gyr_event::{Event, EventCode, EventFlags, Origin, ParamType};
use gyr_filter::{Family, KeptPlace, Lifetime, Value, World};
use gyr_state::{Current, Fd, State, Thread};
use jiff::tz::TimeZone;
use rustc_hash::FxHashMap;

use crate::leftover::Leftover;
use crate::row::{Answer, Each};
use crate::{Arg, Field, Hosts, syscall};

/// What lasts from event to event of one source. Its thread owns it.
#[derive(Debug)]
pub struct Session {
    /// Local times are in this zone.
    pub zone: TimeZone,
    /// The name of the source, as `evt.source` gives it; empty: none.
    pub source: String,
    /// Replaces the machine's own name in `evt.hostname`.
    pub hostname: Option<String>,
    pub buffer_format: BufferFormat,
    /// What is known of the hosts that conditions ask about.
    pub hosts: Arc<Hosts>,
    pub(crate) leftover: Leftover,
    scratch: Scratch,
    clock: Clock,
    /// How often an alert took `util.cnt`.
    pub(crate) taken: Cell<u64>,
}

/// How raw bytes read in an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum BufferFormat {
    /// Printable ASCII, dots for the rest.
    #[default]
    Dots,
    Base64,
}

/// Times that fields measure between events.
#[derive(Debug, Default)]
struct Clock {
    first_ts: u64,
    /// Of the event, and of the one before; 0 if there was none.
    ts: u64,
    before_ts: u64,
    /// Of the last switch.
    exectime: u64,
    /// When each CPU last switched threads.
    switches: Vec<u64>,
    usage: FxHashMap<i64, Usage>,
}

/// What a thread used, as far as events told.
#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    user: u64,
    system: u64,
    exectime: u64,
    /// By how much the last event raised `user` and `system`.
    delta: (u64, u64),
}

/// Bounds the memory that a stream of tids can take.
const MAX_THREADS_WITH_USAGE: usize = 65_536;

impl Session {
    pub fn new(source: &str, zone: TimeZone) -> Self {
        Self {
            zone,
            source: source.to_owned(),
            hostname: None,
            buffer_format: BufferFormat::Dots,
            hosts: Arc::default(),
            leftover: Leftover::default(),
            scratch: Scratch::default(),
            clock: Clock::default(),
            taken: Cell::new(0),
        }
    }

    /// Another capture starts in the same stream: its times count from its own first event, its threads are others.
    pub fn restart(&mut self) {
        self.clock.first_ts = 0;
        self.clock.usage.clear();
    }

    /// Takes note of the next event; to be called for every event of the stream, before its [`Context`].
    #[inline]
    pub fn begin(&mut self, event: &Event<'_>) {
        let clock = &mut self.clock;
        clock.before_ts = clock.ts;
        clock.ts = event.ts();
        if clock.first_ts == 0 || event.code().is_enter() {
            clock.begin(event);
        }
    }
}

impl Clock {
    /// Whatever is about times of CPUs is no exit of a call.
    #[cold]
    fn begin(&mut self, event: &Event<'_>) {
        if self.first_ts == 0 {
            self.start(event);
        }
        match event.code() {
            EventCode::SCHEDSWITCH_V1 | EventCode::SCHEDSWITCH => self.switched(event),
            EventCode::PROCINFO => self.used(event),
            _ => {}
        }
    }

    fn start(&mut self, event: &Event<'_>) {
        if event.info().category.origin != Origin::METAEVENT {
            self.first_ts = event.ts();
        }
    }

    #[cold]
    fn switched(&mut self, event: &Event<'_>) {
        let cpu = usize::from(event.cpu());
        if self.switches.len() <= cpu {
            self.switches.resize(cpu + 1, 0);
        }
        if let Some(last) = self.switches.get_mut(cpu) {
            self.exectime = if *last == 0 { 0 } else { event.ts().saturating_sub(*last) };
            *last = event.ts();
        }
        let exectime = self.exectime;
        if let Some(usage) = self.usage_of(event.tid()) {
            usage.exectime = usage.exectime.saturating_add(exectime);
        }
    }

    #[cold]
    fn used(&mut self, event: &Event<'_>) {
        let (user, system) = (event.u64(0).unwrap_or_default(), event.u64(1).unwrap_or_default());
        if let Some(usage) = self.usage_of(event.tid()) {
            let known = usage.user != 0 || usage.system != 0;
            usage.delta = if known {
                (user.saturating_sub(usage.user), system.saturating_sub(usage.system))
            } else {
                (0, 0)
            };
            (usage.user, usage.system) = (user, system);
        }
    }

    fn usage_of(&mut self, tid: i64) -> Option<&mut Usage> {
        if self.usage.len() >= MAX_THREADS_WITH_USAGE && !self.usage.contains_key(&tid) {
            return None;
        }
        Some(self.usage.entry(tid).or_default())
    }
}

/// The world that fields are answered from, for one event.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub(crate) event: &'a Event<'a>,
    pub(crate) state: &'a State,
    pub(crate) session: &'a Session,
    pub(crate) current: Current,
    /// Whether an output asks, not a condition.
    pub(crate) is_output: bool,
    pub(crate) buffer_format: BufferFormat,
    thread: Option<&'a Thread>,
    fd: Option<&'a Fd>,
}

impl<'a> Context<'a> {
    /// `current` is what [`State::apply`] gave for this event.
    #[inline]
    pub fn new(
        event: &'a Event<'a>,
        state: &'a State,
        current: Current,
        session: &'a Session,
    ) -> Self {
        Self {
            event,
            state,
            session,
            current,
            is_output: false,
            buffer_format: session.buffer_format,
            thread: current.thread.map(|idx| state.thread_at(idx)),
            fd: state.current_fd(&current),
        }
    }

    pub const fn event(&self) -> &Event<'a> {
        self.event
    }

    pub const fn state(&self) -> &'a State {
        self.state
    }

    /// The thread of the event.
    pub const fn thread(&self) -> Option<&'a Thread> {
        self.thread
    }

    /// The fd that the event is about, if it is known.
    pub const fn fd(&self) -> Option<&'a Fd> {
        self.fd
    }

    pub(crate) fn for_output(&self) -> Self {
        Self { is_output: true, ..*self }
    }

    /// Raw bytes read as dots.
    pub(crate) fn with_dots(&self) -> Self {
        Self { buffer_format: BufferFormat::Dots, ..*self }
    }

    /// The context of what an output shows after a field.
    #[must_use]
    pub fn after(&self, field: &Field) -> Self {
        if !field.is_abspath() {
            return *self;
        }
        let dir = syscall::abspath_dir(self, field.arg());
        Self { fd: dir.or(self.fd), ..*self }
    }

    /// The fd of the event, if the answers about it depend on nothing else: those of [`gyr_filter::Lifetime::Fd`] may be
    /// kept beside it.
    pub fn kept_fd(&self) -> Option<&'a Fd> {
        // A connection that failed is named by the event.
        let has_failed = self.event.code() == EventCode::CONNECT
            && self.result().is_some_and(|result| result < 0);
        self.fd.filter(|_| self.is_about_fd() && !has_failed)
    }

    /// As [`Context::kept_fd`], where keeping is worth it: most fds are never looked at again after their open.
    fn fd_to_keep(&self) -> Option<&'a Fd> {
        let is_new = self.event.info().flags.contains(EventFlags::CREATES_FD);
        if is_new { None } else { self.kept_fd() }
    }

    /// Whether the event takes an fd or makes one.
    pub(crate) fn is_about_fd(&self) -> bool {
        let flags = self.event.info().flags;
        flags.contains(EventFlags::CREATES_FD)
            || flags.contains(EventFlags::USES_FD)
            || flags.contains(EventFlags::DESTROYS_FD)
    }

    /// What the call returned; `None` for events that are no ends of calls.
    pub(crate) fn result(&self) -> Option<i64> {
        self.event.result().or_else(|| {
            let first = self.event.info().params.first()?;
            let is_id = matches!(first.ty, ParamType::UID | ParamType::GID);
            let is_exit = !self.event.code().is_enter();
            if is_id && is_exit { self.event.u64(0)?.try_into().ok() } else { None }
        })
    }

    /// Nanoseconds since the first event of the stream, meta events apart.
    pub(crate) const fn reltime(&self) -> u64 {
        self.event.ts().wrapping_sub(self.session.clock.first_ts)
    }

    /// Nanoseconds since the event before.
    pub(crate) const fn deltatime(&self) -> u64 {
        let clock = &self.session.clock;
        if clock.before_ts == 0 { 0 } else { clock.ts.saturating_sub(clock.before_ts) }
    }

    /// Nanoseconds since the CPU last switched threads, if the event is a switch.
    pub(crate) fn exectime(&self) -> u64 {
        match self.event.code() {
            EventCode::SCHEDSWITCH_V1 | EventCode::SCHEDSWITCH => self.session.clock.exectime,
            _ => 0,
        }
    }

    /// All the [`Context::exectime`] of the event's thread.
    pub(crate) fn total_exectime(&self) -> u64 {
        self.session.clock.usage.get(&self.event.tid()).map_or(0, |usage| usage.exectime)
    }

    /// What the thread used in user mode and in the kernel since it was last told, in the kernel's ticks.
    pub(crate) fn cpu_delta(&self) -> (u64, u64) {
        self.session.clock.usage.get(&self.event.tid()).map_or((0, 0), |usage| usage.delta)
    }

    /// Runs `f` with an empty buffer that is kept for the next time.
    pub(crate) fn with_buffer<R>(&self, f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        self.session.scratch.with(f)
    }

    #[inline]
    pub(crate) fn answer(&self, answer: &Answer, arg: &Arg, each: &mut Each<'_>) -> bool {
        match answer {
            Answer::Text(f) => one(f(self).map(Value::Bytes), each),
            Answer::Int(f) => one(f(self).map(Value::Int), each),
            Answer::Uint(f) => one(f(self).map(Value::Uint), each),
            Answer::Bool(f) => one(f(self).map(Value::Bool), each),
            Answer::Double(f) => one(f(self).map(Value::Double), each),
            Answer::Ip(f) => one(f(self).map(Value::Ip), each),
            Answer::Build(f) => self.with_buffer(|text| {
                let present = f(self, arg, text);
                if present {
                    each(Value::Bytes(text));
                }
                present
            }),
            Answer::Visit(f) => f(self, arg, each),
            Answer::Missing => false,
        }
    }
}

impl World<Field> for Context<'_> {
    #[inline]
    fn visit(&self, field: &Field, each: &mut Each<'_>) -> bool {
        self.answer(&field.row().answer, field.arg(), each)
    }

    #[inline]
    fn visit_root(&self, family: Family, each: &mut dyn FnMut(u32, &[u8])) {
        crate::fd::visit_root(self, family, each);
    }

    #[inline]
    fn stamp(&self, lifetime: Lifetime) -> Option<[u64; 2]> {
        let thread = self.thread?;
        match lifetime {
            Lifetime::Event | Lifetime::Clock => None,
            Lifetime::Thread | Lifetime::Container => Some([thread.stamp(), 0]),
            Lifetime::Cwd => Some([thread.stamp(), self.state.cwd_stamp(thread)]),
            Lifetime::Users => Some([thread.stamp(), self.state.users_stamp()]),
            Lifetime::Lineage => Some([thread.stamp(), self.state.lineage_stamp()]),
            Lifetime::Fd => Some([self.fd_to_keep()?.stamp(), 0]),
        }
    }

    #[inline]
    fn kept(&self, place: KeptPlace, lend: &mut dyn FnMut(&mut u32, &mut Vec<u64>)) {
        let slot = match place {
            KeptPlace::Thread => self.thread.map(Thread::slot),
            KeptPlace::Fd => self.fd_to_keep().map(Fd::slot),
        };
        if let Some(slot) = slot {
            slot.with(|kept| lend(&mut kept.generation, &mut kept.words));
        }
    }
}

#[inline]
fn one(value: Option<Value<'_>>, each: &mut Each<'_>) -> bool {
    let present = value.is_some();
    if let Some(value) = value {
        each(value);
    }
    present
}

/// Buffers for answers that are made for the question, kept from event to event.
#[derive(Debug, Default)]
struct Scratch(RefCell<Vec<Vec<u8>>>);

impl Scratch {
    fn with<R>(&self, f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut buffer = self.0.borrow_mut().pop().unwrap_or_default();
        buffer.clear();
        let result = f(&mut buffer);
        self.0.borrow_mut().push(buffer);
        result
    }
}
