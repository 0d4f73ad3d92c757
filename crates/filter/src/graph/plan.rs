//! The order in which an evaluator makes the steps of a block: guessed at first, then learned from what they rule out.

use super::Graph;
use super::program::{Block, Step};

/// Events after which the order is made anew for the first time; then after twice as many, and so on.
const FIRST_LESSON: u32 = 64;
/// The longest time between two lessons, in events.
const LAST_LESSON: u32 = 1 << 16;
/// How much a new lesson weighs against all before.
const WEIGHT: f32 = 0.5;
/// How many events before a lesson are watched.
const WATCHED: u32 = 1024;
/// Instructions of a step whose answers are known already.
const STEP_COST: f32 = 20.0;
/// The share of events that make a step whose outcome is kept.
const ONCE: f32 = 0.1;
/// Instructions of a look at a group whose answers are kept.
const RECALL_COST: f32 = 15.0;

#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// Steps, the next best first, each after its rules.
    pub(crate) order: Vec<(u64, u32)>,
    /// By step: rules ruled out by one look, on average, and rules that were looked at.
    kills: Vec<f32>,
    rules: Vec<f32>,
    /// Of rules ruled out, and of rules looked at.
    counts: Vec<(Count, Count)>,
    /// By place in `groups`: how many of the looks at it found no answer kept.
    misses: Vec<f32>,
    group_counts: Vec<Count>,
    /// The groups of all steps, sorted.
    groups: Vec<u32>,
    /// Events until the order is made anew, and how many it will be the next time.
    left: u32,
    lesson: u32,
}

/// Looks, and how many of what was looked for they found.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    looks: u32,
    found: u32,
}

impl Count {
    fn add(&mut self, found: u32) {
        self.looks += 1;
        self.found += found;
    }

    /// Lets an average follow what was seen, and starts again.
    fn teach(&mut self, average: &mut f32) {
        if self.looks > 0 {
            #[allow(clippy::cast_precision_loss, reason = "an average")]
            let seen = self.found as f32 / self.looks as f32;
            *average += (seen - *average) * WEIGHT;
        }
        *self = Self::default();
    }
}

impl Plan {
    pub(crate) fn new<F>(graph: &Graph<F>, block: &Block) -> Self {
        let mut groups: Vec<u32> = block.steps.iter().flat_map(Step::groups).collect();
        groups.sort_unstable();
        groups.dedup();
        let is_kept = |group: &u32| graph.groups[*group as usize].lifetime.place().is_some();
        let mut plan = Self {
            order: Vec::new(),
            kills: block.steps.iter().map(|step| step.kills).collect(),
            #[allow(clippy::cast_precision_loss, reason = "up to 64")]
            rules: block.steps.iter().map(|step| step.rules.count_ones() as f32).collect(),
            counts: vec![(Count::default(), Count::default()); block.steps.len()],
            misses: groups.iter().map(|group| if is_kept(group) { 0.1 } else { 1.0 }).collect(),
            group_counts: vec![Count::default(); groups.len()],
            groups,
            left: FIRST_LESSON,
            lesson: FIRST_LESSON,
        };
        plan.sort(graph, block);
        plan
    }

    pub(crate) const fn is_new(&self) -> bool {
        self.lesson == 0
    }

    /// Whether this event is one to learn from: at first all are, then the last ones before a lesson.
    pub(crate) const fn is_watching(&self) -> bool {
        self.left <= WATCHED
    }

    /// A step looked at some rules and ruled out some of them.
    pub(crate) fn count(&mut self, step: u32, rules: u32, kills: u32) {
        let (killed, looked) = &mut self.counts[step as usize];
        killed.add(kills);
        looked.add(rules);
    }

    /// A group was looked at that was not known in this event yet.
    pub(crate) fn count_group(&mut self, group: u32, is_miss: bool) {
        if let Ok(place) = self.groups.binary_search(&group) {
            self.group_counts[place].add(is_miss.into());
        }
    }

    /// Counts an event; learns when it is time to.
    pub(crate) fn event<F>(&mut self, graph: &Graph<F>, block: &Block) {
        self.left -= 1;
        if self.left == 0 {
            self.learn(graph, block);
        }
    }

    #[cold]
    fn learn<F>(&mut self, graph: &Graph<F>, block: &Block) {
        let averages = self.kills.iter_mut().zip(&mut self.rules);
        for ((kills, rules), (killed, looked)) in averages.zip(&mut self.counts) {
            killed.teach(kills);
            looked.teach(rules);
        }
        for (average, count) in self.misses.iter_mut().zip(&mut self.group_counts) {
            count.teach(average);
        }
        self.lesson = (self.lesson * 2).min(LAST_LESSON);
        self.left = self.lesson;
        self.sort(graph, block);
    }

    /// Puts the step first that rules out most for what it costs, then the one that does after that, and so on. A step
    /// that leaves most of its rules counts less: they need other steps, which may then do without this one.
    fn sort<F>(&mut self, graph: &Graph<F>, block: &Block) {
        let mut asked = vec![false; self.groups.len()];
        let mut rest: Vec<usize> = (0..block.steps.len()).collect();
        self.order.clear();
        while !rest.is_empty() {
            let worth = |step: usize| {
                let cost = STEP_COST + self.cost(graph, &block.steps[step], &asked);
                self.kills[step] * (self.kills[step] / self.rules[step].max(1.0)) / cost
            };
            let best = (0..rest.len())
                .max_by(|a, b| worth(rest[*a]).total_cmp(&worth(rest[*b])).then(b.cmp(a)))
                .unwrap_or_default();
            let step = rest.remove(best);
            for group in block.steps[step].groups() {
                if let Ok(place) = self.groups.binary_search(&group) {
                    asked[place] = true;
                }
            }
            self.order.push((block.steps[step].rules, u32::try_from(step).unwrap_or(u32::MAX)));
        }
    }

    /// Of the groups that no step before asked for.
    #[allow(clippy::cast_precision_loss, reason = "a guess")]
    fn cost<F>(&self, graph: &Graph<F>, step: &Step, asked: &[bool]) -> f32 {
        if step.keeps.is_some() {
            // It is made once for many events, though each time that it is made costs it all.
            return step
                .groups()
                .map(|group| graph.groups[group as usize].cost as f32)
                .sum::<f32>()
                * ONCE;
        }
        let places = step.groups().filter_map(|group| self.groups.binary_search(&group).ok());
        places
            .filter(|place| !asked[*place])
            .map(|place| {
                let group = &graph.groups[self.groups[place] as usize];
                RECALL_COST + self.misses[place] * group.cost as f32
            })
            .sum()
    }
}
