//! Names of hosts that conditions ask about, and the addresses that they have. Somebody else resolves them.

use std::net::IpAddr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// What `fd.sip.name` and its kin are answered from. Nobody resolves addresses: only names that conditions hold count.
#[derive(Debug, Default)]
pub struct Hosts(RwLock<Vec<Host>>);

#[derive(Debug)]
struct Host {
    name: Box<str>,
    addresses: Vec<IpAddr>,
}

/// More names than anybody writes down, and more addresses than a name has.
const NAMES_MAX: usize = 4_096;
const ADDRESSES_MAX: usize = 256;

impl Hosts {
    /// A condition asks about this name.
    pub(crate) fn ask(&self, name: &str) {
        let mut hosts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() < NAMES_MAX && !hosts.iter().any(|host| *host.name == *name) {
            hosts.push(Host { name: name.into(), addresses: Vec::new() });
        }
    }

    /// All names that conditions ask about.
    pub fn asked(&self) -> Vec<String> {
        self.read().iter().map(|host| host.name.to_string()).collect()
    }

    /// A name has these addresses now.
    pub fn resolved(&self, name: &str, addresses: impl IntoIterator<Item = IpAddr>) {
        let addresses =
            addresses.into_iter().map(|ip| ip.to_canonical()).take(ADDRESSES_MAX).collect();
        let mut hosts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = hosts.iter_mut().find(|host| *host.name == *name) {
            host.addresses = addresses;
        }
    }

    /// Calls `each` with every name that has this address, until it returns false; whether there was one.
    pub(crate) fn of(&self, ip: IpAddr, mut each: impl FnMut(&str) -> bool) -> bool {
        let ip = ip.to_canonical();
        let mut found = false;
        for host in self.read().iter().filter(|host| host.addresses.contains(&ip)) {
            found = true;
            if !each(&host.name) {
                break;
            }
        }
        found
    }

    fn read(&self) -> RwLockReadGuard<'_, Vec<Host>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_all_names_that_it_was_resolved_from() {
        let hosts = Hosts::default();
        let ip: IpAddr = "10.0.0.1".parse().unwrap();
        for name in ["a.example", "b.example", "a.example"] {
            hosts.ask(name);
        }
        hosts.resolved("a.example", [ip]);
        hosts.resolved("b.example", ["::ffff:10.0.0.1".parse().unwrap()]);
        hosts.resolved("nobody.asked", [ip]);
        let mut names = Vec::new();
        assert!(hosts.of(ip, |name| {
            names.push(name.to_owned());
            true
        }));
        assert_eq!(names, ["a.example", "b.example"]);
        hosts.resolved("a.example", []);
        hosts.resolved("b.example", []);
        assert!(!hosts.of(ip, |_| true));
    }
}
