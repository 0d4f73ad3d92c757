// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Users and groups, limits, signals, memory, mounts, modules and the rest.
#pragma once

// Calls that only give a number.
#define SYSCALL_RESULT(name, param)                                                                                    \
	SYSCALL(name, name)                                                                                            \
	{                                                                                                              \
		put_##name##__##param(w, ret);                                                                         \
	}

SYSCALL_RESULT(getuid, uid)
SYSCALL_RESULT(geteuid, euid)
SYSCALL_RESULT(getgid, gid)
SYSCALL_RESULT(getegid, egid)
SYSCALL_RESULT(setsid, res)
SYSCALL_RESULT(munlockall, res)

SYSCALL(setuid, setuid)
{
	put_setuid__res(w, ret);
	put_setuid__uid(w, arg(0));
}

SYSCALL(setgid, setgid)
{
	put_setgid__res(w, ret);
	put_setgid__gid(w, arg(0));
}

SYSCALL(setreuid, setreuid)
{
	put_setreuid__res(w, ret);
	put_setreuid__ruid(w, arg(0));
	put_setreuid__euid(w, arg(1));
}

SYSCALL(setregid, setregid)
{
	put_setregid__res(w, ret);
	put_setregid__rgid(w, arg(0));
	put_setregid__egid(w, arg(1));
}

SYSCALL(setresuid, setresuid)
{
	put_setresuid__res(w, ret);
	put_setresuid__ruid(w, arg(0));
	put_setresuid__euid(w, arg(1));
	put_setresuid__suid(w, arg(2));
}

SYSCALL(setresgid, setresgid)
{
	put_setresgid__res(w, ret);
	put_setresgid__rgid(w, arg(0));
	put_setresgid__egid(w, arg(1));
	put_setresgid__sgid(w, arg(2));
}

static __always_inline __u32 user_u32(unsigned long from)
{
	__u32 number = 0;
	bpf_probe_read_user(&number, sizeof(number), (void *)from);
	return number;
}

SYSCALL(getresuid, getresuid)
{
	put_getresuid__res(w, ret);
	put_getresuid__ruid(w, user_u32(arg(0)));
	put_getresuid__euid(w, user_u32(arg(1)));
	put_getresuid__suid(w, user_u32(arg(2)));
}

SYSCALL(getresgid, getresgid)
{
	put_getresgid__res(w, ret);
	put_getresgid__rgid(w, user_u32(arg(0)));
	put_getresgid__egid(w, user_u32(arg(1)));
	put_getresgid__sgid(w, user_u32(arg(2)));
}

SYSCALL(setpgid, setpgid)
{
	put_setpgid__res(w, ret);
	put_setpgid__pid(w, (__s32)arg(0));
	put_setpgid__pgid(w, (__s32)arg(1));
}

// What the task has now, whether the call changed it or not.
SYSCALL(capset, capset)
{
	const struct cred *cred = BPF_CORE_READ(current_task(), cred);
	put_capset__res(w, ret);
	put_capset__cap_inheritable(w, BPF_CORE_READ(cred, cap_inheritable).bits);
	put_capset__cap_permitted(w, BPF_CORE_READ(cred, cap_permitted).bits);
	put_capset__cap_effective(w, BPF_CORE_READ(cred, cap_effective).bits);
}

struct limit {
	__s64 current, maximum;
};

static __always_inline struct limit limit(unsigned long from)
{
	struct limit limit = {};
	if (from)
		bpf_probe_read_user(&limit, sizeof(limit), (void *)from);
	return limit;
}

// The older calls give longs, where a 32-bit program has less to say.
static __always_inline struct limit long_limit(const struct writer *w, unsigned long from)
{
	__u32 narrow[2] = {};
	if (!is_ia32(w))
		return limit(from);
	if (from)
		bpf_probe_read_user(&narrow, sizeof(narrow), (void *)from);
	return (struct limit){narrow[0], narrow[1]};
}

SYSCALL(getrlimit, getrlimit)
{
	struct limit has = long_limit(w, ret == 0 ? arg(1) : 0);
	put_getrlimit__res(w, ret);
	put_getrlimit__cur(w, has.current);
	put_getrlimit__max(w, has.maximum);
	put_getrlimit__resource(w, rlimit_resource(arg(0)));
}

SYSCALL(setrlimit, setrlimit)
{
	struct limit wanted = long_limit(w, arg(1));
	put_setrlimit__res(w, ret);
	put_setrlimit__cur(w, wanted.current);
	put_setrlimit__max(w, wanted.maximum);
	put_setrlimit__resource(w, rlimit_resource(arg(0)));
}

