//! The machine, its users and groups, and the addresses of its interfaces.

use std::net::Ipv4Addr;
use std::path::Path;

use gyr_event::snapshot::{GroupEntry, Interface, Machine, UserEntry};
use nix::ifaddrs::InterfaceAddress;
use nix::sys::socket::SockaddrStorage;

use crate::files::{lines, number, read, words};

/// What is known of the machine.
pub(crate) fn machine(root: &Path) -> Machine {
    let proc = root.join("proc");
    let stat = read(&proc.join("stat"));
    let boot_seconds: u64 =
        lines(&stat).find_map(|line| number(line.strip_prefix(b"btime ")?)).unwrap_or(0);
    let meminfo = read(&proc.join("meminfo"));
    let kilobytes: u64 = lines(&meminfo)
        .find_map(|line| number(words(line.strip_prefix(b"MemTotal:")?).next()?))
        .unwrap_or(0);
    let cpus = lines(&stat).filter(|line| line.starts_with(b"cpu") && !line.starts_with(b"cpu "));
    let hostname = read(&proc.join("sys/kernel/hostname"));
    Machine {
        hostname: String::from_utf8_lossy(hostname.trim_ascii()).into_owned(),
        num_cpus: u32::try_from(cpus.count()).unwrap_or(0),
        memory_bytes: kilobytes.saturating_mul(1024),
        max_pid: number(&read(&proc.join("sys/kernel/pid_max"))).unwrap_or(0),
        boot_ts: boot_seconds.saturating_mul(1_000_000_000),
        counts_boot: true,
    }
}

/// The users in /etc/passwd: `name:password:uid:gid:comment:home:shell`.
pub(crate) fn users(root: &Path) -> Vec<UserEntry> {
    let text = read(&root.join("etc/passwd"));
    let user = |line: &[u8]| {
        let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
        let field = |index: usize| fields.get(index).map(|field| field.to_vec());
        Some(UserEntry {
            uid: number(fields.get(2)?)?,
            gid: number(fields.get(3)?)?,
            name: field(0)?,
            home: field(5)?,
            shell: field(6).unwrap_or_default(),
        })
    };
    lines(&text).filter_map(user).collect()
}

/// The groups in /etc/group: `name:password:gid:members`.
pub(crate) fn groups(root: &Path) -> Vec<GroupEntry> {
    let text = read(&root.join("etc/group"));
    let group = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b':');
        let name = fields.next()?.to_vec();
        Some(GroupEntry { name, gid: number(fields.nth(1)?)? })
    };
    lines(&text).filter_map(group).collect()
}

/// The addresses of the interfaces of this network namespace.
pub(crate) fn interfaces() -> Vec<Interface> {
    let addresses = nix::ifaddrs::getifaddrs().into_iter().flatten();
    addresses.filter_map(|address| interface(&address)).collect()
}

fn interface(entry: &InterfaceAddress) -> Option<Interface> {
    let name = entry.interface_name.as_bytes().to_vec();
    let address = entry.address?;
    if let Some(v6) = address.as_sockaddr_in6() {
        return Some(Interface::V6 { name, address: v6.ip() });
    }
    let v4 = |address: Option<SockaddrStorage>| Some(address?.as_sockaddr_in()?.ip());
    Some(Interface::V4 {
        name,
        address: v4(Some(address))?,
        netmask: v4(entry.netmask).unwrap_or(Ipv4Addr::BROADCAST),
        broadcast: v4(entry.broadcast).unwrap_or(Ipv4Addr::UNSPECIFIED),
    })
}
