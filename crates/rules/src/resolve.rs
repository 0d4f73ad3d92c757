//! Puts lists and macros in the place of their names. Lists are put in as text, before a condition is parsed; macros
//! as trees, afterwards.

use std::collections::{BTreeSet, HashMap, HashSet};

use gyr_filter::{Expr, Position, TooLarge};

use crate::collect::{Collection, Order};
use crate::exceptions::quoted;

/// The items of every list, with the items of lists in the place of their names, and which lists were so used.
#[derive(Default)]
pub(crate) struct ResolvedLists {
    pub(crate) lists: Vec<ResolvedList>,
    places: HashMap<String, usize>,
    /// The places of lists whose names are no words.
    odd: Vec<usize>,
}

pub(crate) struct ResolvedList {
    pub(crate) name: String,
    pub(crate) items: Vec<String>,
    /// The items as a condition has them.
    text: String,
    pub(crate) used: bool,
}

impl ResolvedLists {
    pub(crate) fn new(collection: &Collection) -> Self {
        let mut lists = Self::default();
        lists.extend(collection);
        lists
    }

    /// Takes in the lists that are new, one level: the items of a list within a list are taken as they stand. Only a
    /// list that was there before the last change is known in it.
    pub(crate) fn extend(&mut self, collection: &Collection) {
        let mut used = HashSet::new();
        for list in collection.lists.iter().skip(self.lists.len()) {
            let mut items = Vec::new();
            for item in &list.items {
                match collection.lists.get(item) {
                    Some(inner) if inner.order.index < list.order.visibility => {
                        items.extend(inner.items.iter().cloned());
                        used.insert(inner.name.clone());
                    }
                    _ => items.push(item.clone()),
                }
            }
            let words: Vec<String> = items.iter().map(|item| quoted(item)).collect();
            let text = words.join(", ");
            let place = self.lists.len();
            self.places.insert(list.name.clone(), place);
            if list.name.contains(is_bound) {
                self.odd.push(place);
            }
            self.lists.push(ResolvedList { name: list.name.clone(), items, text, used: false });
        }
        for name in used {
            if let Some(list) = self.places.get(&name).and_then(|place| self.lists.get_mut(*place))
            {
                list.used = true;
            }
        }
    }

    /// Forgets the lists behind so many.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.lists.truncate(count);
        self.places.retain(|_, place| *place < count);
        self.odd.retain(|place| *place < count);
    }

    /// A condition with the items of lists in the place of their names.
    pub(crate) fn substitute(&mut self, condition: &str) -> String {
        let mut text = condition.to_owned();
        // Lists are put in in their order; most are in no condition, which is quicker to see than to search for.
        let mut named: BTreeSet<usize> =
            self.named(&text).chain(self.odd.iter().copied()).collect();
        while let Some(place) = named.pop_first() {
            let Some(list) = self.lists.get_mut(place) else { continue };
            if substitute(&mut text, &list.name, &list.text) {
                list.used = true;
                let items = list.text.clone();
                named.extend(self.named(&items).filter(|other| *other > place));
            }
        }
        text
    }

    /// The places of lists whose names are in a text.
    fn named(&self, text: &str) -> impl Iterator<Item = usize> {
        words(text).filter_map(|word| self.places.get(word).copied())
    }
}

/// What stands between blanks, parentheses, commas and equals signs.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_bound).filter(|word| !word.is_empty())
}

