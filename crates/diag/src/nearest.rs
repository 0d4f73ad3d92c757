//! The name that was probably meant.

/// The known name that is nearest to one that is not known, if any is near enough to be what was meant: mistyped, or
/// cut short.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut longer: Option<&str> = None;
    let known = known.into_iter().inspect(|candidate| {
        let begins = candidate.get(..name.len()).is_some_and(|s| s.eq_ignore_ascii_case(name));
        if begins && name.len() >= 3 && longer.is_none_or(|other| candidate.len() < other.len()) {
            longer = Some(candidate);
        }
    });
    let mistyped = mistyped(name, known);
    mistyped.or(longer)
}

fn mistyped<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: Vec<char> = name.chars().take(MAX_LENGTH + 1).map(plain).collect();
    if name.is_empty() || name.len() > MAX_LENGTH {
        return None;
    }
    let allowed = (name.len() / 3).clamp(1, 4);
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let other: Vec<char> = candidate.chars().take(MAX_LENGTH + 1).map(plain).collect();
        let least = name.len().abs_diff(other.len());
        let beaten = best.is_some_and(|(distance, _)| distance <= least);
        if other.is_empty() || least > allowed || beaten {
            continue;
        }
        let distance = distance(&name, &other);
        // One letter for another is nothing in common.
        let shares = distance < name.len().max(other.len());
        if distance <= allowed && shares && best.is_none_or(|(shortest, _)| distance < shortest) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Longer names are not mistyped, and would take long.
const MAX_LENGTH: usize = 64;

/// Case and the sign between words are not what makes a name another one.
const fn plain(c: char) -> char {
    match c {
        '_' | '-' | ' ' => '.',
        c => c.to_ascii_lowercase(),
    }
}

/// How many letters must be put in, taken out, replaced or swapped with their neighbour.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = Vec::with_capacity(last.len());
        row.push(i + 1);
        for (j, b) in to.iter().enumerate() {
            let mut cost = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && from[i - 1] == *b && to[j - 1] == *a;
            if swapped {
                cost = cost.min(before_last[j - 1] + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_found() {
        let known = ["proc.name", "proc.pname", "fd.name", "in", "startswith", "evt.type", "not"];
        for (name, meant) in [
            ("proc.nam", Some("proc.name")),
            ("proc_name", Some("proc.name")),
            ("Proc.Name", Some("proc.name")),
            ("proc.nmae", Some("proc.name")),
            ("fd.nane", Some("fd.name")),
            ("startwith", Some("startswith")),
            ("evttype", Some("evt.type")),
            ("xy", None),
            ("star", Some("startswith")),
            ("nothing.like.it", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
    }
}
