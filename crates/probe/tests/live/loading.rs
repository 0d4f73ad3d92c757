//! Loading, attaching and steering.

use gyr_event::Interest;
use gyr_probe::Config;

use crate::support::probe;

#[test]
fn every_program_is_accepted_by_the_kernel() {
    let start = std::time::Instant::now();
    probe(&Config { interest: Interest::all(), ..Config::default() });
    eprintln!("loaded all in {:?}", start.elapsed());
}
