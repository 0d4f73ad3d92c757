//! Events of the past become those of today: an enter waits for its exit and gives it its parameters, and superseded events
//! turn into their successors, step by step. conversions_table.rs says what happens to which.

use std::collections::HashMap;

use gyr_event::{EVENTS, Event, EventCode, EventFlags, HEADER_LEN, Header, ParamType};

use super::conversions_table::CONVERSIONS;

/// One row of the table.
#[derive(Debug)]
pub(super) struct Conversion {
    pub(super) code: EventCode,
    /// How many parameters the record has: that tells the version of the event it is of.
    pub(super) n_params: usize,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    /// Keep it for the exit; it is no event any more.
    Store,
    StoreAndPass,
    Pass,
    /// The same event with these parameters behind its own.
    Add(&'static [Param]),
    /// Another event with these parameters.
    Become(EventCode, &'static [Param]),
}

/// Where a parameter of the new event comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Param {
    /// This parameter of the old event.
    Old(usize),
    /// The first so many parameters of the old event.
    FirstOld(usize),
    /// This parameter of the stored enter; the default of its type where there is none.
    Enter(usize),
    /// This parameter of the stored enter; missing where there is none.
    EnterOrEmpty(usize),
    Default,
    Empty,
    /// What the container event once said in parameters of its own.
    ContainerJson,
}

/// What became of a record.
#[derive(Debug)]
pub(super) enum Converted {
    /// [`Converter::record`] is what it became.
    To(Header),
    /// Nothing: it was stored, or nobody needs it.
    Absorbed,
    Malformed,
}

/// Turns old records into those of today; a capture's records must all pass in their order.
#[derive(Debug, Default)]
pub(super) struct Converter {
    enters: Enters,
    record: Vec<u8>,
    /// The record of the next step.
    next: Vec<u8>,
}

/// No chain of conversions is longer; the longest today is that of the first execve, with 14 steps.
const STEPS_MAX: usize = 50;
/// What stored enters may take together. Beyond it all are forgotten, and their exits get defaults.
const STORED_MAX: usize = 64 << 20;
/// No record that is converted may be longer, before or after.
const RECORD_MAX: usize = 64 << 10;

/// A record with fewer parameters is not of today.
static LEAST_PARAMS: [u8; EventCode::COUNT] = least_params();
/// More parameters than any record has.
const NEVER: u8 = u8::MAX;

/// Whether a record is of today and needs no [`Converter`].
#[inline]
pub(super) fn is_of_today(header: &Header) -> bool {
    let least = LEAST_PARAMS.get(header.code().index()).copied().unwrap_or(NEVER);
    header.n_params() >= usize::from(least)
}

const fn least_params() -> [u8; EventCode::COUNT] {
    let mut least = [0; EventCode::COUNT];
    let mut i = 0;
    while i < EventCode::COUNT {
        let info = &EVENTS[i];
        if !info.code.is_current() {
            least[i] = NEVER;
        } else if info.flags.contains(EventFlags::CONVERTER_MANAGED) {
            least[i] = if info.code.is_enter() { NEVER } else { info.params.len() as u8 };
        }
        i += 1;
    }
    let mut i = 0;
    while i < CONVERSIONS.len() {
        if let Action::Pass = CONVERSIONS[i].action {
            least[CONVERSIONS[i].code.index()] = CONVERSIONS[i].n_params as u8;
        }
        i += 1;
    }
    least
}

impl Converter {
    /// The record that was converted last.
    pub(super) fn record(&self) -> &[u8] {
        &self.record
    }

    /// Forgets all enters: another capture starts.
    pub(super) fn clear(&mut self) {
        self.enters = Enters::default();
    }

