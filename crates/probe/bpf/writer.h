// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Writes one record: begin, the parameters in the order of the event table, finish.
//
// The order is checked when compiling: each `put_*` of event.gen.h knows its index and the writer, which the compiler
// sees through because everything is inlined, knows the next one. So a program must put its parameters in a straight
// line: a branch may choose the value, not whether it is put.
#pragma once

// Before each record on the ring.
struct prefix {
	__u16 cpu;
	// FOREIGN or none.
	__u16 flags;
	__u32 seq;
};

struct event_header {
	__u64 ts;
	__u64 tid;
	__u32 len;
	__u16 code;
	__u32 n_params;
} __attribute__((packed));

_Static_assert(sizeof(struct event_header) == 26, "the header of a .scap event");

enum {
	HEADER = sizeof(struct prefix),
	LENGTHS = HEADER + sizeof(struct event_header),
};

struct writer {
	struct scratch *scratch;
	// Which one that is.
	__u32 slot;
	const struct settings *settings;
	struct counters *counters;
	// Where the next parameter goes in the scratch record.
	__u32 at;
	// The index of the next parameter.
	__u32 next;
};

// Where the bytes of a parameter come from.
enum origin { NOWHERE, WRITTEN, USER_TEXT, KERNEL_TEXT, USER_BYTES, KERNEL_BYTES };

struct source {
	enum origin origin;
	const void *from;
	__u32 len;
};

extern void params_must_be_put_in_table_order(void) __attribute__((error("params must be put in table order")));
extern void all_params_must_be_put(void) __attribute__((error("all params must be put")));

// Text of a process; too long is cut.
static __always_inline struct source user_text(unsigned long from)
{
	return (struct source){USER_TEXT, (const void *)from, PATH_MAX};
}

static __always_inline struct source kernel_text(const void *from, __u32 max)
{
	return (struct source){KERNEL_TEXT, from, max};
}

static __always_inline struct source user_bytes(unsigned long from, __u32 len)
{
	return (struct source){USER_BYTES, (const void *)from, len};
}

static __always_inline struct source kernel_bytes(const void *from, __u32 len)
{
	return (struct source){KERNEL_BYTES, from, len};
}

// Bytes that stand at `place(w)` already.
static __always_inline struct source written(__u32 len)
{
	return (struct source){WRITTEN, NULL, len};
}

static __always_inline struct source missing(void)
{
	return (struct source){NOWHERE, NULL, 0};
}

// Keeps the compiler from forgetting a bound that the verifier needs to see.
#define opaque(value) asm volatile("" : "+r"(value))

// Where the next parameter will stand, `ahead` bytes on.
static __always_inline __u8 *place(struct writer *w, __u32 ahead)
{
	__u32 at = (w->at + ahead) & RECORD_MAX;
	return &w->scratch->record[at];
}

static __always_inline bool begin(struct writer *w, __u32 n_params)
{
	w->settings = the_settings();
	w->counters = the_counters();
	if (!w->settings || !w->counters)
		return false;
	__u32 slot = bpf_get_smp_processor_id() * LEVELS;
	w->scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (w->scratch && w->scratch->busy) {
		slot++;
		w->scratch = bpf_map_lookup_elem(&scratches, &slot);
	}
	if (!w->scratch || w->scratch->busy) {
		w->counters->nested++;
		return false;
	}
	w->scratch->busy = 1;
	w->scratch->flags = 0;
	w->slot = slot;
	w->at = LENGTHS + 2 * n_params;
	w->next = 0;
	return true;
}

// The same writer in a function of its own, to write at `at`. Functions that are not static are looked at once by the
// verifier and not on each way that leads to them: all that loops or branches much is in one. Until 5.12 they take
// numbers only.
static __always_inline bool resume(struct writer *w, __u32 slot, __u32 at)
{
	w->settings = the_settings();
	w->counters = the_counters();
	w->scratch = bpf_map_lookup_elem(&scratches, &slot);
	w->slot = slot;
	w->at = at;
	w->next = 0;
	return w->settings && w->counters && w->scratch;
}

