//! A field and all its comparisons: asked once, answered together.

use std::hash::Hash;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::address::AddressTable;
use super::bits::{Asked, Bit, Single, clear, set, store};
use super::cache::{TextCache, hash};
use super::layout::{Layout, Place, Shape, Span};
use super::number::NumberTable;
use super::text::TextTable;
use crate::check::{Across, Atom, Test};
use crate::plain::atom_holds;
use crate::subject::{FieldSubject, Scratch, Subject};
use crate::{Family, Fold, Lifetime, Type, Value, World};

/// The atoms of one subject.
#[derive(Debug)]
pub(crate) struct Group<F> {
    pub(crate) subject: Subject<F>,
    pub(crate) lifetime: Lifetime,
    pub(crate) span: Span,
    /// Its bits in its words.
    pub(crate) mask: Vec<u64>,
    /// The bits that are set by a value being present.
    exists: Vec<u64>,
    /// The bits that every value must set.
    all: Vec<u64>,
    matcher: Matcher<F>,
    /// The common case, which has a way of its own: one word, and at most one value.
    pub(crate) is_simple: bool,
    /// Rough instructions for an answer that is not kept.
    pub(crate) cost: u32,
    /// Whether its answers about texts are remembered on their own.
    pub(crate) is_cached: bool,
    /// By place in the layout: the family that it is remembered with.
    pub(crate) family: Option<usize>,
}

#[derive(Debug)]
enum Matcher<F> {
    Text(Box<TextTable>),
    Number(NumberTable),
    Address(AddressTable),
    Each(Vec<Single>),
    /// The one comparison with another field.
    Other(Box<Atom<F>>),
}

/// Groups atoms by subject and lays them out.
pub(crate) fn compile<F: Clone + Eq + Hash>(
    atoms: &[Atom<F>],
) -> (Vec<Group<F>>, Layout, Vec<Place>) {
    let mut members: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<&Subject<F>, usize, FxBuildHasher> = HashMap::default();
    for (number, atom) in atoms.iter().enumerate() {
        let next = members.len();
        let group = match &atom.test {
            Test::Subject { .. } => next,
            _ => *known.entry(&atom.subject).or_insert(next),
        };
        if group == next {
            members.push(Vec::new());
        }
        members[group].push(number);
    }
    let shape = |members: &Vec<usize>| Shape {
        lifetime: lifetime(&atoms[members[0]]),
        family: family(&atoms[members[0]]),
        atoms: members.len(),
    };
    let shapes: Vec<_> = members.iter().map(shape).collect();
    let (layout, spans) = Layout::new(&shapes);
    let mut places = vec![Place { group: 0, word: 0, bit: 0 }; atoms.len()];
    let mut groups = Vec::with_capacity(members.len());
    for (members, span) in members.iter().zip(spans) {
        for (nth, atom) in members.iter().enumerate() {
            let (word, bit) = span.position(nth);
            places[*atom] = Place {
                group: u32::try_from(groups.len()).unwrap_or(u32::MAX),
                word: u32::try_from(span.words.start + word).unwrap_or(u32::MAX),
                bit: u8::try_from(bit).unwrap_or_default(),
            };
        }
        let members: Vec<&Atom<F>> = members.iter().map(|atom| &atoms[*atom]).collect();
        let family = family(members[0]).and_then(|family| layout.family(family));
        groups.push(Group::new(&members, span, family));
    }
    (groups, layout, places)
}

/// How long the answer of an atom lives.
fn lifetime<F>(atom: &Atom<F>) -> Lifetime {
    let lifetime = atom.subject.lifetime();
    match &atom.test {
        Test::Subject { other, .. } if other.lifetime() != lifetime => Lifetime::Event,
        _ => lifetime,
    }
}

/// The family that an atom can be answered with.
fn family<F>(atom: &Atom<F>) -> Option<Family> {
    match &atom.test {
        Test::Subject { .. } => None,
        _ => atom.subject.family(),
    }
}

impl<F: Clone> Group<F> {
    fn new(atoms: &[&Atom<F>], span: Span, family: Option<usize>) -> Self {
        let n_words = span.words.len();
        let (mut mask, mut exists, mut all) =
            (vec![0; n_words], vec![0; n_words], vec![0; n_words]);
        let mut asked = Vec::new();
        for (nth, atom) in atoms.iter().enumerate() {
            let (word, bit) = span.position(nth);
            let bit = Bit { word, bit };
            set(&mut mask, bit);
            match &atom.test {
                Test::Exists => set(&mut exists, bit),
                Test::Literals { comparison, quantifier, across, literals } => {
                    if *across == Across::All {
                        set(&mut all, bit);
                    }
                    let (comparison, quantifier) = (*comparison, *quantifier);
                    asked.push(Asked { bit, comparison, quantifier, literals });
                }
                Test::Subject { .. } => {}
            }
        }
        let subject = atoms[0].subject.clone();
        let matcher = match &atoms[0].test {
            Test::Subject { .. } => Matcher::Other(Box::new(atoms[0].clone())),
            _ => Matcher::new(subject.ty(), &asked, n_words),
        };
        let is_costly = matches!(&matcher, Matcher::Text(table) if table.is_costly());
        let cost = cost(&matcher);
        let lifetime = lifetime(atoms[0]);
        let is_simple =
            n_words == 1 && subject.fold() == Fold::One && !matches!(matcher, Matcher::Other(_));
        Self {
            subject,
            lifetime,
            span,
            mask,
            exists,
            all,
            matcher,
            is_simple,
            cost,
            is_cached: is_costly && family.is_none(),
            family,
        }
    }
}

