// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// From the kernel's numbers to those of records, which are the same on every architecture and for every age.
#pragma once

// `ours` if any bit of `kernel` is set.
#define FLAG(value, kernel, ours) ((value) & (kernel) ? (ours) : 0)

// O_SYNC has O_DSYNC's bit and O_TMPFILE has O_DIRECTORY's; any bit counts, as Falco has it: a directory that is opened
// carries O_TMPFILE, too.
static __always_inline __u32 open_flags(__u64 f)
{
	__u32 access = (f & 3) == 1 ? file_flags__O_WRONLY : (f & 3) == 2 ? file_flags__O_RDWR : file_flags__O_RDONLY;
	return access | FLAG(f, 0100, file_flags__O_CREAT) | FLAG(f, 020200000, file_flags__O_TMPFILE) |
	       FLAG(f, 02000, file_flags__O_APPEND) | FLAG(f, 010000, file_flags__O_DSYNC) |
	       FLAG(f, 0200, file_flags__O_EXCL) | FLAG(f, 04000, file_flags__O_NONBLOCK) |
	       FLAG(f, 04010000, file_flags__O_SYNC) | FLAG(f, 01000, file_flags__O_TRUNC) |
	       FLAG(f, 040000, file_flags__O_DIRECT) | FLAG(f, 0200000, file_flags__O_DIRECTORY) |
	       FLAG(f, 0100000, file_flags__O_LARGEFILE) | FLAG(f, 02000000, file_flags__O_CLOEXEC);
}

// The mode counts only where the call may create a file.
static __always_inline __u32 open_mode(__u64 f, __u64 mode)
{
	return f & (0100 | 020200000) ? mode & 07777 : 0;
}

static __always_inline __u32 clone_flags(__u64 f)
{
	return FLAG(f, 0x400, clone_flags__CLONE_FILES) | FLAG(f, 0x200, clone_flags__CLONE_FS) |
	       FLAG(f, 0x80000000, clone_flags__CLONE_IO) | FLAG(f, 0x08000000, clone_flags__CLONE_NEWIPC) |
	       FLAG(f, 0x40000000, clone_flags__CLONE_NEWNET) | FLAG(f, 0x00020000, clone_flags__CLONE_NEWNS) |
	       FLAG(f, 0x20000000, clone_flags__CLONE_NEWPID) | FLAG(f, 0x04000000, clone_flags__CLONE_NEWUTS) |
	       FLAG(f, 0x00100000, clone_flags__CLONE_PARENT_SETTID) | FLAG(f, 0x8000, clone_flags__CLONE_PARENT) |
	       FLAG(f, 0x2000, clone_flags__CLONE_PTRACE) | FLAG(f, 0x800, clone_flags__CLONE_SIGHAND) |
	       FLAG(f, 0x00040000, clone_flags__CLONE_SYSVSEM) | FLAG(f, 0x00010000, clone_flags__CLONE_THREAD) |
	       FLAG(f, 0x00800000, clone_flags__CLONE_UNTRACED) | FLAG(f, 0x100, clone_flags__CLONE_VM) |
	       FLAG(f, 0x10000000, clone_flags__CLONE_NEWUSER) |
	       FLAG(f, 0x00200000, clone_flags__CLONE_CHILD_CLEARTID) |
	       FLAG(f, 0x01000000, clone_flags__CLONE_CHILD_SETTID) |
	       FLAG(f, 0x00080000, clone_flags__CLONE_SETTLS) | FLAG(f, 0x4000, clone_flags__CLONE_VFORK) |
	       FLAG(f, 0x02000000, clone_flags__CLONE_NEWCGROUP);
}

static __always_inline __u32 resolve_flags(__u64 f)
{
	return FLAG(f, 0x01, openat2_flags__RESOLVE_NO_XDEV) | FLAG(f, 0x02, openat2_flags__RESOLVE_NO_MAGICLINKS) |
	       FLAG(f, 0x04, openat2_flags__RESOLVE_NO_SYMLINKS) | FLAG(f, 0x08, openat2_flags__RESOLVE_BENEATH) |
	       FLAG(f, 0x10, openat2_flags__RESOLVE_IN_ROOT) | FLAG(f, 0x20, openat2_flags__RESOLVE_CACHED);
}

// What calls that make an fd take from open's flags.
static __always_inline __u32 fd_flags(__u64 f)
{
	return FLAG(f, 02000000, file_flags__O_CLOEXEC) | FLAG(f, 04000, file_flags__O_NONBLOCK) |
	       FLAG(f, 040000, file_flags__O_DIRECT);
}

