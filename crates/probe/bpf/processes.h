// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Processes and threads: how they come, change their image, and go.
#pragma once

// The most bytes of arguments, and of the environment.
enum { ARGS_MAX = 4096, ARGS_COUNT = 64 };

// argv[0] of a task's image.
static __always_inline struct source image_exe(struct mm_struct *mm)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start), len = BPF_CORE_READ(mm, arg_end) - start;
	return (struct source){USER_TEXT, (void *)start, len < PATH_MAX ? len : PATH_MAX};
}

// Bytes between two addresses of a task, at most ARGS_MAX; a NUL ends them even where they are cut.
__noinline __u32 copy_strings(__u32 slot, __u32 at, __u64 start, __u64 end)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	__u64 len = end > start ? end - start : 0;
	if (!scratch)
		return 0;
	if (len <= ARGS_MAX)
		return copy_to(slot, at, USER_BYTES, start, len);
	len = copy_to(slot, at, USER_BYTES, start, ARGS_MAX);
	if (len)
		scratch->record[(at + len - 1) & RECORD_MAX] = 0;
	return len;
}

static __always_inline struct source image_strings(struct writer *w, unsigned long start, unsigned long end)
{
	return written(copy_strings(w->slot, w->at, start, end));
}

// The arguments after argv[0], which took `exe_len` bytes.
static __always_inline struct source image_args(struct writer *w, struct mm_struct *mm, __u32 exe_len)
{
	return image_strings(w, BPF_CORE_READ(mm, arg_start) + exe_len, BPF_CORE_READ(mm, arg_end));
}

static __always_inline struct source image_env(struct writer *w, struct mm_struct *mm)
{
	return image_strings(w, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end));
}

// Adds the string behind a pointer of a process to those from `start` on; whether there was one, and place for it.
__noinline int copy_next_string(__u32 slot, __u32 start, __u64 pointer)
{
	struct writer writer, *w = &writer;
	if (!resume(w, slot, start))
		return false;
	struct scratch *scratch = w->scratch;
	__u32 len = scratch->cursor & (2 * ARGS_MAX - 1);
	unsigned long string = user_long(w, pointer);
	if (len >= ARGS_MAX || !string)
		return false;
	__u8 *to = &scratch->record[(start + len) & RECORD_MAX];
	long got = bpf_probe_read_user_str(to, ARGS_MAX - len, (void *)string);
	if (got <= 0) {
		*to = 0;
		got = 1;
	}
	scratch->cursor = len + got;
	return true;
}

// The strings of a list of pointers of a process, from the n-th on.
__noinline __u32 copy_listed_strings(__u32 slot, __u32 start, __u64 list, __u32 from)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return 0;
	__u32 width = 8 - 4 * (scratch->ia32 & 1);
	scratch->cursor = 0;
	each (i, ARGS_COUNT) {
		if (!copy_next_string(slot, start, list + width * (from + i)))
			break;
	}
	return scratch->cursor & (2 * ARGS_MAX - 1);
}

static __always_inline struct source listed_strings(struct writer *w, unsigned long list, __u32 from)
{
	return written(copy_listed_strings(w->slot, w->at, list, from));
}

static __always_inline __u32 last_length(struct writer *w)
{
	return *(__u16 *)&w->scratch->record[LENGTHS + 2 * (w->next - 1)];
}

// What the clone family and the exec family have in common, from `tid` on.
#define PUT_TASK(event, task, mm)                                                                                      \
	put_##event##__tid(w, BPF_CORE_READ(task, pid));                                                               \
	put_##event##__pid(w, BPF_CORE_READ(task, tgid));                                                              \
	put_##event##__ptid(w, parent_tid(task));                                                                      \
	put_##event##__cwd(w, missing());                                                                              \
	put_##event##__fdlimit(w, fd_limit(task));                                                                     \
	put_##event##__pgft_maj(w, BPF_CORE_READ(task, maj_flt));                                                      \
	put_##event##__pgft_min(w, BPF_CORE_READ(task, min_flt));                                                      \
	put_##event##__vm_size(w, vm_size(mm));                                                                        \
	put_##event##__vm_rss(w, vm_rss(mm));                                                                          \
	put_##event##__vm_swap(w, vm_swap(mm));                                                                        \
	put_##event##__comm(w, kernel_text(&task->comm, sizeof(task->comm)));                                          \
	put_##event##__cgroups(w, written(append_cgroups(w, task)))

