// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reading the call, the current task and its files.
#pragma once

enum { PF_EXITING = 0x4, PF_KTHREAD = 0x00200000 };

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

enum {
	TS_COMPAT = 2,
	// The marker of the x32 ABI in the numbers of its calls, which are else the native ones.
	X32_BIT = 0x40000000,
	IA32_UMOUNT = 22,
	IA32_SELECT = 82,
	IA32_MMAP = 90,
	IA32_SOCKETCALL = 102,
	// From here on times have 64 bits.
	IA32_CLOCK_GETTIME64 = 403,
};

// Whether the call came through the 32-bit entry, from whatever program: `int 0x80` works in 64-bit ones, too.
static __always_inline bool is_ia32_call(void)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return bpf_get_current_task_btf()->thread_info.status & TS_COMPAT;
	return BPF_CORE_READ(current_task(), thread_info.status) & TS_COMPAT;
}

// Whether a call came through another entry than the native one: the tracepoints of single calls do not tell of it.
static __always_inline bool is_foreign(bool ia32, __u64 nr)
{
	return ia32 || nr & X32_BIT;
}

// How many arguments each call behind socketcall has.
static const __u8 ia32_socket_args[IA32_SOCKET_CALLS] = {0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4, 6, 6, 2, 5, 5, 3, 3, 4, 5, 4};

// An argument of a call of 32 bits. A few calls only get the address of a list of them.
static __always_inline __u64 narrow_argument(struct pt_regs *regs, __u32 n)
{
	__u32 nr = BPF_CORE_READ(regs, orig_ax), bx = BPF_CORE_READ(regs, bx), value = 0;
	__u64 list = 0;
	if (nr == IA32_SOCKETCALL) {
		if (bx >= IA32_SOCKET_CALLS || n >= ia32_socket_args[bx])
			return 0;
		list = (__u32)BPF_CORE_READ(regs, cx);
	} else if (nr == IA32_MMAP || nr == IA32_SELECT) {
		list = bx;
	}
	if (list) {
		bpf_probe_read_user(&value, sizeof(value), (void *)(list + 4 * n));
		return value;
	}
	switch (n) {
	case 0:
		return bx;
	case 1:
		return (__u32)BPF_CORE_READ(regs, cx);
	case 2:
		return (__u32)BPF_CORE_READ(regs, dx);
	case 3:
		return (__u32)BPF_CORE_READ(regs, si);
	case 4:
		return (__u32)BPF_CORE_READ(regs, di);
	default:
		return (__u32)BPF_CORE_READ(regs, bp);
	}
}

// The same of the call that a scratch memory is about.
__noinline __u64 ia32_arg(__u32 slot, __u32 n)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	return scratch ? narrow_argument((struct pt_regs *)scratch->regs, n) : 0;
}

// Whether the call that `w` tells of came through the 32-bit entry. Read each time, so that no branch depends on another.
static __always_inline bool is_ia32(const struct writer *w)
{
	return *(volatile __u32 *)&w->scratch->ia32;
}

// The n-th argument of the call that `w` tells of.
#define arg(n) arg_##n(w, regs)
#define ARGUMENT(n, reg)                                                                                               \
	static __always_inline unsigned long arg_##n(const struct writer *w, struct pt_regs *regs)                     \
	{                                                                                                              \
		return is_ia32(w) ? ia32_arg(w->slot, n) : regs->reg;                                                  \
	}
ARGUMENT(0, di)
ARGUMENT(1, si)
ARGUMENT(2, dx)
ARGUMENT(3, r10)
ARGUMENT(4, r8)
ARGUMENT(5, r9)

// An fd argument: the kernel looks at 32 bits.
#define fd(n) ((__s64)(__s32)arg(n))