// The families that have a name keep their number.
static __always_inline __u8 socket_family(__u64 family)
{
	return family <= socket_families__AF_LLC ||
			       (family >= socket_families__AF_CAN && family <= socket_families__AF_NFC)
		       ? family
		       : socket_families__AF_UNSPEC;
}

static __always_inline __u32 prot_flags(__u64 f)
{
	return (f & 0xf) | FLAG(f, 0x01000000, prot_flags__PROT_GROWSDOWN) |
	       FLAG(f, 0x02000000, prot_flags__PROT_GROWSUP) | FLAG(f, 0x10, prot_flags__PROT_SAO);
}

static __always_inline __u32 mmap_flags(__u64 f)
{
	return FLAG(f, 0x1, mmap_flags__MAP_SHARED) | FLAG(f, 0x2, mmap_flags__MAP_PRIVATE) |
	       FLAG(f, 0x10, mmap_flags__MAP_FIXED) | FLAG(f, 0x20, mmap_flags__MAP_ANONYMOUS) |
	       FLAG(f, 0x40, mmap_flags__MAP_32BIT) | FLAG(f, 0x4000, mmap_flags__MAP_NORESERVE) |
	       FLAG(f, 0x8000, mmap_flags__MAP_POPULATE) | FLAG(f, 0x10000, mmap_flags__MAP_NONBLOCK) |
	       FLAG(f, 0x100, mmap_flags__MAP_GROWSDOWN) | FLAG(f, 0x800, mmap_flags__MAP_DENYWRITE) |
	       FLAG(f, 0x1000, mmap_flags__MAP_EXECUTABLE) | FLAG(f, 0x2000, mmap_flags__MAP_LOCKED);
}

static __always_inline __u8 fcntl_command(__u32 command)
{
	switch (command) {
	case 0:
		return fcntl_commands__F_DUPFD;
	case 1:
		return fcntl_commands__F_GETFD;
	case 2:
		return fcntl_commands__F_SETFD;
	case 3:
		return fcntl_commands__F_GETFL;
	case 4:
		return fcntl_commands__F_SETFL;
	case 5:
		return fcntl_commands__F_GETLK;
	case 6:
		return fcntl_commands__F_SETLK;
	case 7:
		return fcntl_commands__F_SETLKW;
	case 8:
		return fcntl_commands__F_SETOWN;
	case 9:
		return fcntl_commands__F_GETOWN;
	case 10:
		return fcntl_commands__F_SETSIG;
	case 11:
		return fcntl_commands__F_GETSIG;
	case 15:
		return fcntl_commands__F_SETOWN_EX;
	case 16:
		return fcntl_commands__F_GETOWN_EX;
	case 36:
		return fcntl_commands__F_OFD_GETLK;
	case 37:
		return fcntl_commands__F_OFD_SETLK;
	case 38:
		return fcntl_commands__F_OFD_SETLKW;
	case 1024:
		return fcntl_commands__F_SETLEASE;
	case 1025:
		return fcntl_commands__F_GETLEASE;
	case 1026:
		return fcntl_commands__F_NOTIFY;
	case 1029:
		return fcntl_commands__F_CANCELLK;
	case 1030:
		return fcntl_commands__F_DUPFD_CLOEXEC;
	case 1031:
		return fcntl_commands__F_SETPIPE_SZ;
	case 1032:
		return fcntl_commands__F_GETPIPE_SZ;
	default:
		return fcntl_commands__UNKNOWN;
	}
}

static __always_inline __u8 sockopt_level(__u32 level)
{
	return level == 1 ? sockopt_levels__SOL_SOCKET : level == 6 ? sockopt_levels__SOL_TCP : sockopt_levels__UNKNOWN;
}

// Options of the socket level keep their number up to SO_ATTACH_BPF; those of other levels are not told apart.
static __always_inline __u8 sockopt_option(__u32 level, __u32 option)
{
	if (level != 1)
		return sockopt_options__UNKNOWN;
	switch (option) {
	case 55:
		return sockopt_options__SO_MEMINFO;
	case 57:
		return sockopt_options__SO_COOKIE;
	case 59:
		return sockopt_options__SO_PEERGROUPS;
	default:
		return option <= sockopt_options__SO_ATTACH_BPF ? option : sockopt_options__UNKNOWN;
	}
}

static __always_inline __u16 poll_flags(__u64 f)
{
	return (f & 7) | FLAG(f, 0x2000, poll_flags__POLLRDHUP) | FLAG(f, 0x8, poll_flags__POLLERR) |
	       FLAG(f, 0x10, poll_flags__POLLHUP) | FLAG(f, 0x20, poll_flags__POLLNVAL) |
	       FLAG(f, 0x40, poll_flags__POLLRDNORM) | FLAG(f, 0x80, poll_flags__POLLRDBAND) |
	       FLAG(f, 0x100, poll_flags__POLLWRNORM) | FLAG(f, 0x200, poll_flags__POLLWRBAND);
}

