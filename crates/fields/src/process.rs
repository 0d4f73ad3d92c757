//! `proc.*` and `thread.*`: the table. How they are answered is in `proc`.

use gyr_event::EventCode;
use gyr_filter::{Lifetime, Type};
use gyr_state::Thread;

use crate::Context;
use crate::names::write_capabilities;
use crate::proc::{
    HOST_GROUP, SESSION, SHOWN_APID, VIRTUAL_GROUP, build_args, build_env, fd_limit, fd_usage,
    login_shell, n_fds, of_leader, parent, parent_duration, show_ancestor_env, show_ancestors,
    std_name, std_type, visit_ancestor_env, visit_ancestor_pids, visit_ancestors,
    visit_ancestors_made, write_args, write_cgroup, write_cgroups, write_cmdline, write_exeline,
    write_name_and_tid,
};
use crate::row::{Answer, Class, Dotted, Row};
use crate::text::items;

pub(crate) static CLASS: Class = Class {
    name: "process",
    short: "",
    description: "The process and the thread that the event belongs to, their ancestors, \
                session and process groups.",
    rows: &[
        Row::new(
            "proc.exe",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Text(|c| Some(c.thread()?.exe())),
            "first word of the command line (argv[0]), mostly the program as it was \
                called.",
        ),
        Row::new(
            "proc.pexe",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| Some(parent(c)?.exe())),
            "proc.exe of the parent.",
        ),
        Row::new(
            "proc.aexe",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Visit(|c, arg, each| visit_ancestors(c, arg, Thread::exe, each)),
            "proc.exe of an ancestor: [1] is the parent, [2] the grandparent; without an \
                index any ancestor.",
        )
        .ancestors()
        .shown(Answer::Build(|c, arg, out| {
            show_ancestors(c, arg, |thread, out| out.extend_from_slice(thread.exe()), out)
        })),
        Row::new(
            "proc.exepath",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Text(|c| Some(c.thread()?.exepath())),
            "full path of the executable file.",
        ),
        Row::new(
            "proc.pexepath",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| Some(parent(c)?.exepath())),
            "proc.exepath of the parent.",
        ),
        Row::new(
            "proc.aexepath",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Visit(|c, arg, each| visit_ancestors(c, arg, Thread::exepath, each)),
            "proc.exepath of an ancestor: [1] is the parent, [2] the grandparent; without \
                an index any ancestor.",
        )
        .ancestors()
        .shown(Answer::Build(|c, arg, out| {
            show_ancestors(c, arg, |thread, out| out.extend_from_slice(thread.exepath()), out)
        })),
        Row::new(
            "proc.name",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Text(|c| Some(c.thread()?.comm())),
            "name of the process, cut to 15 bytes by the kernel.",
        ),
        Row::new(
            "proc.pname",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| Some(parent(c)?.comm())),
            "proc.name of the parent.",
        ),
        Row::new(
            "proc.aname",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Visit(|c, arg, each| visit_ancestors(c, arg, Thread::comm, each)),
            "proc.name of an ancestor: [1] is the parent, [2] the grandparent; without an \
                index any ancestor.",
        )
        .ancestors()
        .shown(Answer::Build(|c, arg, out| {
            show_ancestors(c, arg, |thread, out| out.extend_from_slice(thread.comm()), out)
        })),
        Row::new(
            "proc.args",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(build_args),
            "arguments after the first word of the command line; [0] is the first of \
                them.",
        )
        .index(),
        Row::new(
            "proc.aargs",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Build(|c, arg, out| show_ancestors(c, arg, write_args, out)),
            "proc.args of an ancestor: [1] is the parent, [2] the grandparent; without an \
                index those of all in one text.",
        )
        .index(),
        Row::new(
            "proc.cmdline",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(|c, _, out| {
                c.thread().map(|thread| write_cmdline(thread, out)).is_some()
            }),
            "proc.name and proc.args.",
        ),
        Row::new(
            "proc.pcmdline",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Build(|c, _, out| parent(c).map(|thread| write_cmdline(thread, out)).is_some()),
            "proc.cmdline of the parent.",
        ),
        Row::new(
            "proc.acmdline",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Visit(|c, arg, each| {
                visit_ancestors_made(c, arg, |_, thread, out| write_cmdline(thread, out), each)
            }),
            "proc.cmdline of an ancestor: [1] is the parent, [2] the grandparent; without \
                an index any ancestor.",
        )
        .ancestors()
        .shown(Answer::Build(|c, arg, out| show_ancestors(c, arg, write_cmdline, out))),
        Row::new(
            "proc.cmdnargs",
            Type::Uint64,
            Lifetime::Thread,
            Answer::Uint(|c| Some(items(c.thread()?.args()).count() as u64)),
            "number of arguments in proc.args.",
        )
        .dec(),
        Row::new(
            "proc.cmdlenargs",
            Type::Uint64,
            Lifetime::Thread,
            Answer::Uint(|c| Some(items(c.thread()?.args()).map(|arg| arg.len() as u64).sum())),
            "bytes of all arguments in proc.args, blanks between them not counted.",
        )
        .dec(),
        Row::new(
            "proc.exeline",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(|c, _, out| {
                c.thread().map(|thread| write_exeline(thread, out)).is_some()
            }),
            "proc.exe and proc.args.",
        ),
        Row::new(
            "proc.env",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(build_env),
            "environment as NAME=value, separated by blanks; [NAME] is the value of one \
                variable.",
        )
        .index()
        .key(),
        Row::new(
            "proc.aenv",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Visit(visit_ancestor_env),
            "proc.env of an ancestor: [1] is the parent, [2] the grandparent; [NAME] is \
                the value of a variable in the nearest of 20 ancestors that has it; without \
                an argument any ancestor.",
        )
        .key()
        .ancestors()
        .shown(Answer::Build(show_ancestor_env)),
        Row::new(
            "proc.cwd",
            Type::Charbuf,
            Lifetime::Cwd,
            Answer::Text(|c| Some(c.state.cwd(c.thread()?))),
            "working directory, with a slash at its end.",
        ),
        Row::new(
            "proc.loginshellid",
            Type::Int64,
            Lifetime::Lineage,
            Answer::Int(login_shell),
            "pid of the oldest shell among the process and its ancestors; tells sessions \
                of users apart.",
        )
        .id(),
        Row::new(
            "proc.tty",
            Type::Uint32,
            Lifetime::Thread,
            Answer::Uint(|c| Some(c.thread()?.tty().into())),
            "device number of the controlling terminal; 0 if there is none.",
        )
        .id(),
        Row::new(
            "proc.pid",
            Type::Int64,
            Lifetime::Thread,
            Answer::Int(|c| Some(c.thread()?.pid())),
            "id of the process.",
        )
        .id(),
        Row::new(
            "proc.ppid",
            Type::Int64,
            Lifetime::Lineage,
            Answer::Int(|c| Some(parent(c)?.pid())),
            "id of the parent process.",
        )
        .id(),
        Row::new(
            "proc.apid",
            Type::Int64,
            Lifetime::Lineage,
            Answer::Visit(visit_ancestor_pids),
            "proc.pid of an ancestor: [1] is the parent, [2] the grandparent; without an \
                index any ancestor.",
        )
        .id()
        .ancestors()
        .shown(SHOWN_APID),
        Row::new(
            "proc.vpid",
            Type::Int64,
            Lifetime::Thread,
            Answer::Int(|c| some_id(c.thread()?.vpid())),
            "id of the process in its own pid namespace.",
        )
        .id(),
        Row::new(
            "proc.pvpid",
            Type::Int64,
            Lifetime::Lineage,
            Answer::Int(|c| Some(parent(c)?.vpid())),
            "proc.vpid of the parent.",
        )
        .id(),
        Row::new(
            "proc.sid",
            Type::Int64,
            Lifetime::Thread,
            Answer::Int(|c| Some(c.thread()?.sid())),
            "id of the session.",
        )
        .id(),
        Row::new(
            "proc.sname",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, SESSION, Thread::comm)),
            "proc.name of the leader of the session: the process with that id or, if it \
                is gone, the oldest ancestor with the same id.",
        ),
        Row::new(
            "proc.sid.exe",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, SESSION, Thread::exe)),
            "proc.exe of the leader of the session.",
        ),
        Row::new(
            "proc.sid.exepath",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, SESSION, Thread::exepath)),
            "proc.exepath of the leader of the session.",
        ),
        Row::new(
            "proc.vpgid",
            Type::Int64,
            Lifetime::Thread,
            Answer::Int(|c| Some(c.thread()?.vpgid())),
            "id of the process group, in the pid namespace of the process.",
        )
        .id(),
        Row::new(
            "proc.vpgid.name",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, VIRTUAL_GROUP, Thread::comm)),
            "proc.name of the leader of the process group: the process with that id or, \
                if it is gone, the oldest ancestor with the same id.",
        ),
        Row::new(
            "proc.vpgid.exe",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, VIRTUAL_GROUP, Thread::exe)),
            "proc.exe of the leader of the process group.",
        ),
        Row::new(
            "proc.vpgid.exepath",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, VIRTUAL_GROUP, Thread::exepath)),
            "proc.exepath of the leader of the process group.",
        ),
        Row::new(
            "proc.pgid",
            Type::Int64,
            Lifetime::Thread,
            Answer::Int(|c| Some(c.thread()?.pgid())),
            "id of the process group, as the host numbers it.",
        )
        .id(),
        Row::new(
            "proc.pgid.name",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, HOST_GROUP, Thread::comm)),
            "proc.name of the leader of the process group: the process with that id or, \
                if it is gone, the oldest ancestor with the same id.",
        ),
        Row::new(
            "proc.pgid.exe",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, HOST_GROUP, Thread::exe)),
            "proc.exe of the leader of the process group.",
        ),
        Row::new(
            "proc.pgid.exepath",
            Type::Charbuf,
            Lifetime::Lineage,
            Answer::Text(|c| of_leader(c, HOST_GROUP, Thread::exepath)),
            "proc.exepath of the leader of the process group.",
        ),
        Row::new(
            "proc.duration",
            Type::Reltime,
            Lifetime::Clock,
            Answer::Uint(|c| Some(c.event.ts().wrapping_sub(some_time(c.thread()?.clone_ts())?))),
            "nanoseconds since the process started.",
        )
        .dec(),
        Row::new(
            "proc.ppid.duration",
            Type::Reltime,
            Lifetime::Clock,
            Answer::Int(parent_duration),
            "nanoseconds since the parent started.",
        )
        .dec(),
        Row::new(
            "proc.pid.ts",
            Type::Reltime,
            Lifetime::Thread,
            Answer::Uint(|c| some_time(c.thread()?.clone_ts())),
            "when the process started, in nanoseconds since the epoch.",
        )
        .dec(),
        Row::new(
            "proc.ppid.ts",
            Type::Reltime,
            Lifetime::Lineage,
            Answer::Uint(|c| Some(parent(c)?.clone_ts())),
            "when the parent started, in nanoseconds since the epoch.",
        )
        .dec(),
        Row::new(
            "proc.is_exe_writable",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| Some(c.thread()?.exe_writable())),
            "whether the user who started the process may write to its executable.",
        ),
        Row::new(
            "proc.is_exe_upper_layer",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| Some(c.thread()?.exe_upper_layer())),
            "whether the executable is in the upper layer of an overlay file system: it \
                is new or was changed since the container started.",
        ),
        Row::new(
            "proc.is_exe_lower_layer",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| Some(c.thread()?.exe_lower_layer())),
            "whether the executable is in a lower layer of an overlay file system: it is \
                part of the image.",
        ),
        Row::new(
            "proc.is_exe_from_memfd",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| Some(c.thread()?.exe_from_memfd())),
            "whether the executable is a file in memory, made by memfd_create.",
        ),
        Row::new(
            "proc.is_sid_leader",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| c.thread().map(|thread| thread.sid() == thread.vpid())),
            "whether the process leads its session.",
        ),
        Row::new(
            "proc.is_vpgid_leader",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| c.thread().map(|thread| thread.vpgid() == thread.vpid())),
            "whether the process leads its process group, as its pid namespace numbers \
                them: a command of an interactive shell does, what a script runs does not.",
        ),
        Row::new(
            "proc.is_pgid_leader",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| c.thread().map(|thread| thread.pgid() == thread.pid())),
            "whether the process leads its process group, as the host numbers them.",
        ),
        Row::new(
            "proc.exe_ino",
            Type::Int64,
            Lifetime::Thread,
            Answer::Uint(|c| some_time(c.thread()?.exe_ino())),
            "inode number of the executable.",
        )
        .dec(),
        Row::new(
            "proc.exe_ino.ctime",
            Type::Abstime,
            Lifetime::Thread,
            Answer::Uint(|c| some_time(c.thread()?.exe_ino_ctime())),
            "when the status of the executable last changed (its owner, mode or content), \
                in nanoseconds since the epoch.",
        )
        .dec(),
        Row::new(
            "proc.exe_ino.mtime",
            Type::Abstime,
            Lifetime::Thread,
            Answer::Uint(|c| some_time(c.thread()?.exe_ino_mtime())),
            "when the content of the executable last changed, in nanoseconds since the \
                epoch.",
        )
        .dec(),
        Row::new(
            "proc.exe_ino.ctime_duration_proc_start",
            Type::Abstime,
            Lifetime::Thread,
            Answer::Uint(|c| some_time(c.thread()?.exe_ino_ctime_duration_clone_ts())),
            "nanoseconds from the last change of the executable to the start of the \
                process.",
        )
        .dec(),
        Row::new(
            "proc.exe_ino.ctime_duration_pidns_start",
            Type::Abstime,
            Lifetime::Thread,
            Answer::Uint(|c| some_time(c.thread()?.exe_ino_ctime_duration_pidns_start())),
            "nanoseconds from the start of the pid namespace to a change of the \
                executable after it.",
        )
        .dec(),
        Row::new(
            "proc.pidns_init_start_ts",
            Type::Uint64,
            Lifetime::Thread,
            Answer::Uint(|c| some_time(c.thread()?.pidns_init_start_ts())),
            "when the pid namespace started, in nanoseconds since the epoch.",
        )
        .dec(),
        Row::new(
            "thread.cap_permitted",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(|c, _, out| {
                c.thread().map(|thread| write_capabilities(thread.cap_permitted(), out)).is_some()
            }),
            "capabilities that the thread may take.",
        ),
        Row::new(
            "thread.cap_inheritable",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(|c, _, out| {
                c.thread().map(|thread| write_capabilities(thread.cap_inheritable(), out)).is_some()
            }),
            "capabilities that exec hands on.",
        ),
        Row::new(
            "thread.cap_effective",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(|c, _, out| {
                c.thread().map(|thread| write_capabilities(thread.cap_effective(), out)).is_some()
            }),
            "capabilities that the thread has.",
        ),
        Row::new(
            "proc.fdopencount",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(n_fds),
            "number of open fds of the process.",
        )
        .dec(),
        Row::new(
            "proc.fdlimit",
            Type::Int64,
            Lifetime::Event,
            Answer::Int(fd_limit),
            "number of fds that the process may have open.",
        )
        .dec(),
        Row::new(
            "proc.fdusage",
            Type::Double,
            Lifetime::Event,
            Answer::Double(fd_usage),
            "percent of proc.fdlimit that are open.",
        ),
        Row::new(
            "proc.vmsize",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| Some(c.thread()?.vmsize_kb().into())),
            "virtual memory of the process in KiB.",
        )
        .dec(),
        Row::new(
            "proc.vmrss",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| Some(c.thread()?.vmrss_kb().into())),
            "resident memory of the process in KiB.",
        )
        .dec(),
        Row::new(
            "proc.vmswap",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| Some(c.thread()?.vmswap_kb().into())),
            "swapped memory of the process in KiB.",
        )
        .dec(),
        Row::new(
            "thread.pfmajor",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| Some(c.thread()?.pfmajor())),
            "number of page faults that had to read from disk.",
        )
        .dec(),
        Row::new(
            "thread.pfminor",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| Some(c.thread()?.pfminor())),
            "number of page faults that did not have to read from disk.",
        )
        .dec(),
        Row::new(
            "thread.tid",
            Type::Int64,
            Lifetime::Event,
            Answer::Int(|c| Some(c.event.tid())),
            "id of the thread.",
        )
        .id(),
        Row::new(
            "thread.ismain",
            Type::Bool,
            Lifetime::Thread,
            Answer::Bool(|c| Some(c.thread()?.is_main())),
            "whether the thread is the main one of its process.",
        ),
        Row::new(
            "thread.vtid",
            Type::Int64,
            Lifetime::Thread,
            Answer::Int(|c| some_id(c.thread()?.vtid())),
            "id of the thread in its own pid namespace.",
        )
        .id(),
        Row::new(
            "thread.nametid",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(|c, _, out| write_name_and_tid(c, out)),
            "proc.name and thread.tid in one word.",
        )
        .table_only(),
        Row::new(
            "thread.exectime",
            Type::Reltime,
            Lifetime::Clock,
            Answer::Uint(|c| Some(c.exectime())),
            "nanoseconds that the thread ran before this switch to another.",
        )
        .dec()
        .json(Answer::Uint(|_| Some(0))),
        Row::new(
            "thread.totexectime",
            Type::Reltime,
            Lifetime::Clock,
            Answer::Uint(|c| c.thread().map(|_| c.total_exectime())),
            "nanoseconds that the thread ran since the stream began.",
        )
        .dec()
        .json(Answer::Uint(|c| c.thread().map(|_| 0))),
        Row::new(
            "thread.cgroups",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(|c, _, out| write_cgroups(c, out)),
            "cgroups of the thread as subsystem=path, separated by blanks.",
        ),
        Row::new(
            "thread.cgroup",
            Type::Charbuf,
            Lifetime::Thread,
            Answer::Build(write_cgroup),
            "path of the cgroup of the subsystem that follows, such as thread.cgroup.cpu.",
        )
        .dotted(Dotted::Subsystem)
        .required(),
        Row::new(
            "proc.nthreads",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| Some(c.state.n_threads(c.thread()?))),
            "number of threads of the process.",
        )
        .dec(),
        Row::new(
            "proc.nchilds",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| Some(c.state.n_children(c.thread()?))),
            "number of threads of the process, the main one not counted.",
        )
        .dec(),
        Row::new(
            "thread.cpu",
            Type::Double,
            Lifetime::Clock,
            Answer::Double(|c| cpu(c, |user, system| user + system)),
            "CPU time of the thread since it was last told, at most 100; in procinfo \
                events only.",
        )
        .json(Answer::Double(|c| cpu(c, |_, _| 0))),
        Row::new(
            "thread.cpu.user",
            Type::Double,
            Lifetime::Clock,
            Answer::Double(|c| cpu(c, |user, _| user)),
            "CPU time in user mode of the thread since it was last told, at most 100; in \
                procinfo events only.",
        )
        .json(Answer::Double(|c| cpu(c, |_, _| 0))),
        Row::new(
            "thread.cpu.system",
            Type::Double,
            Lifetime::Clock,
            Answer::Double(|c| cpu(c, |_, system| system)),
            "CPU time in the kernel of the thread since it was last told, at most 100; in \
                procinfo events only.",
        )
        .json(Answer::Double(|c| cpu(c, |_, _| 0))),
        Row::new(
            "thread.vmsize",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| of_main(c, Thread::vmsize_kb)),
            "as proc.vmsize, 0 for other threads than the main one.",
        )
        .dec(),
        Row::new(
            "thread.vmrss",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| of_main(c, Thread::vmrss_kb)),
            "as proc.vmrss, 0 for other threads than the main one.",
        )
        .dec(),
        Row::new(
            "thread.vmsize.b",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| of_main(c, Thread::vmsize_kb).map(in_bytes)),
            "as thread.vmsize, in bytes.",
        )
        .dec()
        .table_only(),
        Row::new(
            "thread.vmrss.b",
            Type::Uint64,
            Lifetime::Event,
            Answer::Uint(|c| of_main(c, Thread::vmrss_kb).map(in_bytes)),
            "as thread.vmrss, in bytes.",
        )
        .dec()
        .table_only(),
        Row::new(
            "proc.stdin.type",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Text(|c| std_type(c, 0)),
            "type of the fd 0.",
        ),
        Row::new(
            "proc.stdout.type",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Text(|c| std_type(c, 1)),
            "type of the fd 1.",
        ),
        Row::new(
            "proc.stderr.type",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Text(|c| std_type(c, 2)),
            "type of the fd 2.",
        ),
        Row::new(
            "proc.stdin.name",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Text(|c| std_name(c, 0)),
            "name of the fd 0.",
        ),
        Row::new(
            "proc.stdout.name",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Text(|c| std_name(c, 1)),
            "name of the fd 1.",
        ),
        Row::new(
            "proc.stderr.name",
            Type::Charbuf,
            Lifetime::Event,
            Answer::Text(|c| std_name(c, 2)),
            "name of the fd 2.",
        ),
    ],
};

/// -1 is how unknown ids are kept.
fn some_id(id: i64) -> Option<i64> {
    (id != -1).then_some(id)
}

/// 0 is how unknown times and inodes are kept.
fn some_time(time: u64) -> Option<u64> {
    (time != 0).then_some(time)
}

/// What a procinfo event says that the thread used.
fn cpu(c: &Context<'_>, pick: fn(u64, u64) -> u64) -> Option<f64> {
    c.thread()?;
    if c.event.code() != EventCode::PROCINFO {
        return None;
    }
    let (user, system) = c.cpu_delta();
    Some(pick(user, system).min(100) as f64)
}

/// A size in KiB that only main threads have.
fn of_main(c: &Context<'_>, size: fn(&Thread) -> u32) -> Option<u64> {
    c.thread().map(|thread| if thread.is_main() { size(thread).into() } else { 0 })
}

const fn in_bytes(kib: u64) -> u64 {
    kib.wrapping_mul(1024)
}