// Both sides of a clone send it: the parent with the child's number, the child with 0.
#define PUT_CLONE(event, flags_value)                                                                                  \
	struct task_struct *task = current_task();                                                                     \
	struct mm_struct *mm = BPF_CORE_READ(task, mm);                                                                \
	put_##event##__res(w, ret);                                                                                    \
	put_##event##__exe(w, ret < 0 ? missing() : image_exe(mm));                                                    \
	__u32 exe_len = last_length(w);                                                                                \
	put_##event##__args(w, ret < 0 ? missing() : image_args(w, mm, exe_len));                                      \
	PUT_TASK(event, task, mm);                                                                                     \
	put_##event##__flags(w, task_clone_flags(task, flags_value));                                                  \
	put_##event##__uid(w, BPF_CORE_READ(task, cred, euid.val));                                                    \
	put_##event##__gid(w, BPF_CORE_READ(task, cred, egid.val));                                                    \
	put_##event##__vtid(w, own_number(BPF_CORE_READ(task, thread_pid)));                                           \
	put_##event##__vpid(w, own_number(group_pid(task, PIDTYPE_TGID)));                                             \
	put_##event##__pidns_init_start_ts(w, ret == 0 ? pidns_init_start(task) : 0)

SYSCALL(clone, clone)
{
	PUT_CLONE(clone, arg(0));
}

SYSCALL(clone3, clone3)
{
	// The flags are the first field of struct clone_args.
	PUT_CLONE(clone3, user_number(arg(0)));
}

SYSCALL(fork, fork)
{
	PUT_CLONE(fork, 0);
}

SYSCALL(vfork, vfork)
{
	PUT_CLONE(vfork, 0);
}

// What execve and execveat have in common behind the control groups.
#define PUT_EXEC(event, task, env)                                                                                     \
	struct file *exe = BPF_CORE_READ(mm, exe_file);                                                                \
	struct inode *inode = BPF_CORE_READ(exe, f_inode);                                                             \
	put_##event##__env(w, env);                                                                                    \
	put_##event##__tty(w, tty(task));                                                                              \
	put_##event##__vpgid(w, own_number(group_pid(task, PIDTYPE_PGID)));                                            \
	put_##event##__loginuid(w, login_uid(task));                                                                   \
	put_##event##__flags(w, exe_flags(task, exe));                                                                 \
	put_##event##__cap_inheritable(w, BPF_CORE_READ(task, cred, cap_inheritable).bits);                            \
	put_##event##__cap_permitted(w, BPF_CORE_READ(task, cred, cap_permitted).bits);                                \
	put_##event##__cap_effective(w, BPF_CORE_READ(task, cred, cap_effective).bits);                                \
	put_##event##__exe_ino(w, BPF_CORE_READ(inode, i_ino));                                                        \
	put_##event##__exe_ino_ctime(w, change_time(inode));                                                           \
	put_##event##__exe_ino_mtime(w, modification_time(inode));                                                     \
	put_##event##__uid(w, BPF_CORE_READ(task, cred, euid.val));                                                    \
	put_##event##__trusted_exepath(w, written(append_path(w, exe)));                             \
	put_##event##__pgid(w, global_number(group_pid(task, PIDTYPE_PGID)));                                          \
	put_##event##__gid(w, BPF_CORE_READ(task, cred, egid.val))