SYSCALL(prlimit64, prlimit)
{
	struct limit wanted = limit(arg(2));
	struct limit had = limit(ret == 0 ? arg(3) : 0);
	put_prlimit__res(w, ret);
	put_prlimit__newcur(w, wanted.current);
	put_prlimit__newmax(w, wanted.maximum);
	put_prlimit__oldcur(w, had.current);
	put_prlimit__oldmax(w, had.maximum);
	put_prlimit__pid(w, (__s32)arg(0));
	put_prlimit__resource(w, rlimit_resource(arg(1)));
}

SYSCALL(prctl, prctl)
{
	__u32 option = prctl_option(arg(0));
	bool names = option == prctl_options__PR_SET_NAME || option == prctl_options__PR_GET_NAME;
	__s64 number = arg(1);
	if (option == prctl_options__PR_GET_CHILD_SUBREAPER)
		number = (__s32)user_u32(arg(1));
	put_prctl__res(w, ret);
	put_prctl__option(w, option);
	put_prctl__arg2_str(w, names ? user_text(arg(1)) : missing());
	put_prctl__arg2_int(w, names ? 0 : number);
}

SYSCALL(unshare, unshare)
{
	put_unshare__res(w, ret);
	put_unshare__flags(w, clone_flags(arg(0)));
}

SYSCALL(setns, setns)
{
	put_setns__res(w, ret);
	put_setns__fd(w, fd(0));
	put_setns__nstype(w, clone_flags(arg(1)));
}

SYSCALL(seccomp, seccomp)
{
	put_seccomp__res(w, ret);
	put_seccomp__op(w, arg(0));
	put_seccomp__flags(w, arg(1));
}

// A number of type `choice` behind the byte that says so.
static __always_inline struct source chosen_u64(struct writer *w, __u8 choice, __u64 value)
{
	*place(w, 0) = choice;
	*(__u64 *)place(w, 1) = value;
	return written(9);
}

static __always_inline struct source ptrace_data(struct writer *w, __u16 request, unsigned long data)
{
	switch (request) {
	case ptrace_requests__PTRACE_PEEKTEXT:
	case ptrace_requests__PTRACE_PEEKDATA:
	case ptrace_requests__PTRACE_PEEKUSR:
		return chosen_u64(w, CHOICE_ptrace__data__UINT64, user_number(data));
	case ptrace_requests__PTRACE_CONT:
	case ptrace_requests__PTRACE_SINGLESTEP:
	case ptrace_requests__PTRACE_DETACH:
	case ptrace_requests__PTRACE_SYSCALL:
		*place(w, 0) = CHOICE_ptrace__data__SIGTYPE;
		*place(w, 1) = data;
		return written(2);
	default:
		return chosen_u64(w, CHOICE_ptrace__data__UINT64, data);
	}
}

SYSCALL(ptrace, ptrace)
{
	__u16 request = ptrace_request(arg(0));
	bool failed = ret < 0;
	put_ptrace__res(w, ret);
	put_ptrace__addr(w, chosen_u64(w, CHOICE_ptrace__addr__UINT64, failed ? 0 : arg(2)));
	put_ptrace__data(w, ptrace_data(w, failed ? 0 : request, failed ? 0 : arg(3)));
	put_ptrace__request(w, request);
	put_ptrace__pid(w, (__s32)arg(1));
}

SYSCALL(kill, kill)
{
	put_kill__res(w, ret);
	put_kill__pid(w, (__s32)arg(0));
	put_kill__sig(w, arg(1));
}

SYSCALL(tkill, tkill)
{
	put_tkill__res(w, ret);
	put_tkill__tid(w, (__s32)arg(0));
	put_tkill__sig(w, arg(1));
}

SYSCALL(tgkill, tgkill)
{
	put_tgkill__res(w, ret);
	put_tgkill__pid(w, (__s32)arg(0));
	put_tgkill__tid(w, (__s32)arg(1));
	put_tgkill__sig(w, arg(2));
}

enum { SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGKILL = 9, SIGTERM = 15, SIGCHLD = 17, SIGTSTP = 20, SIGRTMIN = 32 };

// Who sent a signal, where the kind of signal says that it has a sender.
static __always_inline __s64 sender(int signal, struct kernel_siginfo *info)
{
	// 0 and 1 stand for "from a process" and "from the kernel", without more.
	if ((unsigned long)info <= 1)
		return 0;
	__s32 pid = BPF_CORE_READ(info, _sifields._kill._pid);
	switch (signal) {
	case SIGKILL:
	case SIGCHLD:
		return pid;
	case SIGHUP:
	case SIGINT:
	case SIGQUIT:
	case SIGTERM:
	case SIGTSTP:
		return BPF_CORE_READ(info, si_code) <= 0 ? pid : 0;
	default:
		return signal >= SIGRTMIN ? pid : 0;
	}
}

