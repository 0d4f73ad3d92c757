//! How large the tables may grow, and the counters of what happened to them.

/// Bounds of the tables. What does not fit is refused and counted, never an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub threads: usize,
    pub fds_per_process: usize,
    /// The longest enter event that is kept for its exit, in bytes.
    pub stored_event: usize,
    /// Entries of the users table and of the groups table, each over all containers.
    pub users: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { threads: 262_144, fds_per_process: 4_096, stored_event: 4_096, users: 65_536 }
    }
}

/// Counters since the start, and the sizes of the tables now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub n_threads: u64,
    pub n_fds: u64,
    pub n_noncached_fd_lookups: u64,
    pub n_cached_fd_lookups: u64,
    pub n_failed_fd_lookups: u64,
    pub n_added_fds: u64,
    pub n_removed_fds: u64,
    /// Fds that a full table refused.
    pub n_refused_fds: u64,
    /// Users and groups that a full table refused.
    pub n_refused_users: u64,
    pub n_stored_events: u64,
    pub n_stored_event_drops: u64,
    pub n_retrieved_events: u64,
    pub n_retrieved_event_drops: u64,
    pub n_noncached_thread_lookups: u64,
    pub n_cached_thread_lookups: u64,
    pub n_failed_thread_lookups: u64,
    pub n_added_threads: u64,
    pub n_removed_threads: u64,
    pub n_drops_full_threadtable: u64,
}
