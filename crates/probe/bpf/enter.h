// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The start of calls whose name or address another thread can change before they end.
//
// What a process gave is read when the call begins and again when it ends. Where the two differ, the end sends the enter
// event with what was read first, and then its own; else nothing is sent of the start.
#pragma once

// The native numbers of the calls.
enum { NR_OPEN = 2, NR_CONNECT = 42, NR_CREAT = 85, NR_OPENAT = 257, NR_OPENAT2 = 437 };

struct open_how {
	__u64 flags, mode, resolve;
};

// Of calls that have none.
#define NO_HOW ((struct open_how){})

// What a thread's call began with. With what the kernel adds it is below 1 KiB: each thread that opens or connects has one.
struct entered {
	// The native number of the call; 0 when none is under way.
	__u32 nr;
	// How many bytes there are, as in a record: of the name with its NUL, or of the address. 0 if they could not be read.
	__u32 len;
	struct open_how how;
	__u8 bytes[768];
};

// Names that are too long for that.
struct entered_long {
	__u8 bytes[PATH_MAX];
};

#define TASK_MAP(name, value_type)                                                                                     \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_TASK_STORAGE);                                                               \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                                                  \
		__type(key, int);                                                                                      \
		__type(value, value_type);                                                                             \
	} name SEC(".maps")

// The kernel frees them with the thread, so there are never more than threads.
TASK_MAP(entered, struct entered);
TASK_MAP(entered_long, struct entered_long);

// Whether the kernel gives these programs memory by thread (5.13); this other function came with it.
static __always_inline bool has_task_storage(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_for_each_map_elem);
}

static __always_inline void keep_text(struct entered *kept, unsigned long from)
{
	long got = bpf_probe_read_user_str(kept->bytes, sizeof(kept->bytes), (void *)from);
	if (got == sizeof(kept->bytes)) {
		struct entered_long *more = bpf_task_storage_get(&entered_long, bpf_get_current_task_btf(), NULL,
								 BPF_LOCAL_STORAGE_GET_F_CREATE);
		got = more ? bpf_probe_read_user_str(more->bytes, sizeof(more->bytes), (void *)from) : 0;
	}
	kept->len = got > 0 ? got : 0;
}

static __always_inline void keep_address(struct entered *kept, struct writer *w, unsigned long from, __u64 user_len)
{
	bool ia32 = w->ia32;
	if (!begin(w, 0))
		return;
	w->ia32 = ia32;
	__u32 len = copy(w, 0, socket_address(w, from, user_len));
	opaque(len);
	if (len <= sizeof(kept->bytes) && !bpf_probe_read_kernel(kept->bytes, len, place(w, 0)))
		kept->len = len;
	abandon(w);
}

SEC("tp_btf/sys_enter")
int enter(__u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	__u64 nr = (__u32)regs->orig_ax & ~X32_BIT;
	__u32 zero = 0;
	struct interest *wanted = bpf_map_lookup_elem(&interest, &zero);
	if (!wanted || !has(&wanted->enters, nr))
		return 0;
	struct writer writer, *w = &writer;
	w->ia32 = is_ia32_call();
	if (w->ia32)
		nr = native_number(regs, true);
	if (!has(&wanted->native, nr))
		return 0;
	__u32 n_name = nr == NR_OPENAT || nr == NR_OPENAT2 || nr == NR_CONNECT;
	if (!n_name && nr != NR_OPEN && nr != NR_CREAT)
		return 0;
	const struct settings *settings = the_settings();
	struct counters *counters = the_counters();
	if (!settings || !counters || settings->own_pid == bpf_get_current_pid_tgid() >> 32)
		return 0;
	struct entered *kept = bpf_task_storage_get(&entered, bpf_get_current_task_btf(), NULL,
						    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept) {
		counters->enter_faults++;
		return 0;
	}
	kept->nr = nr;
	kept->len = 0;
	unsigned long from = n_name ? arg(1) : arg(0);
	if (nr == NR_CONNECT)
		keep_address(kept, w, from, arg(2));
	else
		keep_text(kept, from);
	if (nr == NR_OPENAT2 && bpf_probe_read_user(&kept->how, sizeof(kept->how), (void *)arg(2)))
		kept->len = 0;
	__u8 first;
	if (!kept->len && from && bpf_probe_read_user(&first, 1, (void *)from))
		counters->enter_faults++;
	return 0;
}

static __always_inline __u64 *word_at(struct scratch *scratch, __u32 at)
{
	__u8 *word = &scratch->record[at & RECORD_MAX];
	// Else the compiler reads byte by byte, as if words had to be aligned.
	opaque(word);
	return (__u64 *)word;
}

// Whether `len` bytes of two places in a scratch record are the same; what is behind them is lost. Takes numbers only and is not static, so that the
// verifier looks at it once and not on each way that leads here.
__noinline int is_same(__u32 slot, __u32 first, __u32 second, __u32 len)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return true;
	// Then whole words can be compared.
	*word_at(scratch, first + len) = 0;
	*word_at(scratch, second + len) = 0;
	each (i, PATH_MAX / 8) {
		if (i * 8 >= len)
			break;
		if (*word_at(scratch, first + i * 8) != *word_at(scratch, second + i * 8))
			return false;
	}
	return true;
}

static __always_inline bool is_same_how(struct open_how a, struct open_how b)
{
	return a.flags == b.flags && a.mode == b.mode && a.resolve == b.resolve;
}

// A call that began with something else than what it ended with.
struct changed {
	bool is_changed;
	struct source given;
	struct open_how how;
};

// Compares what the call `nr` began with with its parameter in the record, which is the last one and began at `start`.
static __always_inline struct changed changed(struct writer *w, __u32 nr, __u32 start, struct open_how how)
{
	struct changed changed = {};
	if (!has_task_storage())
		return changed;
	struct entered *kept = bpf_task_storage_get(&entered, bpf_get_current_task_btf(), NULL, 0);
	if (!kept || kept->nr != nr)
		return changed;
	__u32 len = kept->len;
	kept->nr = 0;
	const void *bytes = kept->bytes;
	if (len > sizeof(kept->bytes)) {
		bytes = bpf_task_storage_get(&entered_long, bpf_get_current_task_btf(), NULL, 0);
		if (!bytes)
			return changed;
	}
	opaque(len);
	if (len == 0 || len > PATH_MAX)
		return changed;
	changed.given = kernel_bytes(bytes, len);
	changed.how = kept->how;
	changed.is_changed = len != w->at - start || (nr == NR_OPENAT2 && !is_same_how(how, kept->how));
	// Behind all that such a record can hold.
	__u32 second = RECORD_MAX / 2 + 1;
	if (!changed.is_changed && !bpf_probe_read_kernel(&w->scratch->record[second], len, bytes))
		changed.is_changed = !is_same(w->slot, start, second, len);
	return changed;
}