// void (int sig, struct kernel_siginfo *info, struct k_sigaction *ka)
TRACEPOINT(signal_deliver, signal_deliver, signaldeliver)
{
	put_signaldeliver__spid(w, sender(ctx[0], (struct kernel_siginfo *)ctx[1]));
	put_signaldeliver__dpid(w, (__u32)bpf_get_current_pid_tgid());
	put_signaldeliver__sig(w, ctx[0]);
}

// void (bool preempt, struct task_struct *prev, struct task_struct *next, ...): told by the one that goes.
TRACEPOINT(sched_switch, sched_switch, switch)
{
	struct task_struct *task = current_task();
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	put_switch__next(w, BPF_CORE_READ((struct task_struct *)ctx[2], pid));
	put_switch__pgft_maj(w, BPF_CORE_READ(task, maj_flt));
	put_switch__pgft_min(w, BPF_CORE_READ(task, min_flt));
	put_switch__vm_size(w, vm_size(mm));
	put_switch__vm_rss(w, vm_rss(mm));
	put_switch__vm_swap(w, vm_swap(mm));
}

// void (unsigned long address, struct pt_regs *regs, unsigned long error_code)
#define PAGE_FAULT(name)                                                                                               \
	TRACEPOINT(name, name, page_fault)                                                                             \
	{                                                                                                              \
		put_page_fault__addr(w, ctx[0]);                                                                       \
		put_page_fault__ip(w, BPF_CORE_READ((struct pt_regs *)ctx[1], ip));                                    \
		put_page_fault__error(w, page_fault_error(ctx[2]));                                                    \
	}

PAGE_FAULT(page_fault_user)
PAGE_FAULT(page_fault_kernel)

SYSCALL(nanosleep, nanosleep)
{
	put_nanosleep__res(w, ret);
	put_nanosleep__interval(w, interval(w, regs, arg(0)));
}

SYSCALL(futex, futex)
{
	put_futex__res(w, ret);
	put_futex__addr(w, arg(0));
	put_futex__op(w, futex_operation(arg(1)));
	put_futex__val(w, arg(2));
}

SYSCALL(brk, brk)
{
	struct mm_struct *mm = BPF_CORE_READ(current_task(), mm);
	put_brk__res(w, ret);
	put_brk__vm_size(w, vm_size(mm));
	put_brk__vm_rss(w, vm_rss(mm));
	put_brk__vm_swap(w, vm_swap(mm));
	put_brk__addr(w, arg(0));
}

SYSCALL(mmap, mmap)
{
	struct mm_struct *mm = BPF_CORE_READ(current_task(), mm);
	put_mmap__res(w, ret);
	put_mmap__vm_size(w, vm_size(mm));
	put_mmap__vm_rss(w, vm_rss(mm));
	put_mmap__vm_swap(w, vm_swap(mm));
	put_mmap__addr(w, arg(0));
	put_mmap__length(w, arg(1));
	put_mmap__prot(w, prot_flags(arg(2)));
	put_mmap__flags(w, mmap_flags(arg(3)));
	put_mmap__fd(w, fd(4));
	put_mmap__offset(w, arg(5));
}

SYSCALL(munmap, munmap)
{
	struct mm_struct *mm = BPF_CORE_READ(current_task(), mm);
	put_munmap__res(w, ret);
	put_munmap__vm_size(w, vm_size(mm));
	put_munmap__vm_rss(w, vm_rss(mm));
	put_munmap__vm_swap(w, vm_swap(mm));
	put_munmap__addr(w, arg(0));
	put_munmap__length(w, arg(1));
}

SYSCALL(mprotect, mprotect)
{
	put_mprotect__res(w, ret);
	put_mprotect__addr(w, arg(0));
	put_mprotect__length(w, arg(1));
	put_mprotect__prot(w, prot_flags(arg(2)));
}

SYSCALL(mlock, mlock)
{
	put_mlock__res(w, ret);
	put_mlock__addr(w, arg(0));
	put_mlock__len(w, arg(1));
}

SYSCALL(munlock, munlock)
{
	put_munlock__res(w, ret);
	put_munlock__addr(w, arg(0));
	put_munlock__len(w, arg(1));
}

