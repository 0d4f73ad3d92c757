//! The exceptions of an item: whether fields, operators and values fit together.

use gyr_diag::yaml::{Node, Value};
use gyr_filter::{Modifier, Operator, Scheme};

use super::codes::Code;
use super::report::{Draft, Place, Report, meant};
use super::shape::{key_of, listed};
use crate::language::Language;
use crate::session::Sources as _;

/// An exception as the files write it.
#[derive(Clone, Debug)]
pub(super) struct Exception {
    pub(super) name: String,
    pub(super) place: Place,
    fields: Node,
    /// Each with its file.
    pub(super) values: Vec<(usize, Node)>,
}

/// How an item brings exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Brings {
    All,
    /// To be added to those that are there.
    More,
}

/// Looks at exceptions, and takes out those that are wrong.
pub(super) struct Exceptions<'r, 'f, S> {
    pub(super) report: &'r mut Report<'f>,
    pub(super) file: usize,
    pub(super) language: &'r Language<S>,
    /// None if nobody offers it.
    pub(super) source: Option<&'r str>,
    pub(super) brings: Brings,
    /// Those of the rule, which grow.
    pub(super) known: &'r mut Vec<Exception>,
}

impl<S: Scheme> Exceptions<'_, '_, S> {
    pub(super) fn look(mut self, item: &mut Node) {
        let Value::Mapping(pairs) = &mut item.value else { return };
        let key = pairs.iter_mut().find(|(key, _)| key.as_str() == Some("exceptions"));
        let Some((_, Node { value: Value::Sequence(nodes), .. })) = key else { return };
        let mut names: Vec<String> = Vec::new();
        nodes.retain(|node| self.one(node, &mut names));
    }

    const fn at(&self, node: &Node) -> Place {
        Place { file: self.file, span: node.span }
    }

    fn one(&mut self, node: &Node, names: &mut Vec<String>) -> bool {
        if !node.is_mapping() {
            let what = "an exception is a mapping with `name`, `fields`, `comps` and `values`";
            self.report.add(Code::ExceptionShape, self.at(node), what);
            return false;
        }
        let Some(name) = node.get("name").and_then(Node::as_str).filter(|name| !name.is_empty())
        else {
            self.report.add(Code::MissingKey, self.at(node), "this exception has no `name`");
            return false;
        };
        let place = node.get("name").map_or(self.at(node), |name| self.at(name));
        if names.iter().any(|other| other == name) {
            let what = format!("the rule has another exception `{name}`");
            self.report.add(Code::ExceptionTwice, place, what);
        }
        names.push(name.to_owned());
        for (key, _) in node.pairs() {
            let text = key.as_str().unwrap_or_default();
            if !KEYS.contains(&text) {
                let what = format!("an exception has no key `{text}`; it is left out");
                let help = meant(text, KEYS)
                    .unwrap_or_else(|| format!("it has the keys {}", listed(KEYS)));
                self.report.put(Draft::new(Code::UnknownKey, self.at(key), what).help(help));
            }
        }
        if let Some(values) = node.get("values").filter(|values| !values.is_sequence()) {
            let what = "`values` must be a list";
            self.report.add(Code::ExceptionValues, self.at(values), what);
            return false;
        }
        let known = self.known.iter().position(|known| known.name == name);
        match known.filter(|_| self.brings == Brings::More) {
            Some(known) => self.add_values(node, name, known),
            None => self.define(node, name, place),
        }
    }

    fn add_values(&mut self, node: &Node, name: &str, known: usize) -> bool {
        for key in ["fields", "comps"] {
            if let Some(found) = key_of(node, key) {
                let what = format!(
                    "exception `{name}` is there already: only `values` can be added, not `{key}`"
                );
                let earlier = self.known.get(known).map(|known| known.place);
                let draft = Draft::new(Code::ExceptionChange, self.at(found), what);
                self.report.put(draft.note(earlier, "it is defined here"));
                return false;
            }
        }
        let Some(values) = node.get("values") else {
            let what = format!("exception `{name}` is changed, but no `values` are given");
            self.report.add(Code::ExceptionNoValues, self.at(node), what);
            return true;
        };
        let Some(fields) = self.known.get(known).map(|known| known.fields.clone()) else {
            return false;
        };
        let good = self.values_fit(&fields, values);
        if good && let Some(known) = self.known.get_mut(known) {
            known.values.extend(values.items().iter().map(|value| (self.file, value.clone())));
        }
        good
    }

