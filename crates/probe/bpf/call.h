// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// How a program is declared.
#pragma once

// `SYSCALL(name, event) { put_event__...(w, ...); }` declares the program `sys_name`, which user space puts where the
// dispatcher finds it by the call's number. The body sees `w`, `regs`, `ret`, and the arguments as `arg(0)` and so on.
#define SYSCALL(name, event) SYSCALL_WHEN(name, event, true)

// The same, only where the condition on `ret` holds.
#define SYSCALL_WHEN(name, event, condition)                                                                           \
	static __always_inline void fill_##name(struct writer *w, struct pt_regs *regs, long ret);                     \
	SEC("tp_btf/sys_exit")                                                                                         \
	int sys_##name(__u64 *ctx)                                                                                     \
	{                                                                                                              \
		struct writer writer;                                                                                  \
		long ret = ctx[1];                                                                                     \
		if ((condition) && begin(&writer, PARAMS_##event)) {                                                   \
			writer.scratch->ia32 = is_ia32_call();                                                         \
			writer.scratch->regs = ctx[0];                                                                 \
			if (is_foreign(writer.scratch->ia32, ((struct pt_regs *)ctx[0])->orig_ax))                     \
				writer.scratch->flags = FOREIGN;                                                       \
			fill_##name(&writer, (struct pt_regs *)ctx[0], ret);                                           \
			finish(&writer, EVENT_##event, PARAMS_##event);                                                \
		}                                                                                                      \
		return 0;                                                                                              \
	}                                                                                                              \
	static __always_inline void fill_##name(struct writer *w, struct pt_regs *regs, long ret)

// The same for the program `name` of a tracepoint: the body sees `w` and the tracepoint's arguments as `ctx`. Kernel
// threads and our own process are left out.
#define TRACEPOINT(tracepoint, name, event)                                                                            \
	static __always_inline void fill_##name(struct writer *w, __u64 *ctx);                                         \
	SEC("tp_btf/" #tracepoint)                                                                                     \
	int name(__u64 *ctx)                                                                                           \
	{                                                                                                              \
		struct writer writer;                                                                                  \
		if (!is_watched())                                                                                     \
			return 0;                                                                                      \
		if (begin(&writer, PARAMS_##event)) {                                                                  \
			fill_##name(&writer, ctx);                                                                     \
			finish(&writer, EVENT_##event, PARAMS_##event);                                                \
		}                                                                                                      \
		return 0;                                                                                              \
	}                                                                                                              \
	static __always_inline void fill_##name(struct writer *w, __u64 *ctx)

static __always_inline bool is_watched(void)
{
	const struct settings *settings = the_settings();
	return settings && settings->own_pid != bpf_get_current_pid_tgid() >> 32 &&
	       !(BPF_CORE_READ(current_task(), flags) & PF_KTHREAD);
}