    /// Converts one record as far as it goes.
    pub(super) fn convert(&mut self, header: Header, bytes: &[u8]) -> Converted {
        self.record.clear();
        self.record.extend_from_slice(header.event(bytes).record());
        let mut header = header;
        for _ in 0..STEPS_MAX {
            if is_of_today(&header) {
                return Converted::To(header);
            }
            let event = header.event(&self.record);
            if !event.info().flags.contains(EventFlags::CONVERTER_MANAGED) {
                return Converted::Absorbed;
            }
            let (code, kept, params) = match action(&header) {
                None => return Converted::Malformed,
                Some(Action::Pass) => return Converted::To(header),
                Some(Action::Store) => {
                    self.enters.store(&event);
                    return Converted::Absorbed;
                }
                Some(Action::StoreAndPass) => {
                    self.enters.store(&event);
                    return Converted::To(header);
                }
                Some(Action::Add(params)) => (event.code(), event.n_params(), *params),
                Some(Action::Become(code, params)) => (*code, 0, *params),
            };
            build(&mut self.next, code, kept, params, &event, self.enters.of(&event));
            if params.iter().any(|param| matches!(param, Param::Enter(_) | Param::EnterOrEmpty(_)))
            {
                self.enters.forget(event.tid());
            }
            std::mem::swap(&mut self.record, &mut self.next);
            header = match Header::read(&self.record) {
                Ok(header) if header.len() <= RECORD_MAX => header,
                _ => return Converted::Malformed,
            };
        }
        Converted::Malformed
    }
}

fn action(header: &Header) -> Option<&'static Action> {
    let key = (header.code(), header.n_params());
    let index = CONVERSIONS.binary_search_by_key(&key, |row| (row.code, row.n_params)).ok()?;
    CONVERSIONS.get(index).map(|row| &row.action)
}

/// The enters that wait for their exits, by thread.
#[derive(Debug, Default)]
struct Enters {
    /// An empty record was used up and only keeps its buffer.
    records: HashMap<i64, Vec<u8>>,
    /// What all of it takes.
    bytes: usize,
}

impl Enters {
    fn store(&mut self, event: &Event<'_>) {
        if self.bytes > STORED_MAX {
            *self = Self::default();
        }
        let entry_len = size_of::<(i64, Vec<u8>)>();
        let record = self.records.entry(event.tid()).or_insert_with(|| {
            self.bytes += entry_len;
            Vec::new()
        });
        let capacity = record.capacity();
        record.clear();
        record.extend_from_slice(event.record());
        self.bytes += record.capacity() - capacity;
    }

    /// The enter of this exit, if it was seen; a thread can have entered something else in between unseen.
    fn of(&self, exit: &Event<'_>) -> Option<Event<'_>> {
        let enter = Event::decode(self.records.get(&exit.tid())?).ok()?;
        (enter.code().number() + 1 == exit.code().number()).then_some(enter)
    }

    fn forget(&mut self, tid: i64) {
        if let Some(record) = self.records.get_mut(&tid) {
            record.clear();
        }
    }
}

/// Writes an event of this code: so many parameters of the old one, then these.
fn build(
    out: &mut Vec<u8>,
    code: EventCode,
    kept: usize,
    params: &[Param],
    old: &Event<'_>,
    enter: Option<Event<'_>>,
) {
    let mut writer = Writer { out, code, n_params: 0 };
    let n_params = params.iter().fold(kept, |sum, param| match param {
        Param::FirstOld(n) => sum + n,
        _ => sum + 1,
    });
    writer.start(old, n_params);
    for index in 0..kept {
        writer.push(old.bytes(index));
    }
    for param in params {
        match *param {
            Param::Old(index) => writer.push_cut(old.bytes(index)),
            Param::FirstOld(n) => (0..n).for_each(|index| writer.push_cut(old.bytes(index))),
            Param::Enter(index) => match enter.filter(|enter| index < enter.n_params()) {
                Some(enter) => writer.push_cut(enter.bytes(index)),
                None => writer.push_default(),
            },
            Param::EnterOrEmpty(index) => {
                writer.push_cut(enter.map_or(&[][..], |enter| enter.bytes(index)));
            }
            Param::Default => writer.push_default(),
            Param::Empty => writer.push(&[]),
            Param::ContainerJson => writer.push(&container_json(old)),
        }
    }
    writer.finish();
}

/// A record under construction, its lengths filled in as its parameters come.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    code: EventCode,
    /// Parameters written so far.
    n_params: usize,
}

