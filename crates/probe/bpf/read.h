// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reading the call, the current task and its files.
#pragma once

enum { PF_EXITING = 0x4, PF_KTHREAD = 0x00200000 };

static __always_inline struct task_struct *current_task(void)
{
	return (struct task_struct *)bpf_get_current_task();
}

// The n-th argument of the call.
#define arg(n) arg_##n(regs)
#define ARGUMENT(n, reg)                                                                                               \
	static __always_inline unsigned long arg_##n(struct pt_regs *regs)                                             \
	{                                                                                                              \
		return regs->reg;                                                                                      \
	}
ARGUMENT(0, di)
ARGUMENT(1, si)
ARGUMENT(2, dx)
ARGUMENT(3, r10)
ARGUMENT(4, r8)
ARGUMENT(5, r9)

// An fd argument: the kernel looks at 32 bits.
#define fd(n) ((__s64)(__s32)arg(n))

// The file behind a descriptor of the current task; NULL if there is none.
static __always_inline struct file *file_of(__s64 fd)
{
	struct fdtable *table = BPF_CORE_READ(current_task(), files, fdt);
	if (fd < 0 || fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	struct file **files = BPF_CORE_READ(table, fd);
	struct file *file = NULL;
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

// The number of a device as user space knows it (stat's st_dev, cut to 32 bits).
static __always_inline __u32 device(__u32 kernel_dev)
{
	__u32 major = kernel_dev >> 20, minor = kernel_dev & 0xfffff;
	return (minor & 0xff) | major << 8 | (minor & ~0xff) << 12;
}

enum { OVERLAYFS_MAGIC = 0x794c7630 };

enum layer { NOT_OVERLAY, UPPER_LAYER, LOWER_LAYER };

// Which layer of an overlay the file is from. Overlayfs keeps the upper dentry right behind the inode it embeds.
static __always_inline enum layer layer_of(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	if (BPF_CORE_READ(dentry, d_sb, s_magic) != OVERLAYFS_MAGIC)
		return NOT_OVERLAY;
	struct inode *inode = BPF_CORE_READ(dentry, d_inode);
	struct dentry *upper = NULL;
	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper && BPF_CORE_READ(upper, d_inode, i_ino) ? UPPER_LAYER : LOWER_LAYER;
}

enum { FMODE_CREATED = 0x100000 };

struct opened {
	__u32 dev;
	__u64 ino;
	enum layer layer;
	bool created;
};

// What is known of the file that a call has just opened; nothing if it failed.
static __always_inline struct opened opened(__s64 fd)
{
	struct opened opened = {};
	struct file *file = fd < 0 ? NULL : file_of(fd);
	if (!file)
		return opened;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	opened.dev = device(BPF_CORE_READ(inode, i_sb, s_dev));
	opened.ino = BPF_CORE_READ(inode, i_ino);
	opened.layer = layer_of(file);
	opened.created = BPF_CORE_READ(file, f_mode) & FMODE_CREATED;
	return opened;
}

static __always_inline __u64 inode_number(__s64 fd)
{
	struct file *file = file_of(fd);
	return file ? BPF_CORE_READ(file, f_inode, i_ino) : 0;
}
