//! The pattern of `pmatch`: a path under which a value must lie.

use super::Glob;

/// A path whose components may hold shell patterns. Matches itself and everything below.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathPattern {
    text: Box<[u8]>,
    components: Box<[Component]>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Component {
    Name(Box<[u8]>),
    Glob(Glob),
}

impl PathPattern {
    pub fn new(text: &[u8]) -> Self {
        let component = |name: &[u8]| {
            if name.iter().any(|b| b"?*[".contains(b)) {
                Component::Glob(Glob::new(name, false))
            } else {
                Component::Name(name.into())
            }
        };
        Self { text: text.into(), components: components(text).map(component).collect() }
    }

    pub fn text(&self) -> &[u8] {
        &self.text
    }

    pub fn matches(&self, value: &[u8]) -> bool {
        let mut names = components(value);
        self.components.iter().all(|component| {
            names.next().is_some_and(|name| match component {
                Component::Name(expected) => **expected == *name,
                Component::Glob(glob) => glob.matches(name),
            })
        })
    }
}

impl PathPattern {
    /// The path in one spelling, with a slash at either end, if its components are plain names: then it matches what
    /// [`canonical`] gives for a value if that begins so.
    pub(crate) fn literal(&self) -> Option<Vec<u8>> {
        let mut path = vec![b'/'];
        for component in &self.components {
            let Component::Name(name) = component else { return None };
            path.extend(&**name);
            path.push(b'/');
        }
        Some(path)
    }
}

/// The bytes of a path in one spelling: a slash at either end, never two side by side.
pub(crate) fn canonical(path: &[u8]) -> impl Iterator<Item = u8> {
    let mut was_slash = false;
    let all = std::iter::once(b'/').chain(path.iter().copied()).chain(std::iter::once(b'/'));
    all.filter(move |byte| {
        let is_slash = *byte == b'/';
        let repeats = is_slash && was_slash;
        was_slash = is_slash;
        !repeats
    })
}

/// What stands between slashes; nothing counts as nothing, so `//a/` is `/a`.
fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|b| *b == b'/').filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_lies_under_a_path() {
        for (pattern, value, expected) in [
            ("/etc", "/etc", true),
            ("/etc", "/etc/passwd", true),
            ("/etc", "/etcd", false),
            ("/etc/", "//etc//passwd", true),
            ("/var/run", "/var", false),
            ("/", "", true),
            ("/", "/x", true),
            ("/home/*/.ssh", "/home/a/.ssh/id", true),
            ("/home/*/.ssh", "/home/a/b/.ssh/id", false),
            ("/usr/[bs]*", "/usr/sbin/x", true),
        ] {
            let path = PathPattern::new(pattern.as_bytes());
            assert_eq!(path.matches(value.as_bytes()), expected, "{pattern} {value}");
            if let Some(literal) = path.literal() {
                let value: Vec<u8> = canonical(value.as_bytes()).collect();
                assert_eq!(value.starts_with(&literal), expected, "{pattern} {value:?}");
            }
        }
    }
}