impl Writer<'_> {
    fn start(&mut self, old: &Event<'_>, n_params: usize) {
        self.out.clear();
        self.out.extend_from_slice(&old.ts().to_le_bytes());
        self.out.extend_from_slice(&old.tid().to_le_bytes());
        self.out.extend_from_slice(&0_u32.to_le_bytes());
        self.out.extend_from_slice(&self.code.number().to_le_bytes());
        self.out.extend_from_slice(&u32::try_from(n_params).unwrap_or(u32::MAX).to_le_bytes());
        self.out.resize(HEADER_LEN + n_params * self.len_width(), 0);
    }

    fn push(&mut self, value: &[u8]) {
        let width = self.len_width();
        let max = if width == 2 { usize::from(u16::MAX) } else { RECORD_MAX };
        let value = value.get(..max).unwrap_or(value);
        let at = HEADER_LEN + self.n_params * width;
        let len = u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes();
        if let (Some(place), Some(len)) = (self.out.get_mut(at..at + width), len.get(..width)) {
            place.copy_from_slice(len);
        }
        self.out.extend_from_slice(value);
        self.n_params += 1;
    }

    /// Numbers became narrower in some versions.
    fn push_cut(&mut self, value: &[u8]) {
        let len = self.param_type().and_then(default_of).map_or(value.len(), <[u8]>::len);
        self.push(value.get(..len).unwrap_or(value));
    }

    fn push_default(&mut self) {
        let default = self.param_type().and_then(default_of);
        self.push(default.unwrap_or_default());
    }

    fn finish(&mut self) {
        let len = u32::try_from(self.out.len()).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = self.out.get_mut(16..20) {
            place.copy_from_slice(&len);
        }
    }

    fn param_type(&self) -> Option<ParamType> {
        self.code.info().params.get(self.n_params).map(|param| param.ty)
    }

    const fn len_width(&self) -> usize {
        if self.code.info().flags.contains(EventFlags::LARGE_PAYLOAD) { 4 } else { 2 }
    }
}

/// The default of a type whose values all have one length.
const fn default_of(ty: ParamType) -> Option<&'static [u8]> {
    use ParamType::*;
    Some(match ty {
        INT8 | UINT8 | FLAGS8 | ENUMFLAGS8 | SIGTYPE => &[0],
        INT16 | UINT16 | FLAGS16 | ENUMFLAGS16 | SYSCALLID => &[0; 2],
        INT32 | UINT32 | FLAGS32 | ENUMFLAGS32 | MODE | SIGSET => &[0; 4],
        UID | GID => &[0xff; 4],
        INT64 | UINT64 | RELTIME | ABSTIME | ERRNO | FD | PID => &[0; 8],
        _ => return None,
    })
}

/// Its four parameters id, type, name and image as an object.
fn container_json(old: &Event<'_>) -> Vec<u8> {
    let text = |index| quoted(old.text(index).unwrap_or_default());
    let kind = old.u32(1).unwrap_or(0);
    let (id, name, image) = (text(0), text(2), text(3));
    format!("{{\"id\":{id},\"type\":{kind},\"name\":{name},\"image\":{image}}}\0").into_bytes()
}