pub(crate) fn is_bound(c: char) -> bool {
    BLANKS.contains(&c) || "(),=".contains(c)
}

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Replaces a name that stands between [bounds](is_bound). Wherever it stands: even in a text
/// in quotes.
fn substitute(text: &mut String, name: &str, items: &str) -> bool {
    if name.is_empty() {
        return false;
    }
    let mut used = false;
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(name)) {
        let start = from + found;
        let end = start + name.len();
        let (before, after) = (&text[..start], &text[end..]);
        if before.chars().next_back().is_some_and(|c| !is_bound(c))
            || after.chars().next().is_some_and(|c| !is_bound(c))
        {
            from = start + name.chars().next().map_or(1, char::len_utf8);
            continue;
        }
        used = true;
        let (mut before, mut after) =
            (before.trim_end_matches(BLANKS), after.trim_start_matches(BLANKS));
        // Nothing in the place of a name leaves a comma too many.
        if items.is_empty() {
            match before.strip_suffix(',') {
                Some(shorter) => before = shorter,
                None => after = after.strip_prefix(',').unwrap_or(after),
            }
        }
        let blank = if before.is_empty() { "" } else { " " };
        let next = before.len() + items.len() + 2;
        *text = format!("{before}{blank}{items} {after}");
        from = next;
        while from < text.len() && !text.is_char_boundary(from) {
            from += 1;
        }
    }
    used
}

/// Every macro as a tree, resolved or not yet.
#[derive(Default)]
pub(crate) struct Macros {
    pub(crate) macros: Vec<ParsedMacro>,
    places: HashMap<String, usize>,
}

pub(crate) struct ParsedMacro {
    pub(crate) name: String,
    pub(crate) condition: Expr,
    order: Order,
    pub(crate) used: bool,
}

/// Why macros cannot be put in, and at which name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum MacroError {
    Unknown { name: String, at: Position },
    Loop { name: String, at: Position },
    TooLarge,
}

impl From<TooLarge> for MacroError {
    fn from(_: TooLarge) -> Self {
        Self::TooLarge
    }
}

impl Macros {
    /// Forgets the macros behind so many.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.macros.truncate(count);
        self.places.retain(|_, place| *place < count);
    }

    pub(crate) fn add(&mut self, name: &str, condition: Expr, order: Order) {
        self.places.insert(name.to_owned(), self.macros.len());
        let name = name.to_owned();
        self.macros.push(ParsedMacro { name, condition, order, used: false });
    }

    /// Resolves the macro at this place, where those that were there before its last change are known.
    pub(crate) fn resolve_macro(&mut self, place: usize) -> Result<(), MacroError> {
        let Some(item) = self.macros.get(place) else { return Ok(()) };
        let (condition, visibility) = (item.condition.clone(), item.order.visibility);
        let condition = self.resolve(condition, visibility)?;
        if let Some(item) = self.macros.get_mut(place) {
            item.condition = condition;
        }
        Ok(())
    }

    /// Resolves the condition of a rule, where all macros are known.
    pub(crate) fn resolve_condition(&mut self, condition: Expr) -> Result<Expr, MacroError> {
        self.resolve(condition, u32::MAX)
    }

    fn resolve(&mut self, condition: Expr, visibility: u32) -> Result<Expr, MacroError> {
        if condition.identifiers().is_empty() {
            return Ok(condition);
        }
        let mut walk = Walk { macros: self, visibility, path: Vec::new(), done: HashMap::new() };
        let resolved = walk.expand(condition);
        let used: Vec<usize> = walk.done.into_keys().collect();
        for place in used {
            if let Some(item) = self.macros.get_mut(place) {
                item.used = true;
            }
        }
        resolved
    }
}

/// One resolution: a macro may use macros that are not resolved themselves yet.
struct Walk<'a> {
    macros: &'a Macros,
    visibility: u32,
    /// The macros that the current one is within.
    path: Vec<usize>,
    done: HashMap<usize, Expr>,
}