// A call that failed has left the image as it was: what was asked for is in its arguments.
SYSCALL_WHEN(execve, execve, ret < 0)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	put_execve__res(w, ret);
	put_execve__exe(w, user_text(user_long(w, arg(1))));
	put_execve__args(w, listed_strings(w, arg(1), 1));
	PUT_TASK(execve, task, mm);
	PUT_EXEC(execve, task, listed_strings(w, arg(2), 0));
	put_execve__filename(w, user_text(arg(0)));
}

SYSCALL_WHEN(execveat, execveat, ret < 0)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	put_execveat__res(w, ret);
	put_execveat__exe(w, user_text(user_long(w, arg(2))));
	put_execveat__args(w, listed_strings(w, arg(2), 1));
	PUT_TASK(execveat, task, mm);
	PUT_EXEC(execveat, task, listed_strings(w, arg(3), 0));
}

// void (struct task_struct *p, pid_t old_pid, struct linux_binprm *bprm): execve and execveat that succeeded.
TRACEPOINT(sched_process_exec, sched_exec, execve)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct linux_binprm *program = (void *)ctx[2];
	put_execve__res(w, 0);
	put_execve__exe(w, image_exe(mm));
	__u32 exe_len = last_length(w);
	put_execve__args(w, image_args(w, mm, exe_len));
	PUT_TASK(execve, task, mm);
	PUT_EXEC(execve, task, image_env(w, mm));
	put_execve__filename(w, kernel_text(BPF_CORE_READ(program, filename), PATH_MAX));
}

// Who will be the parent of the task's children: 0 if it has none, a thread of its group, else the nearest process that
// asked for orphans, else the init of its pid namespace. As kernel/exit.c has it.
__noinline __s64 reaper_of(__u64 of)
{
	struct task_struct *task = (struct task_struct *)of;
	struct list_head *children = __builtin_preserve_access_index(&task->children);
	if (BPF_CORE_READ(task, children.next) == children)
		return 0;
	// Threads are a ring through the head; the one after us that is not exiting.
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct list_head *head = __builtin_preserve_access_index(&signal->thread_head);
	struct list_head *node = BPF_CORE_READ(signal, thread_head.next);
	each (i, 16) {
		if (node == head || !node)
			break;
		struct task_struct *thread = (void *)node - bpf_core_field_offset(struct task_struct, thread_node);
		if (thread != task && !(BPF_CORE_READ(thread, flags) & PF_EXITING))
			return BPF_CORE_READ(thread, pid);
		node = BPF_CORE_READ(node, next);
	}
	struct pid_namespace *ns = innermost(BPF_CORE_READ(task, thread_pid)).ns;
	struct task_struct *init = BPF_CORE_READ(ns, child_reaper);
	if (BPF_CORE_READ_BITFIELD_PROBED(signal, has_child_subreaper)) {
		__u32 level = BPF_CORE_READ(task, thread_pid, level);
		struct task_struct *ancestor = BPF_CORE_READ(task, real_parent);
		each (i, 64) {
			if (!ancestor || ancestor == init || BPF_CORE_READ(ancestor, thread_pid, level) != level)
				break;
			struct signal_struct *theirs = BPF_CORE_READ(ancestor, signal);
			if (BPF_CORE_READ_BITFIELD_PROBED(theirs, is_child_subreaper))
				return BPF_CORE_READ(ancestor, tgid);
			struct task_struct *next = BPF_CORE_READ(ancestor, real_parent);
			if (next == ancestor)
				break;
			ancestor = next;
		}
	}
	return BPF_CORE_READ(init, pid);
}

// void (struct task_struct *p, ...)
TRACEPOINT(sched_process_exit, sched_exit, procexit)
{
	struct task_struct *task = current_task();
	int code = BPF_CORE_READ(task, exit_code);
	put_procexit__status(w, code);
	put_procexit__ret(w, code >> 8 & 0xff);
	// 0x7f is a stop, not a signal's end.
	put_procexit__sig(w, (code & 0x7f) == 0x7f ? 0 : code & 0x7f);
	put_procexit__core(w, code >> 7 & 1);
	put_procexit__reaper_tid(w, reaper_of((__u64)task));
}