/// A JSON string.
fn quoted(text: &[u8]) -> String {
    let mut out = String::from("\"");
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use gyr_event::RecordBuilder;

    use super::*;

    /// The rows of a reference table, split at tabs, without the head; none where the material is absent.
    fn rows(name: &str) -> Vec<Vec<String>> {
        let root = std::env::var("GYR_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared").to_owned());
        let Ok(text) = std::fs::read_to_string(format!("{root}/spec/{name}")) else {
            #[allow(clippy::print_stderr, reason = "a skipped test must say so")]
            {
                eprintln!("skipped: {root}/spec/{name} is not here");
            }
            return Vec::new();
        };
        text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    #[test]
    fn the_table_is_that_of_the_reference() {
        let codes: HashMap<String, EventCode> = rows("events.tsv")
            .into_iter()
            .map(|row| (row[1].clone(), EventCode::new(row[0].parse().unwrap()).unwrap()))
            .collect();
        let reference = rows("conversions.tsv");
        for row in &reference {
            let (code, n_params) = (codes[&row[0]], row[1].parse().unwrap());
            let key = |row: &Conversion| row.code == code && row.n_params == n_params;
            let ours = CONVERSIONS.iter().find(|row| key(row));
            let ours = &ours.unwrap_or_else(|| panic!("{} {n_params}", row[0])).action;
            let (name, target, params) = match ours {
                Action::Store => ("STORE", None, &[][..]),
                Action::StoreAndPass => ("STORE_AND_PASS", None, &[][..]),
                Action::Pass => ("PASS", None, &[][..]),
                Action::Add(params) => ("ADD_PARAMS", None, *params),
                Action::Become(code, params) => ("CHANGE_TYPE", Some(*code), *params),
            };
            assert_eq!(name, row[2], "{} {n_params}", row[0]);
            assert_eq!(target, codes.get(&row[3]).copied(), "{} {n_params}", row[0]);
            let theirs: Vec<&str> = row.get(4).map_or_else(Vec::new, |params| {
                params.split(", ").filter_map(|param| Some(param.split_once("<-")?.1)).collect()
            });
            assert_eq!(spelled(params), theirs, "{} {n_params}", row[0]);
        }
        assert!(reference.is_empty() || reference.len() == CONVERSIONS.len());
        assert!(CONVERSIONS.is_sorted_by_key(|row| (row.code, row.n_params)));
    }

    fn spelled(params: &[Param]) -> Vec<String> {
        let spelled = params.iter().flat_map(|param| match *param {
            Param::Old(n) => vec![format!("OLD:{n}")],
            Param::FirstOld(n) => (0..n).map(|n| format!("OLD:{n}")).collect(),
            Param::Enter(n) => vec![format!("ENTER:{n}")],
            Param::EnterOrEmpty(n) => vec![format!("ENTER:{n}/empty")],
            Param::Default => vec!["DEFAULT".to_owned()],
            Param::Empty => vec!["EMPTY".to_owned()],
            Param::ContainerJson => vec!["CALLBACK/empty".to_owned()],
        });
        spelled.collect()
    }

    #[test]
    fn every_conversion_ends_in_an_event_of_today() {
        for row in CONVERSIONS {
            let mut old = RecordBuilder::new(row.code, 1, 2);
            for info in row.code.info().params.iter().take(row.n_params) {
                old = old.bytes(default_of(info.ty).unwrap_or(b"x\0"));
            }
            let old = old.finish();
            let mut converter = Converter::default();
            match converter.convert(Header::read(&old).unwrap(), &old) {
                Converted::To(header) => {
                    let event = header.event(converter.record());
                    assert_eq!((event.ts(), event.tid()), (1, 2));
                    assert_eq!(event.n_params(), event.info().params.len(), "{row:?}");
                }
                Converted::Absorbed => assert!(row.code.is_enter(), "{row:?}"),
                Converted::Malformed => panic!("{row:?}"),
            }
        }
    }

    #[test]
    fn an_exit_takes_what_its_enter_said_once() {
        let mut converter = Converter::default();
        let enter = RecordBuilder::new(EventCode::CLOSE_ENTER_V0, 1, 2).i64(7).finish();
        let exit = RecordBuilder::new(EventCode::CLOSE, 3, 2).i64(0).finish();
        let mut convert = |record: &[u8]| {
            let converted = converter.convert(Header::read(record).unwrap(), record);
            match converted {
                Converted::To(header) => header.event(converter.record()).i64(1),
                _ => None,
            }
        };
        assert_eq!(convert(&enter), None);
        assert_eq!(convert(&exit), Some(7));
        assert_eq!(convert(&exit), Some(0), "the enter was used up, and the default is 0");
    }

    #[test]
    fn an_enter_of_another_call_is_not_taken() {
        let mut converter = Converter::default();
        let enter = RecordBuilder::new(EventCode::READ_ENTER_V0, 1, 2).i64(7).u32(9).finish();
        let exit = RecordBuilder::new(EventCode::CLOSE, 3, 2).i64(0).finish();
        converter.convert(Header::read(&enter).unwrap(), &enter);
        let Converted::To(header) = converter.convert(Header::read(&exit).unwrap(), &exit) else {
            panic!()
        };
        assert_eq!(header.event(converter.record()).i64(1), Some(0));
    }

    #[test]
    fn a_container_of_old_becomes_json() {
        let old = RecordBuilder::new(EventCode::new(228).unwrap(), 1, 2)
            .text(b"3ad7")
            .u32(0)
            .text(b"na\"me")
            .text(b"busybox")
            .finish();
        let mut converter = Converter::default();
        let Converted::To(header) = converter.convert(Header::read(&old).unwrap(), &old) else {
            panic!()
        };
        let json = r#"{"id":"3ad7","type":0,"name":"na\"me","image":"busybox"}"#;
        assert_eq!(header.event(converter.record()).text(0), Some(json.as_bytes()));
    }

    #[test]
    fn stored_enters_are_bounded() {
        let mut converter = Converter::default();
        let data = vec![0; 60_000];
        for tid in 0..3_000 {
            let enter = RecordBuilder::new(EventCode::CLOSE_ENTER_V0, 1, tid).bytes(&data).finish();
            converter.convert(Header::read(&enter).unwrap(), &enter);
            assert!(converter.enters.bytes <= STORED_MAX + 2 * data.len());
        }
        assert!(converter.enters.records.len() < 3_000);
    }
}
