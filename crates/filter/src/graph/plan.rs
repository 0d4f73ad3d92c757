//! The order in which an evaluator makes the steps of a program: guessed at first, then learned from what they rule out.

use super::Graph;
use super::program::{Program, group_cost};

/// Events after which the order is made anew for the first time; then after twice as many, and so on.
const FIRST_LESSON: u32 = 64;
/// The longest time between two lessons, in events.
const LAST_LESSON: u32 = 1 << 16;
/// How much a new lesson weighs against all before.
const WEIGHT: f32 = 0.5;
/// Instructions of a step whose answers are known already.
const STEP_COST: f32 = 12.0;

#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// Steps, the next best first.
    pub(crate) order: Vec<u32>,
    /// By step: rules ruled out by one look, on average.
    kills: Vec<f32>,
    counts: Vec<Count>,
    /// Events until the order is made anew, and how many it will be the next time.
    left: u32,
    lesson: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    looks: u32,
    kills: u32,
}

impl Plan {
    pub(crate) fn new<F>(graph: &Graph<F>, program: &Program) -> Self {
        let mut plan = Self {
            order: Vec::new(),
            kills: program.steps.iter().map(|step| step.kills).collect(),
            counts: vec![Count::default(); program.steps.len()],
            left: FIRST_LESSON,
            lesson: FIRST_LESSON,
        };
        plan.sort(graph, program);
        plan
    }

    pub(crate) const fn is_new(&self) -> bool {
        self.lesson == 0
    }

    pub(crate) fn count(&mut self, step: u32, kills: u32) {
        let count = &mut self.counts[step as usize];
        count.looks += 1;
        count.kills += kills;
    }

    /// Counts an event; learns when it is time to.
    pub(crate) fn event<F>(&mut self, graph: &Graph<F>, program: &Program) {
        self.left -= 1;
        if self.left == 0 {
            self.learn(graph, program);
        }
    }

    #[cold]
    fn learn<F>(&mut self, graph: &Graph<F>, program: &Program) {
        for (kills, count) in self.kills.iter_mut().zip(&mut self.counts) {
            if count.looks > 0 {
                #[allow(clippy::cast_precision_loss, reason = "an average")]
                let seen = count.kills as f32 / count.looks as f32;
                *kills += (seen - *kills) * WEIGHT;
            }
            *count = Count::default();
        }
        self.lesson = (self.lesson * 2).min(LAST_LESSON);
        self.left = self.lesson;
        self.sort(graph, program);
    }

    /// Puts the step first that rules out most for what it costs, then the one that does after that, and so on.
    #[allow(clippy::cast_precision_loss, reason = "a guess")]
    fn sort<F>(&mut self, graph: &Graph<F>, program: &Program) {
        let mut asked = vec![false; graph.groups.len()];
        let mut rest: Vec<usize> = (0..program.steps.len()).collect();
        self.order.clear();
        while !rest.is_empty() {
            let worth = |step: usize| {
                let new = program.steps[step].groups.iter().filter(|g| !asked[**g as usize]);
                let cost = new.map(|group| group_cost(graph, *group) as f32).sum::<f32>();
                self.kills[step] / (STEP_COST + cost)
            };
            let best = (0..rest.len())
                .max_by(|a, b| worth(rest[*a]).total_cmp(&worth(rest[*b])).then(b.cmp(a)))
                .unwrap_or_default();
            let step = rest.remove(best);
            program.steps[step].groups.iter().for_each(|group| asked[*group as usize] = true);
            self.order.push(u32::try_from(step).unwrap_or(u32::MAX));
        }
    }
}
