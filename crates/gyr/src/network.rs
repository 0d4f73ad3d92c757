//! Names of services and of hosts for rules. Names of hosts are resolved in a thread of its own: a name server can be slow,
//! and events do not wait.

use std::fs;
use std::net::ToSocketAddrs as _;
use std::sync::{Arc, LazyLock, Once};
use std::time::Duration;

use gyr_fields::{Fields, Hosts, Services};

/// Every set of rules asks the same hosts; a name that was asked for once is resolved until the end.
static HOSTS: LazyLock<Arc<Hosts>> = LazyLock::new(Arc::default);
static RESOLVER: Once = Once::new();

/// How long an answer is good for.
const REFRESH: Duration = Duration::from_secs(60);
/// How soon names of new rules are asked for.
const TICK: Duration = Duration::from_secs(3);

/// The fields of this machine.
pub(crate) fn fields() -> Fields {
    let services = fs::read_to_string("/etc/services");
    let services = services.map_or_else(|_| Services::default(), |text| Services::parse(&text));
    Fields::default().with_network(hosts(), Arc::new(services))
}

pub(crate) fn hosts() -> Arc<Hosts> {
    Arc::clone(&HOSTS)
}

/// Resolves, from now on, the names that conditions ask about.
pub(crate) fn resolve() {
    RESOLVER.call_once(|| {
        let resolver = std::thread::Builder::new().name("resolver".to_owned());
        // Without the thread, no name has an address.
        let _ = resolver.spawn(|| {
            loop {
                refresh(&HOSTS);
            }
        });
    });
}

/// Resolves all names once, and names that turn up while the answers are good.
fn refresh(hosts: &Hosts) {
    let mut done = 0;
    for _ in 0..REFRESH.as_secs() / TICK.as_secs() {
        let names = hosts.asked();
        for name in names.iter().skip(done) {
            // Without an answer, the last one holds.
            if let Ok(addresses) = (name.as_str(), 0).to_socket_addrs() {
                hosts.resolved(name, addresses.map(|address| address.ip()));
            }
        }
        done = names.len();
        std::thread::sleep(TICK);
    }
}