// The operation keeps its number; the two flags keep their bits.
static __always_inline __u16 futex_operation(__u64 op)
{
	__u16 command = op & 127;
	return (command <= futex_operations__FUTEX_CMP_REQUEUE_PI ? command : 0) |
	       (op & (futex_operations__FUTEX_PRIVATE_FLAG | futex_operations__FUTEX_CLOCK_REALTIME));
}

static __always_inline __u8 rlimit_resource(__u64 resource)
{
	return resource <= rlimit_resources__RLIMIT_RTTIME ? resource : rlimit_resources__RLIMIT_UNKNOWN;
}

// Before Linux 2.4 the upper half had to be a magic number, and some still set it.
static __always_inline __u32 mount_flags(__u64 f)
{
	return (f & 0xffff0000) == 0xc0ed0000 ? f & 0xffff : f;
}

static __always_inline __u32 fchownat_flags(__u64 f)
{
	return FLAG(f, 0x100, fchownat_flags__AT_SYMLINK_NOFOLLOW) | (f & fchownat_flags__AT_EMPTY_PATH);
}

static __always_inline __u32 delete_module_flags(__u64 f)
{
	return FLAG(f, 04000, delete_module_flags__O_NONBLOCK) | FLAG(f, 01000, delete_module_flags__O_TRUNC);
}

static __always_inline __u32 semget_flags(__u64 f)
{
	return FLAG(f, 01000, semget_flags__IPC_CREAT) | FLAG(f, 02000, semget_flags__IPC_EXCL);
}

static __always_inline __u16 semop_flags(__u64 f)
{
	return FLAG(f, 04000, semop_flags__IPC_NOWAIT) | FLAG(f, 0x1000, semop_flags__SEM_UNDO);
}

static __always_inline __u16 semctl_command(__u32 command)
{
	switch (command) {
	case 0:
		return semctl_commands__IPC_RMID;
	case 1:
		return semctl_commands__IPC_SET;
	case 2:
		return semctl_commands__IPC_STAT;
	case 3:
		return semctl_commands__IPC_INFO;
	case 11:
		return semctl_commands__GETPID;
	case 12:
		return semctl_commands__GETVAL;
	case 13:
		return semctl_commands__GETALL;
	case 14:
		return semctl_commands__GETNCNT;
	case 15:
		return semctl_commands__GETZCNT;
	case 16:
		return semctl_commands__SETVAL;
	case 17:
		return semctl_commands__SETALL;
	case 18:
		return semctl_commands__SEM_STAT;
	case 19:
		return semctl_commands__SEM_INFO;
	default:
		return 0;
	}
}

// The first bit of the kernel's is IOPOLL; Falco takes it for IORING_SQ_NEED_WAKEUP, too, which has the same number.
static __always_inline __u32 io_uring_setup_flags(__u64 f)
{
	return (f & 3) | FLAG(f, 0x01, io_uring_setup_flags__IORING_SQ_NEED_WAKEUP) |
	       FLAG(f, 0x04, io_uring_setup_flags__IORING_SETUP_SQ_AFF) |
	       FLAG(f, 0x08, io_uring_setup_flags__IORING_SETUP_CQSIZE) |
	       FLAG(f, 0x10, io_uring_setup_flags__IORING_SETUP_CLAMP) |
	       FLAG(f, 0x20, io_uring_setup_flags__IORING_SETUP_ATTACH_RW) |
	       FLAG(f, 0x40, io_uring_setup_flags__IORING_SETUP_R_DISABLED);
}

// Options keep their number if they have a name.
static __always_inline __u32 prctl_option(__u64 option)
{
	const __u64 named = 1ull << prctl_options__PR_GET_DUMPABLE | 1ull << prctl_options__PR_SET_DUMPABLE |
			    1ull << prctl_options__PR_GET_KEEPCAPS | 1ull << prctl_options__PR_SET_KEEPCAPS |
			    1ull << prctl_options__PR_SET_NAME | 1ull << prctl_options__PR_GET_NAME |
			    1ull << prctl_options__PR_GET_SECCOMP | 1ull << prctl_options__PR_SET_SECCOMP |
			    1ull << prctl_options__PR_CAPBSET_READ | 1ull << prctl_options__PR_CAPBSET_DROP |
			    1ull << prctl_options__PR_GET_SECUREBITS | 1ull << prctl_options__PR_SET_SECUREBITS |
			    1ull << prctl_options__PR_MCE_KILL | 1ull << prctl_options__PR_SET_MM |
			    1ull << prctl_options__PR_SET_CHILD_SUBREAPER |
			    1ull << prctl_options__PR_GET_CHILD_SUBREAPER | 1ull << prctl_options__PR_SET_NO_NEW_PRIVS |
			    1ull << prctl_options__PR_GET_NO_NEW_PRIVS | 1ull << prctl_options__PR_GET_TID_ADDRESS |
			    1ull << prctl_options__PR_SET_THP_DISABLE | 1ull << prctl_options__PR_GET_THP_DISABLE |
			    1ull << prctl_options__PR_CAP_AMBIENT;
	return option < 64 && named >> option & 1 ? option : 0;
}