// The native number of the call; 0 if it has none.
static __always_inline __u32 native_number(struct pt_regs *regs, bool ia32)
{
	__u32 nr = regs->orig_ax;
	if (!ia32)
		return nr & ~X32_BIT;
	__u16 *native;
	if (nr == IA32_SOCKETCALL) {
		__u32 call = regs->bx;
		native = bpf_map_lookup_elem(&ia32_socket_calls, &call);
	} else {
		native = bpf_map_lookup_elem(&ia32_calls, &nr);
	}
	return native ? *native : 0;
}

// A pointer, or a long, of a process.
static __always_inline unsigned long user_long(const struct writer *w, unsigned long from)
{
	unsigned long value = 0;
	bpf_probe_read_user(&value, is_ia32(w) ? 4 : 8, (void *)from);
	return value;
}

// The number of 64 bits behind a pointer; 0 if there is none.
static __always_inline __u64 user_number(unsigned long from)
{
	__u64 number = 0;
	if (from)
		bpf_probe_read_user(&number, sizeof(number), (void *)from);
	return number;
}

// The open files of the current task, and how many there may be. Where the kernel hands out the task as a typed pointer
// (5.11), reading through it needs no calls.
static __always_inline struct file **open_files(__u32 *count)
{
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		struct fdtable *table = bpf_get_current_task_btf()->files->fdt;
		*count = table->max_fds;
		return table->fd;
	}
	struct fdtable *table = BPF_CORE_READ(current_task(), files, fdt);
	*count = BPF_CORE_READ(table, max_fds);
	return BPF_CORE_READ(table, fd);
}

// The file behind a descriptor of the current task; NULL if there is none.
static __always_inline struct file *find_file(__s64 fd)
{
	__u32 count = 0;
	struct file **files = open_files(&count);
	struct file *file = NULL;
	if (fd >= 0 && fd < count)
		bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

__noinline __u64 file_behind(__s64 fd)
{
	return (__u64)find_file(fd);
}

static __always_inline struct file *file_of(__s64 fd)
{
	return (struct file *)file_behind(fd);
}

// The number of a device as user space knows it (stat's st_dev, cut to 32 bits).
static __always_inline __u32 device(__u32 kernel_dev)
{
	__u32 major = kernel_dev >> 20, minor = kernel_dev & 0xfffff;
	return (minor & 0xff) | major << 8 | (minor & ~0xff) << 12;
}

enum { OVERLAYFS_MAGIC = 0x794c7630 };

// Which layer of an overlay the inode is from. Overlayfs keeps the upper dentry right behind the inode it embeds.
static __always_inline enum layer layer_of(struct inode *inode, struct super_block *super)
{
	if (BPF_CORE_READ(super, s_magic) != OVERLAYFS_MAGIC)
		return NOT_OVERLAY;
	struct dentry *upper = NULL;
	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper && BPF_CORE_READ(upper, d_inode, i_ino) ? UPPER_LAYER : LOWER_LAYER;
}

enum { FMODE_CREATED = 0x100000 };

// Looks at the file that a call has just opened; whether there is one.
__noinline int look_at_opened(__u32 slot, __s64 fd)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return false;
	struct file *file = fd < 0 ? NULL : find_file(fd);
	if (!file) {
		scratch->opened = (struct opened){};
		return false;
	}
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *super = BPF_CORE_READ(inode, i_sb);
	scratch->opened.dev = device(BPF_CORE_READ(super, s_dev));
	scratch->opened.ino = BPF_CORE_READ(inode, i_ino);
	scratch->opened.layer = layer_of(inode, super);
	scratch->opened.created = BPF_CORE_READ(file, f_mode) & FMODE_CREATED;
	return true;
}

static __always_inline const struct opened *opened(struct writer *w, __s64 fd)
{
	look_at_opened(w->slot, fd);
	return &w->scratch->opened;
}

static __always_inline __u64 inode_number(__s64 fd)
{
	struct file *file = file_of(fd);
	return file ? BPF_CORE_READ(file, f_inode, i_ino) : 0;
}
