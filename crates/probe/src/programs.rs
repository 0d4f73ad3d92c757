//! The programs in the kernel, by descriptor: what libbpf has read to load them takes megabytes, and is not needed after.
#![allow(
    unsafe_code,
    reason = "libbpf attaches a program that it has not just loaded by its descriptor only"
)]

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use libbpf_rs::Object;
use libbpf_rs::libbpf_sys::bpf_raw_tracepoint_open;

use crate::stats::ProgramStats;

/// Programs that are loaded, and those of them that are attached.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    loaded: HashMap<String, OwnedFd>,
    /// By the program and, if it is attached to several tracepoints, the one. Each ends when its descriptor is closed.
    links: HashMap<(&'static str, &'static str), OwnedFd>,
}

impl Programs {
    /// Takes over what an object has loaded, and gives back what libbpf needed for that.
    pub(crate) fn keep(&mut self, object: Object) -> io::Result<()> {
        for program in object.progs().filter(|program| program.autoload()) {
            let name = program.name().to_string_lossy().into_owned();
            self.loaded.insert(name, program.as_fd().try_clone_to_owned()?);
        }
        drop(object);
        trim();
        Ok(())
    }

    pub(crate) fn is_loaded(&self, name: &str) -> bool {
        self.loaded.contains_key(name)
    }

    pub(crate) fn fd(&self, name: &str) -> Option<BorrowedFd<'_>> {
        self.loaded.get(name).map(AsFd::as_fd)
    }

    /// Attaches a program to the tracepoint that it was loaded for, unless it is attached or not loaded.
    pub(crate) fn attach(&mut self, name: &'static str) -> io::Result<()> {
        let link = (name, "");
        let Some(program) = self.loaded.get(name).filter(|_| !self.links.contains_key(&link))
        else {
            return Ok(());
        };
        // SAFETY: the name is not needed, for such a program knows its tracepoint; the descriptor is open.
        let fd = unsafe { bpf_raw_tracepoint_open(ptr::null(), program.as_raw_fd()) };
        if fd < 0 {
            return Err(io::Error::from_raw_os_error(-fd));
        }
        // SAFETY: the call has just opened it for us.
        self.links.insert(link, unsafe { OwnedFd::from_raw_fd(fd) });
        Ok(())
    }

    /// Attaches a program to a tracepoint that was opened as an event; an error if it is not loaded.
    pub(crate) fn attach_to(
        &mut self,
        name: &'static str,
        tracepoint: &'static str,
        event: OwnedFd,
    ) -> io::Result<()> {
        let program = self.loaded.get(name).ok_or(io::ErrorKind::NotFound)?;
        // SAFETY: both descriptors are open, and the kernel takes nothing else.
        if unsafe { libc::ioctl(event.as_raw_fd(), SET_PROGRAM, program.as_raw_fd()) } < 0 {
            return Err(io::Error::last_os_error());
        }
        self.links.insert((name, tracepoint), event);
        Ok(())
    }

    pub(crate) fn is_attached_to(&self, name: &'static str, tracepoint: &'static str) -> bool {
        self.links.contains_key(&(name, tracepoint))
    }

    /// Detaches all others; asks with the program and the tracepoint.
    pub(crate) fn keep_attached(&mut self, wanted: impl Fn(&str, &str) -> bool) {
        self.links.retain(|(name, tracepoint), _| wanted(name, tracepoint));
    }

    /// What the kernel shows of the attached programs behind their descriptors.
    pub(crate) fn stats(&self) -> Vec<ProgramStats> {
        let names: BTreeSet<&'static str> = self.links.keys().map(|(name, _)| *name).collect();
        let stats = names.into_iter().filter_map(|name| {
            let program = self.loaded.get(name)?;
            let path = format!("/proc/self/fdinfo/{}", program.as_raw_fd());
            let info = std::fs::read_to_string(path).ok()?;
            let number = |key: &str| {
                let line = info.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
                line.and_then(|value| value.trim().parse().ok()).unwrap_or(0)
            };
            Some(ProgramStats {
                name,
                runs: number("run_cnt"),
                nanoseconds: number("run_time_ns"),
                missed_recursion: number("recursion_misses"),
            })
        });
        stats.collect()
    }
}

/// `PERF_EVENT_IOC_SET_BPF`, which no crate has (include/uapi/linux/perf_event.h).
const SET_PROGRAM: libc::Ioctl = 0x4004_2408;

/// The C library keeps what was freed, and only libbpf uses it much.
#[cfg(target_env = "gnu")]
fn trim() {
    // SAFETY: it touches only memory that nobody has.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(target_env = "gnu"))]
const fn trim() {}
