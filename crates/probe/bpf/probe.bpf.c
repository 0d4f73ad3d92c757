// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// The probe: one dispatcher on the exit of system calls, a program for each, and a few tracepoints.
//
// A system call that nobody needs costs a look at a bitmap. One that somebody needs is passed on by tail call to its
// program (`sys_*`), which writes one record and submits it without waking the reader.
#include "kernel.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "maps.h"
#include "writer.h"
#include "event.gen.h"
#include "read.h"
#include "flags.h"
#include "path.h"
#include "task.h"
#include "call.h"

static __always_inline bool has(const volatile struct numbers *numbers, __u64 nr)
{
	return nr < SYSCALL_SLOTS && numbers->words[nr / 64] >> (nr % 64) & 1;
}

// The same for a first look: numbers that are too high count as others.
static __always_inline bool may_have(const volatile struct numbers *numbers, __u64 nr)
{
	return numbers->words[nr / 64 % (SYSCALL_SLOTS / 64)] >> (nr % 64) & 1;
}

SEC("tp_btf/sys_exit")
int dispatch(__u64 *ctx)
{
	struct pt_regs *regs = (struct pt_regs *)ctx[0];
	__u64 nr = regs->orig_ax;
	if (!may_have(&wanted.either, nr))
		return 0;
	nr = is_ia32_call() ? native_number(regs, true) : (__u32)nr & ~X32_BIT;
	if (!has(&wanted.native, nr))
		return 0;
	const struct settings *settings = the_settings();
	if (!settings || settings->own_pid == bpf_get_current_pid_tgid() >> 32)
		return 0;
	if (settings->drop_failed && (long)ctx[1] < 0)
		return 0;
	bpf_tail_call(ctx, &programs, nr);
	return 0;
}

SYSCALL(generic, syscall)
{
	__u32 nr = native_number(regs, is_ia32(w));
	__u16 *code = bpf_map_lookup_elem(&syscall_codes, &nr);
	put_syscall__ID(w, code ? *code : 0);
	put_syscall__nativeID(w, regs->orig_ax);
}

#include "address.h"
#include "enter.h"
#include "files.h"
#include "processes.h"
#include "fds.h"
#include "io.h"
#include "sockets.h"
#include "system.h"

// Run once by user space, to know itself.
SEC("raw_tp/sys_enter")
int own_pid(void *ctx)
{
	return bpf_get_current_pid_tgid() >> 32;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