impl Walk<'_> {
    fn expand(&mut self, condition: Expr) -> Result<Expr, MacroError> {
        let mut names = Vec::new();
        condition.walk(&mut |expr| {
            if let gyr_filter::ast::ExprKind::Identifier(name) = &expr.kind {
                names.push((name.clone(), expr.position));
            }
        });
        // A loop is reported rather than an unknown name, wherever they are.
        let mut unknown = None;
        for (name, at) in names {
            match self.expand_macro(&name, at) {
                Ok(()) => {}
                Err(error @ MacroError::Unknown { .. }) => unknown = unknown.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        if let Some(error) = unknown {
            return Err(error);
        }
        let (done, places) = (&self.done, &self.macros.places);
        condition.substitute(&mut |name, _| Ok(places.get(name).and_then(|place| done.get(place))))
    }

    fn expand_macro(&mut self, name: &str, at: Position) -> Result<(), MacroError> {
        let place = self.macros.places.get(name).copied();
        let item = place.and_then(|place| self.macros.macros.get(place));
        let (Some(place), Some(item)) = (place, item) else {
            return Err(MacroError::Unknown { name: name.to_owned(), at });
        };
        if item.order.index >= self.visibility {
            return Err(MacroError::Unknown { name: name.to_owned(), at });
        }
        if self.path.contains(&place) {
            return Err(MacroError::Loop { name: name.to_owned(), at });
        }
        if self.done.contains_key(&place) {
            return Ok(());
        }
        if self.path.len() > gyr_filter::ast::MAX_LEVELS {
            return Err(MacroError::TooLarge);
        }
        self.path.push(place);
        let expanded = self.expand(item.condition.clone());
        self.path.pop();
        self.done.insert(place, expanded?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(condition: &str, items: &str) -> String {
        let mut text = condition.to_owned();
        substitute(&mut text, "l", items);
        text
    }

    #[test]
    fn a_list_is_put_in_as_text() {
        for (condition, items, want) in [
            ("x in (l)", "a, b", "x in ( a, b )"),
            ("x in (l, c)", "a", "x in ( a , c)"),
            ("x in ( l )", "a", "x in ( a )"),
            ("x in l", "a", "x in a "),
            ("l and l", "a", "a and a "),
            ("x = ll or x=l", "a", "x = ll or x= a "),
            ("\"l\" or x = \"a l b\"", "c", "\"l\" or x = \"a c b\""),
            ("x in (a, l)", "", "x in (a  )"),
            ("x in (l, a)", "", "x in (   a)"),
            ("x in (l)", "", "x in (  )"),
            ("lé or él or l", "é", "lé or él or é "),
        ] {
            assert_eq!(put(condition, items), want, "{condition}");
        }
    }

    #[test]
    fn a_list_that_holds_its_own_name_ends() {
        assert_eq!(put("x in (l, l)", "l"), "x in ( l , l )");
    }

    fn macros(items: &[(&str, &str, u32, u32)]) -> Macros {
        let mut macros = Macros::default();
        for (name, condition, index, visibility) in items {
            let order = Order { index: *index, visibility: *visibility };
            macros.add(name, gyr_filter::parse(condition).unwrap(), order);
        }
        macros
    }

    #[test]
    fn a_macro_knows_what_was_before_its_last_change() {
        let mut all = macros(&[("a", "x.y=1", 0, 0), ("b", "a or c", 1, 3), ("c", "not a", 2, 2)]);
        for place in 0..3 {
            all.resolve_macro(place).unwrap();
        }
        assert_eq!(all.macros[1].condition.to_string(), "(x.y = 1 or not x.y = 1)");
        assert!(all.macros[0].used && !all.macros[1].used && all.macros[2].used);
    }

    #[test]
    fn a_macro_does_not_know_itself_nor_what_comes_later() {
        let mut all = macros(&[("a", "a", 0, 0), ("b", "c", 1, 1), ("c", "x.y=1", 2, 2)]);
        for (place, name) in [(0, "a"), (1, "c")] {
            let error = all.resolve_macro(place).unwrap_err();
            assert!(matches!(error, MacroError::Unknown { name: found, .. } if found == name));
        }
    }

    #[test]
    fn a_loop_of_macros_is_found() {
        let mut all = macros(&[("a", "b", 0, 2), ("b", "a or n", 1, 1)]);
        let error = all.resolve_macro(0).unwrap_err();
        assert!(matches!(error, MacroError::Loop { name, .. } if name == "b"));
    }
}