// Ends it without a record.
static __always_inline void abandon(struct writer *w)
{
	w->scratch->busy = 0;
}

static __always_inline void finish(struct writer *w, __u32 code, __u32 n_params)
{
	if (w->next != n_params)
		all_params_must_be_put();
	struct prefix *prefix = (void *)w->scratch->record;
	struct event_header *header = (void *)&w->scratch->record[HEADER];
	__u32 len = w->at;
	header->tid = (__u32)bpf_get_current_pid_tgid();
	header->len = len - HEADER;
	header->code = code;
	header->n_params = n_params;
	prefix->cpu = bpf_get_smp_processor_id();
	prefix->flags = w->scratch->flags;
	prefix->seq = w->counters->attempted++;
	if (len > HEADER + RECORD_MAX) {
		w->counters->too_large++;
	} else {
		// As late as can be, so that records of different CPUs come in about the order of their times.
		header->ts = w->settings->boot_ts + bpf_ktime_get_boot_ns();
		if (bpf_ringbuf_output(&ring, w->scratch->record, len, BPF_RB_NO_WAKEUP)) {
			w->counters->ring_full++;
			__u64 *count = bpf_map_lookup_elem(&lost, &code);
			if (count)
				*count += 1;
		} else {
			w->counters->delivered++;
		}
	}
	w->scratch->busy = 0;
}

static __always_inline void put_length(struct writer *w, __u32 index, __u32 len)
{
	if (w->next != index)
		params_must_be_put_in_table_order();
	w->next = index + 1;
	*(__u16 *)&w->scratch->record[LENGTHS + 2 * index] = len;
	w->at += len;
}

#define PUT_NUMBER(type)                                                                                               \
	static __always_inline void put_##type(struct writer *w, __u32 index, type value)                              \
	{                                                                                                              \
		*(type *)place(w, 0) = value;                                                                          \
		put_length(w, index, sizeof(type));                                                                    \
	}

PUT_NUMBER(__s8)
PUT_NUMBER(__s16)
PUT_NUMBER(__s32)
PUT_NUMBER(__s64)
PUT_NUMBER(__u8)
PUT_NUMBER(__u16)
PUT_NUMBER(__u32)
PUT_NUMBER(__u64)

// Copies what a source describes to `at`; how many bytes that is.
__noinline __u32 copy_to(__u32 slot, __u32 at, __u32 origin, __u64 source, __u32 len)
{
	const void *from = (void *)source;
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	struct counters *counters = the_counters();
	long got = 0;
	if (!scratch || !counters || origin == NOWHERE)
		return 0;
	if (origin == WRITTEN)
		return len;
	if (!from && (origin == USER_TEXT || origin == USER_BYTES))
		return 0;
	opaque(len);
	if (len > RECORD_MAX)
		len = RECORD_MAX;
	__u8 *to = &scratch->record[at & RECORD_MAX];
	switch (origin) {
	case USER_TEXT:
		got = bpf_probe_read_user_str(to, len, from);
		break;
	case KERNEL_TEXT:
		got = bpf_probe_read_kernel_str(to, len, from);
		return got > 0 ? got : 0;
	case USER_BYTES:
		got = len && bpf_probe_read_user(to, len, from) ? -1 : (long)len;
		break;
	case KERNEL_BYTES:
		got = bpf_probe_read_kernel(to, len, from) ? -1 : (long)len;
		break;
	}
	if (got < 0) {
		counters->faults++;
		return 0;
	}
	return got;
}

// How many bytes of `source` now stand at `place(w, ahead)`.
static __always_inline __u32 copy(struct writer *w, __u32 ahead, struct source source)
{
	if (__builtin_constant_p(source.origin) && source.origin == NOWHERE)
		return 0;
	if (__builtin_constant_p(source.origin) && source.origin == WRITTEN)
		return source.len;
	return copy_to(w->slot, w->at + ahead, source.origin, (__u64)source.from, source.len);
}

static __always_inline void put_source(struct writer *w, __u32 index, struct source source)
{
	put_length(w, index, copy(w, 0, source));
}
