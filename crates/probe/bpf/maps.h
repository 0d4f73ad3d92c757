// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// What user space and the programs share. `src/layout.rs` holds the other half of each struct.
#pragma once

enum {
	SYSCALL_SLOTS = 512,
	// The most bytes of one record: the lengths of parameters are u16.
	RECORD_MAX = 65535,
	PATH_MAX = 4096,
	// The longest name in a file system, with its NUL.
	NAME_MAX = 256,
	// The most names of a path that is built in the kernel.
	PATH_NAMES = 64,
	// The calls behind socketcall count from 1.
	IA32_SOCKET_CALLS = 21,
	// Programs that can be under way at once on a CPU, each with scratch memory of its own.
	LEVELS = 2,
};

struct settings {
	// Nanoseconds since the epoch at boot, to be added to the boot clock.
	__u64 boot_ts;
	// Whose events are not captured.
	__u32 own_pid;
	// How many bytes of a data buffer are kept.
	__u32 snaplen;
	// Whether calls that failed are left out.
	__u32 drop_failed;
};

// A bit for each number of a call.
struct numbers {
	__u64 words[SYSCALL_SLOTS / 64];
};

struct interest {
	// Wanted if called with this number, be it native or of 32 bits: a first look without knowing which.
	struct numbers either;
	// Wanted, by native number.
	struct numbers native;
	// Those of `either` whose start is looked at, too.
	struct numbers enters;
};

// Of one CPU. attempted = delivered + ring_full + too_large.
struct counters {
	// Records begun; also the sequence number of the next.
	__u64 attempted;
	__u64 delivered;
	__u64 ring_full;
	__u64 too_large;
	// No scratch memory left: not attempted.
	__u64 nested;
	// Parameters left empty because user memory could not be read: the record was sent.
	__u64 faults;
	// Calls whose name or address could not be read when they began: a change of it would go unseen.
	__u64 enter_faults;
};

// The argument of openat2.
struct open_how {
	__u64 flags, mode, resolve;
};

enum layer { NOT_OVERLAY, UPPER_LAYER, LOWER_LAYER };

// What is known of the file that a call has just opened; zeros if it failed.
struct opened {
	__u64 ino;
	__u32 dev;
	enum layer layer;
	__u32 created;
};

// The record is of a call that came through another entry than the native one.
enum { FOREIGN = 1 };

// Memory of a program under way. What is kept here rather than in registers looks the same to the verifier whatever way
// it came to be: it then sees the same state in each round of a loop, and behind each branch, and soon believes it.
struct scratch {
	__u32 busy;
	// Whether the call came through the 32-bit entry: its arguments are elsewhere, its pointers shorter.
	__u32 ia32;
	// What the prefix of the record will say.
	__u32 flags;
	// The call's struct pt_regs, and as a mere number.
	__u64 regs;
	struct opened opened;
	// How a call was asked to open; and with what name or address it began, if that was another.
	struct open_how how;
	__u64 begun;
	__u32 begun_len;
	// How far a loop has come in what it writes.
	__u32 cursor;
	// Names of a path, last first, while it is walked; and where the walk is.
	__u32 n_names;
	__u64 names[PATH_NAMES];
	__u64 dentry, mount, node;
	// Twice the size, so that any parameter fits behind any place within the first half.
	__u8 record[2 * (RECORD_MAX + 1)];
};

#define MAP(name, kind, entries, key_type, value_type)                                                                 \
	struct {                                                                                                       \
		__uint(type, kind);                                                                                    \
		__uint(max_entries, entries);                                                                          \
		__type(key, key_type);                                                                                 \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

MAP(settings, BPF_MAP_TYPE_ARRAY, 1, __u32, struct settings);
// The portable code of each system call, for the generic event.
MAP(syscall_codes, BPF_MAP_TYPE_ARRAY, SYSCALL_SLOTS, __u32, __u16);
// The native numbers of the calls of 32-bit programs; 0 where there is none.
MAP(ia32_calls, BPF_MAP_TYPE_ARRAY, SYSCALL_SLOTS, __u32, __u16);
// The native numbers of what the one call for all sockets of 32-bit programs stands for.
MAP(ia32_socket_calls, BPF_MAP_TYPE_ARRAY, IA32_SOCKET_CALLS, __u32, __u16);
MAP(counters, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, struct counters);
// Records lost because the ring was full, by event code; user space sets the number of entries.
MAP(lost, BPF_MAP_TYPE_PERCPU_ARRAY, 1, __u32, __u64);
// LEVELS for each CPU; user space sets the number of entries.
MAP(scratches, BPF_MAP_TYPE_ARRAY, LEVELS, __u32, struct scratch);
MAP(programs, BPF_MAP_TYPE_PROG_ARRAY, SYSCALL_SLOTS, __u32, __u32);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 * 1024 * 1024);
} ring SEC(".maps");

// A variable is read without asking for a map's value, which every call on the machine would pay for; to user space it is a
// map by the section's name.
volatile struct interest wanted SEC(".bss.wanted");

static __always_inline const struct settings *the_settings(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&settings, &zero);
}

static __always_inline struct counters *the_counters(void)
{
	__u32 zero = 0;
	return bpf_map_lookup_elem(&counters, &zero);
}
