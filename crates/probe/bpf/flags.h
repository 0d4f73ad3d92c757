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