    fn define(&mut self, node: &Node, name: &str, place: Place) -> bool {
        let Some(fields) = node.get("fields").filter(|fields| !fields.is_null()) else {
            let what = match self.brings {
                Brings::All => format!("exception `{name}` has no `fields`"),
                Brings::More => format!("exception `{name}` is new, so it needs `fields`"),
            };
            let names = self.known.iter().map(|known| known.name.as_str());
            let help = meant(name, names).filter(|_| self.brings == Brings::More);
            self.report.put(Draft::new(Code::MissingKey, place, what).maybe_help(help));
            return false;
        };
        let values = node.get("values");
        if self.brings == Brings::More && values.is_none_or(|values| values.items().is_empty()) {
            let what = format!("exception `{name}` is new, so it needs `values`");
            self.report.add(Code::MissingKey, place, what);
            return false;
        }
        let comps = node.get("comps").filter(|comps| !comps.is_null());
        let mut good = self.fields_fit(fields, comps);
        if let Some(values) = values.filter(|_| good) {
            good = self.values_fit(fields, values);
        }
        if good {
            let values = values.map(Node::items).unwrap_or_default();
            self.known.retain(|known| known.name != name || self.brings == Brings::More);
            self.known.push(Exception {
                name: name.to_owned(),
                place,
                fields: fields.clone(),
                values: values.iter().map(|value| (self.file, value.clone())).collect(),
            });
        }
        good
    }

    fn fields_fit(&mut self, fields: &Node, comps: Option<&Node>) -> bool {
        let one = fields.as_str().is_some();
        let mut good = true;
        let each = if one { std::slice::from_ref(fields) } else { fields.items() };
        for field in each {
            good &= self.field(field);
        }
        let Some(comps) = comps else { return good };
        if one != comps.as_str().is_some() {
            let what = "`fields` and `comps` must both be one text, or both be lists";
            self.report.add(Code::ExceptionShape, self.at(comps), what);
            return false;
        }
        if !one && fields.items().len() != comps.items().len() {
            let (fields, found) = (fields.items().len(), comps.items().len());
            let what =
                format!("there are {fields} fields and {found} operators; each field needs one");
            self.report.add(Code::ExceptionShape, self.at(comps), what);
            return false;
        }
        let each = if one { std::slice::from_ref(comps) } else { comps.items() };
        for comp in each {
            good &= self.operator(comp, one);
        }
        good
    }

    fn field(&mut self, node: &Node) -> bool {
        let text = node.as_str().unwrap_or_default();
        let Some(source) = self.source else { return true };
        if self.language.has_field(source, text) {
            return true;
        }
        let names = self.language.scheme(source).map(Scheme::names).unwrap_or_default();
        let draft = Draft::new(Code::UnknownField, self.at(node), format!("no field `{text}`"));
        self.report.put(draft.maybe_help(super::atoms::meant_field(text, &names)));
        false
    }

    fn operator(&mut self, node: &Node, must_take_list: bool) -> bool {
        let text = node.as_str().unwrap_or_default();
        let words: Vec<&str> = text.split_whitespace().collect();
        let modifiers = || Modifier::ALL.iter().map(|modifier| modifier.text());
        let known = match words.as_slice() {
            [operator] => Operator::from_text(operator).map(Operator::takes_list),
            [operator, modifier] => Operator::from_text(operator)
                .filter(|operator| operator.takes_modifier() && modifiers().any(|m| m == *modifier))
                .map(|_| true),
            _ => None,
        };
        let Some(takes_list) = known else {
            let names = Operator::ALL.iter().map(|operator| operator.text());
            let near = meant(text, names.clone());
            let help = near.unwrap_or_else(|| {
                format!(
                    "the operators are {}, and those for texts with {} behind",
                    names.collect::<Vec<_>>().join(" "),
                    listed(modifiers())
                )
            });
            let what = format!("no operator `{text}`");
            self.report.put(Draft::new(Code::ExceptionOperator, self.at(node), what).help(help));
            return false;
        };
        if must_take_list && !takes_list {
            let what = format!(
                "`{text}` takes one value, and an exception with one field has a list of them"
            );
            let help = format!(
                "use `in`, `pmatch`, `intersects`, or `{text} anyof`; or write `fields: [field]` and `comps: [{text}]`"
            );
            self.report.put(Draft::new(Code::ExceptionOperator, self.at(node), what).help(help));
            return false;
        }
        true
    }

    /// With several fields each value is a list of as many.
    fn values_fit(&mut self, fields: &Node, values: &Node) -> bool {
        let mut good = true;
        let count = fields.items().len();
        for value in values.items() {
            let what = match (fields.as_str().is_some(), &value.value) {
                (true, Value::Scalar { .. }) => continue,
                (true, _) => "with one field each value is a text, not a list".to_owned(),
                (false, Value::Sequence(items)) if items.len() == count => continue,
                (false, Value::Sequence(items)) => {
                    format!(
                        "each value needs {count} parts, one for each field; this one has {}",
                        items.len()
                    )
                }
                (false, _) => format!("each value must be a list of {count}, one for each field"),
            };
            self.report.add(Code::ExceptionValues, self.at(value), what);
            good = false;
        }
        good
    }
}

const KEYS: [&str; 4] = ["name", "fields", "comps", "values"];