SYSCALL(mlock2, mlock2)
{
	put_mlock2__res(w, ret);
	put_mlock2__addr(w, arg(0));
	put_mlock2__len(w, arg(1));
	put_mlock2__flags(w, arg(2) & mlock2_flags__MLOCK_ONFAULT);
}

SYSCALL(mlockall, mlockall)
{
	put_mlockall__res(w, ret);
	put_mlockall__flags(w, arg(0) & 7);
}

SYSCALL(mount, mount)
{
	put_mount__res(w, ret);
	put_mount__dev(w, user_text(arg(0)));
	put_mount__dir(w, user_text(arg(1)));
	put_mount__type(w, user_text(arg(2)));
	put_mount__flags(w, mount_flags(arg(3)));
}

SYSCALL(umount2, umount2)
{
	put_umount2__res(w, ret);
	put_umount2__name(w, user_text(arg(0)));
	put_umount2__flags(w, is_ia32(w) && regs->orig_ax == IA32_UMOUNT ? 0 : arg(1) & 0xf);
}

// Commands that come with a string or with bytes.
static __always_inline bool takes_text(__u32 command)
{
	return command == fsconfig_cmds__FSCONFIG_SET_STRING || command == fsconfig_cmds__FSCONFIG_SET_PATH ||
	       command == fsconfig_cmds__FSCONFIG_SET_PATH_EMPTY;
}

SYSCALL(fsconfig, fsconfig)
{
	__u32 command = arg(1);
	bool bytes = ret >= 0 && command == fsconfig_cmds__FSCONFIG_SET_BINARY;
	bool text = ret >= 0 && takes_text(command);
	put_fsconfig__res(w, ret);
	put_fsconfig__fd(w, fd(0));
	put_fsconfig__cmd(w, command);
	put_fsconfig__key(w, user_text(arg(2)));
	put_fsconfig__value_bytebuf(w, bytes ? user_bytes(arg(3), arg(4) & RECORD_MAX) : missing());
	put_fsconfig__value_charbuf(w, text ? user_text(arg(3)) : missing());
	put_fsconfig__aux(w, arg(4));
}

SYSCALL(init_module, init_module)
{
	put_init_module__res(w, ret);
	put_init_module__img(w, kept(w, arg(0), arg(1)));
	put_init_module__length(w, arg(1));
	put_init_module__uargs(w, user_text(arg(2)));
}

SYSCALL(finit_module, finit_module)
{
	put_finit_module__res(w, ret);
	put_finit_module__fd(w, fd(0));
	put_finit_module__uargs(w, user_text(arg(1)));
	put_finit_module__flags(w, arg(2) & 7);
}

SYSCALL(delete_module, delete_module)
{
	put_delete_module__res(w, ret);
	put_delete_module__name(w, user_text(arg(0)));
	put_delete_module__flags(w, delete_module_flags(arg(1)));
}

SYSCALL(bpf, bpf)
{
	put_bpf__fd(w, ret);
	put_bpf__cmd(w, arg(0));
}

// Operations whose n-th argument is a string.
static __always_inline struct source keyctl_argument(struct writer *w, __u32 operation, __u32 n, unsigned long value)
{
	bool text = (n == 2 && operation == keyctl_operations__KEYCTL_JOIN_SESSION_KEYRING) ||
		    ((n == 3 || n == 4) && (operation == keyctl_operations__KEYCTL_SEARCH ||
					    operation == keyctl_operations__KEYCTL_RESTRICT_KEYRING));
	if (!text || !value)
		return chosen_u64(w, CHOICE_keyctl__arg2__INT64, value);
	*place(w, 0) = CHOICE_keyctl__arg2__CHARBUF;
	return written(1 + copy(w, 1, user_text(value)));
}

SYSCALL(keyctl, keyctl)
{
	__u32 operation = arg(0);
	put_keyctl__res(w, ret);
	put_keyctl__operation(w, operation);
	put_keyctl__arg2(w, keyctl_argument(w, operation, 2, arg(1)));
	put_keyctl__arg3(w, keyctl_argument(w, operation, 3, arg(2)));
	put_keyctl__arg4(w, keyctl_argument(w, operation, 4, arg(3)));
	put_keyctl__arg5(w, keyctl_argument(w, operation, 5, arg(4)));
}

SYSCALL(semget, semget)
{
	put_semget__res(w, ret);
	put_semget__key(w, arg(0));
	put_semget__nsems(w, arg(1));
	put_semget__semflg(w, semget_flags(arg(2)));
}

struct sembuf {
	__u16 num;
	__s16 op, flags;
};

