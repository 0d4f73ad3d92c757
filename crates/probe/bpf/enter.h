// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The start of calls whose name or address another thread can change before they end.
//
// What a process gave is read when the call begins and again when it ends. Where the two differ, the end sends the enter
// event with what was read first, and then its own; else nothing is sent of the start.
#pragma once

// The native numbers of the calls.
enum { NR_OPEN = 2, NR_CONNECT = 42, NR_CREAT = 85, NR_OPENAT = 257, NR_OPENAT2 = 437 };

// What a thread's call began with. With what the kernel adds it is below 1 KiB: each thread that opens or connects has one.
struct entered {
	// Which call it is, by `call_of`; 0 when none is under way.
	__u32 call;
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

static __always_inline void keep_address(struct entered *kept, unsigned long from, __u64 user_len)
{
	struct writer writer, *w = &writer;
	if (!begin(w, 0))
		return;
	__u32 len = copy(w, 0, socket_address(w, from, user_len));
	opaque(len);
	if (len <= sizeof(kept->bytes) && !bpf_probe_read_kernel(kept->bytes, len, place(w, 0)))
		kept->len = len;
	abandon(w);
}

// A call by its native number and its entry: what a native one began with, and that no end was told of, is not what one through
// another entry began with.
static __always_inline __u32 call_of(__u32 nr, bool foreign)
{
	return foreign ? nr | X32_BIT : nr;
}

// Keeps what a call begins with, if the start of `nr` is wanted.
static __always_inline void keep(struct pt_regs *regs, __u64 nr, bool ia32)
{
	if (!has(&wanted.native, nr))
		return;
	__u32 n_name = nr == NR_OPENAT || nr == NR_OPENAT2 || nr == NR_CONNECT;
	if (!n_name && nr != NR_OPEN && nr != NR_CREAT)
		return;
	const struct settings *settings = the_settings();
	struct counters *counters = the_counters();
	if (!settings || !counters || settings->own_pid == bpf_get_current_pid_tgid() >> 32)
		return;
	struct entered *kept = bpf_task_storage_get(&entered, bpf_get_current_task_btf(), NULL,
						    BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!kept) {
		counters->enter_faults++;
		return;
	}
	kept->call = call_of(nr, is_foreign(ia32, regs->orig_ax));
	kept->len = 0;
	unsigned long from = ia32 ? narrow_argument(regs, n_name) : n_name ? regs->si : regs->di;
	unsigned long third = ia32 ? narrow_argument(regs, 2) : regs->dx;
	if (nr == NR_CONNECT)
		keep_address(kept, from, third);
	else
		keep_text(kept, from);
	if (nr == NR_OPENAT2 && bpf_probe_read_user(&kept->how, sizeof(kept->how), (void *)third))
		kept->len = 0;
	__u8 first;
	if (!kept->len && from && bpf_probe_read_user(&first, 1, (void *)from))
		counters->enter_faults++;
}

// Of any call through any entry: all calls on the machine pay for it.
SEC("tp_btf/sys_enter")
int enter(__u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	__u64 nr = regs->orig_ax;
	if (!may_have(&wanted.enters, nr))
		return 0;
	bool ia32 = is_ia32_call();
	keep(regs, ia32 ? native_number(regs, true) : (__u32)nr & ~X32_BIT, ia32);
	return 0;
}

// Of one call, whose own tracepoint the kernel has: it runs for that call only, if that came through the native entry.
SEC("tp/syscalls/sys_enter_openat")
int enter_native(void *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	keep(regs, regs->orig_ax, false);
	return 0;
}

static __always_inline __u64 *word_at(struct scratch *scratch, __u32 at)
{
	__u8 *word = &scratch->record[at & RECORD_MAX];
	// Else the compiler reads byte by byte, as if words had to be aligned.
	opaque(word);
	return (__u64 *)word;
}

// How many words are compared in one go.
enum { STRIDE = 8 };

// Whether STRIDE words at two places in a scratch record are the same.
__noinline int are_same_words(__u32 slot, __u32 first, __u32 second)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return true;
	__u64 *a = word_at(scratch, first), *b = word_at(scratch, second), differences = 0;
	for (int i = 0; i < STRIDE; i++)
		differences |= a[i] ^ b[i];
	return differences == 0;
}

// Whether `len` bytes of two places in a scratch record are the same; what is behind them is lost.
static __always_inline bool is_same(struct scratch *scratch, __u32 slot, __u32 first, __u32 second, __u32 len)
{
	// Then whole words can be compared.
	__u64 *a = word_at(scratch, first + len), *b = word_at(scratch, second + len);
	for (int i = 0; i < STRIDE; i++)
		a[i] = b[i] = 0;
	each (i, PATH_MAX / (8 * STRIDE)) {
		__u32 at = 8 * STRIDE * i;
		if (at >= len)
			break;
		if (!are_same_words(slot, first + at, second + at))
			return false;
	}
	return true;
}

static __always_inline bool is_same_how(struct open_how a, struct open_how b)
{
	return a.flags == b.flags && a.mode == b.mode && a.resolve == b.resolve;
}

// What a call of which the start was not seen must have begun with: the path of the file that it has opened. So it is until
// `enter` is attached for the first call that is not native, which could else be raced unseen.
static __always_inline __u32 path_of_opened(struct scratch *scratch, __u32 slot, __u32 nr, __u32 at)
{
	struct pt_regs *regs = (struct pt_regs *)scratch->regs;
	long fd = (int)BPF_CORE_READ(regs, ax);
	if (!(scratch->flags & FOREIGN) || nr == NR_CONNECT || fd < 0)
		return 0;
	return path_to(slot, at, (__u64)file_of(fd));
}

// Whether the call `nr` began with something else than its last parameter, which is between two places in the record: what
// that was is then kept beside the record.
__noinline int has_changed(__u32 slot, __u32 nr, __u32 start, __u32 end)
{
	if (!has_task_storage())
		return false;
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	struct entered *kept = bpf_task_storage_get(&entered, bpf_get_current_task_btf(), NULL, 0);
	if (!scratch)
		return false;
	// Two places behind all that such a record can hold.
	__u32 second = RECORD_MAX / 2 + 1, third = second + 2 * PATH_MAX, len;
	const void *bytes;
	bool is_changed = false;
	if (kept && kept->call == call_of(nr, scratch->flags & FOREIGN)) {
		len = kept->len;
		kept->call = 0;
		bytes = kept->bytes;
		if (len > sizeof(kept->bytes)) {
			bytes = bpf_task_storage_get(&entered_long, bpf_get_current_task_btf(), NULL, 0);
			if (!bytes)
				return false;
		}
		is_changed = nr == NR_OPENAT2 && !is_same_how(scratch->how, kept->how);
		scratch->how = kept->how;
	} else {
		len = path_of_opened(scratch, slot, nr, third);
		bytes = &scratch->record[third];
	}
	opaque(len);
	if (len == 0 || len > PATH_MAX)
		return false;
	is_changed |= len != end - start;
	if (!is_changed && !bpf_probe_read_kernel(&scratch->record[second], len, bytes))
		is_changed = !is_same(scratch, slot, start, second, len);
	scratch->begun = (__u64)bytes;
	scratch->begun_len = len;
	return is_changed;
}

static __always_inline bool began_otherwise(struct writer *w, __u32 nr, __u32 start)
{
	return has_changed(w->slot, nr, start, w->at);
}

// What such a call began with.
static __always_inline struct source as_begun(struct writer *w)
{
	return kernel_bytes((const void *)w->scratch->begun, w->scratch->begun_len);
}
