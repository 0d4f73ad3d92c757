//! Where alerts cross over to those who subscribed.
//!
//! The latest alerts are kept in one ring, bounded by number and by memory; a subscriber is a position in it. So a thousand
//! subscribers need no more memory than one, and one who falls so far behind that the ring has lost what comes next is cut
//! off, alone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use gyr_outputs::{Batch, Batching, Failed, Output, Tap};
use tokio::sync::watch;

use super::messages;

/// Takes alerts from the outputs, and hands them to subscribers.
#[derive(Debug)]
pub struct Hub {
    limits: HubLimits,
    state: Mutex<State>,
    /// Something came, or the end.
    news: watch::Sender<()>,
}

/// How much is kept for those who are behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubLimits {
    /// Alerts; 0 = as many as the memory allows.
    pub n_alerts: usize,
    pub bytes: usize,
}

/// What the hub has seen: `n_due = n_delivered + n_missed + n_waiting`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HubStats {
    pub n_published: u64,
    /// Handed out by `get`.
    pub n_got: u64,
    pub n_subscribers: usize,
    /// Since the start.
    pub n_subscriptions: u64,
    /// Subscribers that were too slow.
    pub n_cut_off: u64,
    /// Over all subscribers: alerts from when they came until they left or were cut off.
    pub n_due: u64,
    /// Handed to the subscriber's connection.
    pub n_delivered: u64,
    /// The subscriber was cut off, or left, before.
    pub n_missed: u64,
    pub n_waiting: u64,
}

#[derive(Debug, Default)]
struct State {
    ring: VecDeque<Bytes>,
    bytes: usize,
    /// The number of the ring's first alert; the first of all is 0.
    first: u64,
    /// By number of subscription: the number of the alert that comes next.
    subscribers: BTreeMap<u64, u64>,
    /// The first alert that no subscriber was there for.
    unclaimed: u64,
    /// The first alert that no `get` has asked for.
    ungot: u64,
    closed: bool,
    stats: HubStats,
}

/// A place among those who get every alert; given up when dropped.
#[derive(Debug)]
pub(crate) struct Subscription {
    hub: Arc<Hub>,
    id: u64,
    pub(crate) news: watch::Receiver<()>,
}

/// What a subscriber gets when it asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    Alerts(Vec<Bytes>),
    /// Nothing new yet.
    Nothing,
    /// It was too slow.
    CutOff,
    /// Nothing will come any more.
    End,
}