SYSCALL(semop, semop)
{
	struct sembuf first = {}, second = {};
	struct sembuf *list = (void *)arg(1);
	__u32 n = arg(2);
	if (ret == 0 && n > 0)
		bpf_probe_read_user(&first, sizeof(first), list);
	if (ret == 0 && n > 1)
		bpf_probe_read_user(&second, sizeof(second), list + 1);
	put_semop__res(w, ret);
	put_semop__nsops(w, n);
	put_semop__sem_num_0(w, first.num);
	put_semop__sem_op_0(w, first.op);
	put_semop__sem_flg_0(w, semop_flags(first.flags));
	put_semop__sem_num_1(w, second.num);
	put_semop__sem_op_1(w, second.op);
	put_semop__sem_flg_1(w, semop_flags(second.flags));
	put_semop__semid(w, arg(0));
}

SYSCALL(semctl, semctl)
{
	__u16 command = semctl_command(arg(2));
	put_semctl__res(w, ret);
	put_semctl__semid(w, arg(0));
	put_semctl__semnum(w, arg(1));
	put_semctl__cmd(w, command);
	put_semctl__val(w, command == semctl_commands__SETVAL ? arg(3) : 0);
}

// struct if_dqblk and struct if_dqinfo.
struct quota_block {
	__u64 bhardlimit, bsoftlimit, curspace, ihardlimit, isoftlimit, curinodes, btime, itime;
	__u32 valid;
};

struct quota_info {
	__u64 bgrace, igrace;
	__u32 flags, valid;
};

enum { QIF_BLIMITS = 1, QIF_SPACE = 2, QIF_ILIMITS = 4, QIF_BTIME = 16, QIF_ITIME = 32 };
enum { IIF_BGRACE = 1, IIF_IGRACE = 2, IIF_FLAGS = 4 };

#define IF_VALID(from, bit, field) ((from).valid & (bit) ? (from).field : 0)

SYSCALL(quotactl, quotactl)
{
	__u16 command = quotactl_command(arg(0));
	struct quota_block block = {};
	struct quota_info info = {};
	if (command == quotactl_cmds__Q_GETQUOTA || command == quotactl_cmds__Q_SETQUOTA)
		bpf_probe_read_user(&block, sizeof(block), (void *)arg(3));
	if (command == quotactl_cmds__Q_GETINFO || command == quotactl_cmds__Q_SETINFO)
		bpf_probe_read_user(&info, sizeof(info), (void *)arg(3));
	bool of_someone = command == quotactl_cmds__Q_GETQUOTA || command == quotactl_cmds__Q_SETQUOTA ||
			  command == quotactl_cmds__Q_XGETQUOTA || command == quotactl_cmds__Q_XSETQLIM;
	put_quotactl__res(w, ret);
	put_quotactl__special(w, user_text(arg(1)));
	put_quotactl__quotafilepath(w, command == quotactl_cmds__Q_QUOTAON ? user_text(arg(3)) : missing());
	put_quotactl__dqb_bhardlimit(w, IF_VALID(block, QIF_BLIMITS, bhardlimit));
	put_quotactl__dqb_bsoftlimit(w, IF_VALID(block, QIF_BLIMITS, bsoftlimit));
	put_quotactl__dqb_curspace(w, IF_VALID(block, QIF_SPACE, curspace));
	put_quotactl__dqb_ihardlimit(w, IF_VALID(block, QIF_ILIMITS, ihardlimit));
	put_quotactl__dqb_isoftlimit(w, IF_VALID(block, QIF_ILIMITS, isoftlimit));
	put_quotactl__dqb_btime(w, IF_VALID(block, QIF_BTIME, btime));
	put_quotactl__dqb_itime(w, IF_VALID(block, QIF_ITIME, itime));
	put_quotactl__dqi_bgrace(w, IF_VALID(info, IIF_BGRACE, bgrace));
	put_quotactl__dqi_igrace(w, IF_VALID(info, IIF_IGRACE, igrace));
	put_quotactl__dqi_flags(w, IF_VALID(info, IIF_FLAGS, flags));
	put_quotactl__quota_fmt_out(w, quota_format(command == quotactl_cmds__Q_GETFMT ? user_u32(arg(3)) : 0));
	put_quotactl__cmd(w, command);
	put_quotactl__type(w, quotactl_type(arg(0)));
	put_quotactl__id(w, of_someone ? arg(2) : 0);
	put_quotactl__quota_fmt(w, quota_format(command == quotactl_cmds__Q_QUOTAON ? arg(2) : 0));
}
