//! Which of many texts a value begins with, in one walk.

/// A radix tree over texts; each has a payload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trie {
    nodes: Vec<TrieNode>,
    /// The bytes that lead to nodes, of all nodes.
    labels: Vec<u8>,
    /// First bytes of the children of a node, side by side, parallel to `children`.
    firsts: Vec<u8>,
    children: Vec<u32>,
}

#[derive(Clone, Debug)]
struct TrieNode {
    label: (u32, u32),
    children: (u32, u32),
    payload: Option<u32>,
}

impl Trie {
    /// From texts and payloads; of equal texts the payload of the first counts.
    pub(crate) fn new(mut texts: Vec<(Vec<u8>, u32)>) -> Self {
        texts.sort();
        texts.dedup_by(|second, first| second.0 == first.0);
        let mut trie = Self::default();
        if !texts.is_empty() {
            trie.build(&texts, 0);
        }
        trie
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Calls `found` with the payload of every text that the bytes begin with.
    pub(crate) fn walk(&self, mut bytes: impl Iterator<Item = u8>, mut found: impl FnMut(u32)) {
        let Some(mut node) = self.nodes.first() else { return };
        loop {
            for expected in &self.labels[range(node.label)] {
                if bytes.next() != Some(*expected) {
                    return;
                }
            }
            if let Some(payload) = node.payload {
                found(payload);
            }
            // The first byte of the child is not part of its label.
            let Some(next) = bytes.next() else { return };
            let children = range(node.children);
            let firsts = &self.firsts[children.clone()];
            let child = match firsts.len() {
                0..=16 => firsts.iter().position(|first| *first == next),
                _ => memchr::memchr(next, firsts),
            };
            let Some(child) = child else { return };
            node = &self.nodes[self.children[children.start + child] as usize];
        }
    }

    /// Adds the node of texts that share their first `depth` bytes, and all below it; gives its number.
    fn build(&mut self, texts: &[(Vec<u8>, u32)], depth: usize) -> u32 {
        let (first, last) = (&texts[0].0[depth..], &texts[texts.len() - 1].0[depth..]);
        let common = first.iter().zip(last).take_while(|(a, b)| a == b).count();
        let label = (number(self.labels.len()), number(self.labels.len() + common));
        self.labels.extend(&first[..common]);
        let end = depth + common;
        let payload = (texts[0].0.len() == end).then(|| texts[0].1);
        let node = self.nodes.len();
        self.nodes.push(TrieNode { label, children: (0, 0), payload });
        let longer = &texts[usize::from(payload.is_some())..];
        let groups: Vec<_> = longer.chunk_by(|a, b| a.0[end] == b.0[end]).collect();
        let built: Vec<_> = groups.iter().map(|group| self.build(group, end + 1)).collect();
        let start = number(self.children.len());
        self.firsts.extend(groups.iter().map(|group| group[0].0[end]));
        self.children.extend(built);
        self.nodes[node].children = (start, number(self.children.len()));
        number(node)
    }
}

fn range((start, end): (u32, u32)) -> std::ops::Range<usize> {
    start as usize..end as usize
}

fn number(n: usize) -> u32 {
    u32::try_from(n)
        .expect("all literals together are shorter than 4 GiB, for conditions are bounded")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_is_found() {
        let texts = ["/etc", "/etc/ssh", "/e", "/usr/bin", "/usr/lib", "", "x"];
        let trie = Trie::new((0_u32..).zip(texts).map(|(i, t)| (t.into(), i)).collect());
        for value in
            ["/etc/ssh/sshd_config", "/usr/local", "/usr/lib", "x", "", "/", "y", "/etc/ss"]
        {
            let mut found = Vec::new();
            trie.walk(value.bytes(), |payload| found.push(texts[payload as usize]));
            found.sort_unstable();
            let mut expected: Vec<_> =
                texts.iter().copied().filter(|text| value.starts_with(text)).collect();
            expected.sort_unstable();
            assert_eq!(found, expected, "{value}");
        }
        Trie::default().walk(b"a".iter().copied(), |_| panic!("nothing is in it"));
    }
}