impl<F> Group<F> {
    /// Calls `visit` for each field that it asks for.
    pub(crate) fn fields<'a>(&'a self, visit: &mut dyn FnMut(&'a FieldSubject<F>)) {
        self.subject.fields(visit);
        if let Matcher::Other(atom) = &self.matcher
            && let Test::Subject { other, .. } = &atom.test
        {
            other.fields(visit);
        }
    }

    /// The answers of all atoms of a simple group. `cache` has some of those about texts.
    pub(crate) fn evaluate_word<W: World<F> + ?Sized>(
        &self,
        world: &W,
        scratch: &Scratch,
        mut cache: Option<&mut TextCache>,
    ) -> u64 {
        let mut word = 0;
        let present = self.subject.visit(world, scratch, &mut |value| {
            self.answer(value, cache.as_deref_mut(), std::slice::from_mut(&mut word));
            false
        });
        match self.exists.first() {
            Some(exists) if present => word | exists,
            _ => 0,
        }
    }

    /// Writes the answers of all atoms in this world to `out`. `one` is for those about one value.
    pub(crate) fn evaluate<W: World<F> + ?Sized>(
        &self,
        world: &W,
        scratch: &Scratch,
        mut cache: Option<&mut TextCache>,
        out: &mut [u64],
        one: &mut [u64],
    ) {
        if let Matcher::Other(atom) = &self.matcher {
            out.fill(0);
            if atom_holds(atom, world, scratch) {
                out.copy_from_slice(&self.mask);
            }
            return;
        }
        let goes_on = self.subject.fold() != Fold::One;
        // Bits that any value sets begin clear, those that all must set begin set.
        out.copy_from_slice(&self.all);
        let present = self.subject.visit(world, scratch, &mut |value| {
            self.answer(value, cache.as_deref_mut(), one);
            for ((out, one), all) in out.iter_mut().zip(&*one).zip(&self.all) {
                *out = (*out & (one | !all)) | (one & !all);
            }
            goes_on
        });
        if !present {
            out.fill(0);
            return;
        }
        for (out, exists) in out.iter_mut().zip(&self.exists) {
            *out |= exists;
        }
    }

    /// The answers about one value.
    fn answer(&self, value: Value<'_>, cache: Option<&mut TextCache>, out: &mut [u64]) {
        match &self.matcher {
            Matcher::Text(table) => match (cache, value) {
                (Some(cache), Value::Bytes(text)) => {
                    let hash = hash(text);
                    match cache.find(hash, (0, text)) {
                        Some(place) => store(out, cache.answers(place)),
                        None => {
                            table.answer(value, Some(hash), out);
                            cache.put(hash, (0, text), out);
                        }
                    }
                }
                _ => table.answer(value, None, out),
            },
            Matcher::Number(table) => table.answer(value, out),
            Matcher::Address(table) => {
                clear(out);
                table.answer(value, out);
            }
            Matcher::Each(singles) => {
                clear(out);
                singles.iter().for_each(|single| single.answer(value, out));
            }
            Matcher::Other(_) => clear(out),
        }
    }
}

impl<F> Matcher<F> {
    fn new(ty: Type, asked: &[Asked<'_>], n_words: usize) -> Self {
        let each = || Self::Each(asked.iter().map(Asked::to_owned).collect());
        match ty {
            Type::Charbuf | Type::Fspath | Type::Fsrelpath | Type::Bytebuf => {
                Self::Text(Box::new(TextTable::new(asked, n_words)))
            }
            Type::Ipaddr | Type::Ipnet => Self::Address(AddressTable::new(asked)),
            Type::Double => each(),
            _ => {
                let is_signed = matches!(
                    ty,
                    Type::Int8
                        | Type::Int16
                        | Type::Int32
                        | Type::Int64
                        | Type::Fd
                        | Type::Pid
                        | Type::Errno
                );
                NumberTable::new(is_signed, asked, n_words).map_or_else(each, Self::Number)
            }
        }
    }
}

fn cost<F>(matcher: &Matcher<F>) -> u32 {
    match matcher {
        Matcher::Number(_) => 80,
        Matcher::Each(_) => 150,
        Matcher::Text(table) if table.is_costly() => 600,
        Matcher::Text(_) => 200,
        Matcher::Address(_) => 250,
        Matcher::Other(_) => 400,
    }
}