static __always_inline __u16 quotactl_command(__u32 command)
{
	switch (command >> 8) {
	case 0x800001:
		return quotactl_cmds__Q_SYNC;
	case 0x800002:
		return quotactl_cmds__Q_QUOTAON;
	case 0x800003:
		return quotactl_cmds__Q_QUOTAOFF;
	case 0x800004:
		return quotactl_cmds__Q_GETFMT;
	case 0x800005:
		return quotactl_cmds__Q_GETINFO;
	case 0x800006:
		return quotactl_cmds__Q_SETINFO;
	case 0x800007:
		return quotactl_cmds__Q_GETQUOTA;
	case 0x800008:
		return quotactl_cmds__Q_SETQUOTA;
	case 0x5801:
		return quotactl_cmds__Q_XQUOTAON;
	case 0x5802:
		return quotactl_cmds__Q_XQUOTAOFF;
	case 0x5803:
		return quotactl_cmds__Q_XGETQUOTA;
	case 0x5804:
		return quotactl_cmds__Q_XSETQLIM;
	case 0x5805:
		return quotactl_cmds__Q_XGETQSTAT;
	case 0x5806:
		return quotactl_cmds__Q_XQUOTARM;
	case 0x5807:
		return quotactl_cmds__Q_XQUOTASYNC;
	default:
		return 0;
	}
}

static __always_inline __u8 quotactl_type(__u32 command)
{
	__u8 type = command & 0xff;
	return type == 0 ? quotactl_types__USRQUOTA : type == 1 ? quotactl_types__GRPQUOTA : 0;
}

static __always_inline __u8 quota_format(__u32 format)
{
	return format == 1 ? quotactl_quota_fmts__QFMT_VFS_OLD :
	       format == 2 ? quotactl_quota_fmts__QFMT_VFS_V0 :
	       format == 4 ? quotactl_quota_fmts__QFMT_VFS_V1 :
			     quotactl_quota_fmts__QFMT_NOT_USED;
}

static __always_inline __u16 ptrace_request(__u64 request)
{
	switch (request) {
	case 0 ... 9:
		return ptrace_requests__PTRACE_TRACEME + request;
	case 12 ... 15:
		return ptrace_requests__PTRACE_GETREGS + (request - 12);
	case 16:
		return ptrace_requests__PTRACE_ATTACH;
	case 17:
		return ptrace_requests__PTRACE_DETACH;
	case 18:
		return ptrace_requests__PTRACE_GETFPXREGS;
	case 19:
		return ptrace_requests__PTRACE_SETFPXREGS;
	case 21:
		return ptrace_requests__PTRACE_OLDSETOPTIONS;
	case 24:
		return ptrace_requests__PTRACE_SYSCALL;
	case 25:
		return ptrace_requests__PTRACE_GET_THREAD_AREA;
	case 26:
		return ptrace_requests__PTRACE_SET_THREAD_AREA;
	case 30 ... 33:
		return ptrace_requests__PTRACE_ARCH_PRCTL + (request - 30);
	case 0x4200 ... 0x420b:
		return ptrace_requests__PTRACE_SETOPTIONS + (request - 0x4200);
	default:
		return ptrace_requests__PTRACE_UNKNOWN;
	}
}

// The error code that the processor gives with a page fault.
static __always_inline __u32 page_fault_error(__u64 e)
{
	return (e & 0x01 ? pf_flags__PROTECTION_VIOLATION : pf_flags__PAGE_NOT_PRESENT) |
	       (e & 0x02 ? pf_flags__WRITE_ACCESS : pf_flags__READ_ACCESS) |
	       (e & 0x04 ? pf_flags__USER_FAULT : pf_flags__SUPERVISOR_FAULT) |
	       FLAG(e, 0x08, pf_flags__RESERVED_PAGE) | FLAG(e, 0x10, pf_flags__INSTRUCTION_FETCH);
}