impl Hub {
    pub fn new(limits: HubLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default(), news: watch::Sender::new(()) })
    }

    /// The output that feeds this hub.
    pub fn tap(self: &Arc<Self>) -> Tap {
        let hub = Arc::clone(self);
        Tap { name: "grpc", open: Arc::new(move || Ok(Box::new(HubOutput(Arc::clone(&hub))))) }
    }

    pub fn stats(&self) -> HubStats {
        let state = self.lock();
        let next = state.next();
        HubStats {
            n_subscribers: state.subscribers.len(),
            n_waiting: state.subscribers.values().map(|at| next - at).sum(),
            ..state.stats
        }
    }

    /// Nothing will come any more: subscribers get what is there, and go.
    pub fn close(&self) {
        self.lock().closed = true;
        self.news.send_replace(());
    }

    /// From the first alert that nobody was there for: what happened before the first subscriber came is his.
    pub(crate) fn subscribe(self: &Arc<Self>) -> Subscription {
        let news = self.news.subscribe();
        let mut state = self.lock();
        let next = state.next();
        let at = if state.subscribers.is_empty() { state.unclaimed.max(state.first) } else { next };
        let id = state.stats.n_subscriptions;
        state.stats.n_subscriptions += 1;
        state.stats.n_due += next - at;
        state.unclaimed = next;
        state.subscribers.insert(id, at);
        Subscription { hub: Arc::clone(self), id, news }
    }

    /// What no `get` has asked for, in parts: `until` is the number to stop at, that of the next alert when it began.
    pub(crate) fn get(&self, until: u64) -> Vec<Bytes> {
        let mut state = self.lock();
        let at = state.ungot.max(state.first);
        let taken = state.range(at, until);
        state.ungot = state.ungot.max(at + taken.len() as u64);
        state.stats.n_got += taken.len() as u64;
        taken
    }

    /// The number of the next alert.
    pub(crate) fn next(&self) -> u64 {
        self.lock().next()
    }

    pub(crate) fn publish(&self, alerts: impl Iterator<Item = Bytes>) {
        let mut guard = self.lock();
        let state = &mut *guard;
        for alert in alerts {
            state.bytes += alert.len();
            state.ring.push_back(alert);
            state.stats.n_published += 1;
            state.stats.n_due += state.subscribers.len() as u64;
        }
        let before = state.first;
        while state.is_over(self.limits)
            && let Some(oldest) = state.ring.pop_front()
        {
            state.bytes -= oldest.len();
            state.first += 1;
        }
        if state.first > before {
            state.cut_off();
        }
        if !state.subscribers.is_empty() {
            state.unclaimed = state.next();
        }
        drop(guard);
        self.news.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The most that one hand takes at once.
    const HANDFUL: usize = 64;

    fn next(&self) -> u64 {
        self.first + self.ring.len() as u64
    }

    /// The last alert stays, however large.
    fn is_over(&self, limits: HubLimits) -> bool {
        let too_many = limits.n_alerts > 0 && self.ring.len() > limits.n_alerts;
        self.ring.len() > 1 && (too_many || self.bytes > limits.bytes)
    }

    /// The alerts from number `at` to before `until`, as many as fit a hand.
    fn range(&self, at: u64, until: u64) -> Vec<Bytes> {
        let skip = usize::try_from(at.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let n = usize::try_from(until.saturating_sub(at)).unwrap_or(usize::MAX);
        self.ring.iter().skip(skip).take(n.min(Self::HANDFUL)).cloned().collect()
    }

    /// Strikes those off whose next alert is gone.
    fn cut_off(&mut self) {
        let (first, next) = (self.first, self.next());
        let stats = &mut self.stats;
        self.subscribers.retain(|_, at| {
            if *at < first {
                stats.n_cut_off += 1;
                stats.n_missed += next - *at;
            }
            *at >= first
        });
    }
}

impl Subscription {
    pub(crate) fn take(&self) -> Taken {
        let mut state = self.hub.lock();
        let Some(&at) = state.subscribers.get(&self.id) else { return Taken::CutOff };
        let alerts = state.range(at, u64::MAX);
        if alerts.is_empty() {
            return if state.closed { Taken::End } else { Taken::Nothing };
        }
        state.subscribers.insert(self.id, at + alerts.len() as u64);
        state.stats.n_delivered += alerts.len() as u64;
        Taken::Alerts(alerts)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        if let Some(at) = state.subscribers.remove(&self.id) {
            let n_missed = state.next() - at;
            state.stats.n_missed += n_missed;
            // The last to leave leaves what it did not get to the next to come.
            if state.subscribers.is_empty() {
                state.unclaimed = at;
            }
        }
    }
}

/// The output that feeds a hub.
struct HubOutput(Arc<Hub>);

impl Output for HubOutput {
    fn batching(&self) -> Batching {
        Batching::BLOCK
    }

    fn send(&mut self, batch: &Batch) -> Result<(), Failed> {
        let alerts: Vec<_> = batch.lines().map(messages::encode).collect();
        self.0.publish(alerts.into_iter());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: HubLimits = HubLimits { n_alerts: 4, bytes: 1000 };

    fn publish(hub: &Hub, alerts: impl IntoIterator<Item = u8>) {
        hub.publish(alerts.into_iter().map(|alert| Bytes::from(vec![alert])));
    }

    fn taken(subscription: &Subscription) -> Option<Vec<u8>> {
        match subscription.take() {
            Taken::Alerts(alerts) => Some(alerts.concat()),
            Taken::Nothing => Some(Vec::new()),
            Taken::CutOff | Taken::End => None,
        }
    }

    #[track_caller]
    fn check_sum(hub: &Hub) -> HubStats {
        let stats = hub.stats();
        assert_eq!(stats.n_due, stats.n_delivered + stats.n_missed + stats.n_waiting, "{stats:?}");
        stats
    }

    #[test]
    fn every_subscriber_gets_every_alert_and_the_first_what_came_before() {
        let hub = Hub::new(LIMITS);
        publish(&hub, 0..2);
        let (first, second) = (hub.subscribe(), hub.subscribe());
        publish(&hub, 2..4);
        assert_eq!(taken(&first), Some(vec![0, 1, 2, 3]));
        assert_eq!(taken(&second), Some(vec![2, 3]));
        assert_eq!(taken(&second), Some(vec![]));
        assert_eq!(check_sum(&hub).n_delivered, 6);
    }

    #[test]
    fn a_slow_subscriber_is_cut_off_alone() {
        let hub = Hub::new(LIMITS);
        let (slow, quick) = (hub.subscribe(), hub.subscribe());
        for alert in 0..5 {
            publish(&hub, [alert]);
            assert_eq!(taken(&quick), Some(vec![alert]));
        }
        assert_eq!(slow.take(), Taken::CutOff);
        let stats = check_sum(&hub);
        assert_eq!((stats.n_cut_off, stats.n_missed, stats.n_subscribers), (1, 5, 1));
    }

    #[test]
    fn memory_is_bounded_by_the_settings() {
        let hub = Hub::new(HubLimits { n_alerts: 0, bytes: 10 });
        hub.publish((0..100).map(|_| Bytes::from_static(b"four")));
        assert_eq!(hub.lock().ring.len(), 2);
        hub.publish([Bytes::from(vec![0; 100])].into_iter());
        assert_eq!(hub.lock().ring.len(), 1);
    }

    #[test]
    fn what_the_last_subscriber_leaves_is_for_the_next() {
        let hub = Hub::new(LIMITS);
        let first = hub.subscribe();
        publish(&hub, [0]);
        assert_eq!(taken(&first), Some(vec![0]));
        publish(&hub, [1]);
        drop(first);
        publish(&hub, [2]);
        assert_eq!(taken(&hub.subscribe()), Some(vec![1, 2]));
        check_sum(&hub);
    }

    #[test]
    fn get_hands_out_each_alert_once() {
        let hub = Hub::new(LIMITS);
        publish(&hub, 0..6);
        assert_eq!(hub.get(hub.next()).concat(), [2, 3, 4, 5]);
        assert!(hub.get(hub.next()).is_empty());
        publish(&hub, [6]);
        assert_eq!(hub.get(hub.next()).concat(), [6]);
        assert_eq!(hub.stats().n_got, 5);
    }

    #[test]
    fn a_closed_hub_still_gives_what_is_there() {
        let hub = Hub::new(LIMITS);
        let subscription = hub.subscribe();
        publish(&hub, [0]);
        hub.close();
        assert_eq!(taken(&subscription), Some(vec![0]));
        assert_eq!(subscription.take(), Taken::End);
    }
}
