// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Facts about a task.
#pragma once

enum {
	RLIMIT_NOFILE = 7,
	MM_FILEPAGES = 0,
	MM_ANONPAGES = 1,
	MM_SWAPENTS = 2,
	MM_SHMEMPAGES = 3,
	SB_RDONLY = 1,
	S_IMMUTABLE = 8,
	MAY_WRITE = 2,
	CAP_DAC_OVERRIDE = 1,
	CAP_FOWNER = 3,
};

static __always_inline __u64 fd_limit(struct task_struct *task)
{
	return BPF_CORE_READ(task, signal, rlim[RLIMIT_NOFILE].rlim_cur);
}

static __always_inline __s64 parent_tid(struct task_struct *task)
{
	return BPF_CORE_READ(task, real_parent, pid);
}

static __always_inline struct pid *group_pid(struct task_struct *task, int type)
{
	return BPF_CORE_READ(task, signal, pids[type]);
}

static __always_inline struct upid innermost(struct pid *pid)
{
	struct upid upid = {};
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid *first = __builtin_preserve_access_index(&pid->numbers[0]);
	bpf_probe_read_kernel(&upid, sizeof(upid), first + level);
	return upid;
}

// The number of a pid in the pid namespace it was made in.
static __always_inline __s64 own_number(struct pid *pid)
{
	return innermost(pid).nr;
}

static __always_inline __s64 global_number(struct pid *pid)
{
	int number = 0;
	bpf_core_read(&number, sizeof(number), &pid->numbers[0].nr);
	return number;
}

// Kilobytes of an amount of pages; counts per CPU may be a little below zero.
static __always_inline __u32 kilobytes(__s64 pages)
{
	return pages > 0 ? pages << 2 : 0;
}

static __always_inline __s64 pages(struct mm_struct *mm, int kind)
{
	__s64 count = 0;
	if (bpf_core_type_exists(struct mm_rss_stat)) {
		struct mm_struct___v5_8 *older = (void *)mm;
		bpf_core_read(&count, sizeof(count), &older->rss_stat.count[kind].counter);
	} else {
		struct mm_struct___v6_2 *newer = (void *)mm;
		bpf_core_read(&count, sizeof(count), &newer->rss_stat[kind].count);
	}
	return count;
}

static __always_inline __u32 vm_size(struct mm_struct *mm)
{
	return kilobytes(BPF_CORE_READ(mm, total_vm));
}

static __always_inline __u32 vm_rss(struct mm_struct *mm)
{
	return kilobytes(pages(mm, MM_FILEPAGES) + pages(mm, MM_ANONPAGES) + pages(mm, MM_SHMEMPAGES));
}

static __always_inline __u32 vm_swap(struct mm_struct *mm)
{
	return kilobytes(pages(mm, MM_SWAPENTS));
}

static __always_inline __u32 tty(struct task_struct *task)
{
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);
	if (!tty)
		return 0;
	__u32 minor = BPF_CORE_READ(tty, driver, minor_start) + BPF_CORE_READ(tty, index);
	return device(BPF_CORE_READ(tty, driver, major) << 20 | minor);
}

static __always_inline __u32 login_uid(struct task_struct *task)
{
	return bpf_core_field_exists(task->loginuid) ? BPF_CORE_READ(task, loginuid.val) : ~0u;
}

// When the init of the task's pid namespace started, in nanoseconds of the monotonic clock.
static __always_inline __u64 pidns_init_start(struct task_struct *task)
{
	struct pid_namespace *ns = innermost(group_pid(task, PIDTYPE_TGID)).ns;
	return BPF_CORE_READ(ns, child_reaper, start_time);
}

// Flags of clone, and whether the child is or will be in a pid namespace other than the first.
static __always_inline __u32 task_clone_flags(struct task_struct *task, __u64 flags)
{
	struct pid_namespace *ns = innermost(BPF_CORE_READ(task, thread_pid)).ns;
	bool inside = BPF_CORE_READ(ns, level) != 0 || BPF_CORE_READ(task, nsproxy, pid_ns_for_children) != ns;
	return clone_flags(flags) | (inside ? clone_flags__CLONE_CHILD_IN_PIDNS : 0);
}

static __always_inline __u64 nanoseconds(__s64 sec, __u32 nsec)
{
	// The highest bits of an inode's nanoseconds have other uses (from 6.6).
	return sec < 0 ? 0 : sec * 1000000000ull + (nsec & 0x3fffffff);
}

static __always_inline __u64 change_time(struct inode *inode)
{
	struct inode___v5_8 *oldest = (void *)inode;
	struct inode___v6_6 *older = (void *)inode;
	struct inode___v6_11 *newer = (void *)inode;
	if (bpf_core_field_exists(newer->i_ctime_sec))
		return nanoseconds(BPF_CORE_READ(newer, i_ctime_sec), BPF_CORE_READ(newer, i_ctime_nsec));
	if (bpf_core_field_exists(older->__i_ctime))
		return nanoseconds(BPF_CORE_READ(older, __i_ctime.tv_sec), BPF_CORE_READ(older, __i_ctime.tv_nsec));
	return nanoseconds(BPF_CORE_READ(oldest, i_ctime.tv_sec), BPF_CORE_READ(oldest, i_ctime.tv_nsec));
}

static __always_inline __u64 modification_time(struct inode *inode)
{
	struct inode___v5_8 *oldest = (void *)inode;
	struct inode___v6_6 *older = (void *)inode;
	struct inode___v6_11 *newer = (void *)inode;
	if (bpf_core_field_exists(newer->i_mtime_sec))
		return nanoseconds(BPF_CORE_READ(newer, i_mtime_sec), BPF_CORE_READ(newer, i_mtime_nsec));
	if (bpf_core_field_exists(older->__i_mtime))
		return nanoseconds(BPF_CORE_READ(older, __i_mtime.tv_sec), BPF_CORE_READ(older, __i_mtime.tv_nsec));
	return nanoseconds(BPF_CORE_READ(oldest, i_mtime.tv_sec), BPF_CORE_READ(oldest, i_mtime.tv_nsec));
}

// Whether an id has a number in a user namespace. Maps of more than five ranges are elsewhere: those count as mapped.
__noinline int is_mapped_in(__u64 of, __u32 id)
{
	struct uid_gid_map *map = (struct uid_gid_map *)of;
	__u32 n = BPF_CORE_READ(map, nr_extents);
	if (n > 5)
		return true;
	each (i, 5) {
		if (i >= n)
			break;
		__u32 first = BPF_CORE_READ(map, extent[i].lower_first);
		if (id - first < BPF_CORE_READ(map, extent[i].count))
			return true;
	}
	return false;
}

static __always_inline bool is_mapped(struct uid_gid_map *map, __u32 id)
{
	return is_mapped_in((__u64)map, id);
}

// Whether a group is among the supplementary ones, which are sorted.
__noinline int is_in_groups(__u64 of, __u32 group)
{
	struct group_info *info = (struct group_info *)of;
	__u32 low = 0, high = BPF_CORE_READ(info, ngroups);
	each (i, 16) {
		if (low >= high)
			break;
		__u32 middle = (low + high) / 2, have = 0;
		kgid_t *first = __builtin_preserve_access_index(&info->gid[0]);
		bpf_probe_read_kernel(&have, sizeof(have), first + middle);
		if (have == group)
			return true;
		if (have < group)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

// Whether the task may write to the file by its owner, mode and capabilities; access control lists are not looked at.
static __always_inline bool may_write(struct task_struct *task, struct inode *inode)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	__u32 uid = BPF_CORE_READ(inode, i_uid.val), gid = BPF_CORE_READ(inode, i_gid.val);
	__u32 fsuid = BPF_CORE_READ(cred, fsuid.val);
	if (BPF_CORE_READ(inode, i_sb, s_flags) & SB_RDONLY || BPF_CORE_READ(inode, i_flags) & S_IMMUTABLE)
		return false;
	if (uid == ~0u || gid == ~0u)
		return false;
	if (uid == fsuid)
		return true;
	__u32 mode = BPF_CORE_READ(inode, i_mode);
	if (gid == BPF_CORE_READ(cred, fsgid.val) || is_in_groups((__u64)BPF_CORE_READ(cred, group_info), gid))
		mode >>= 3;
	if (mode & MAY_WRITE)
		return true;
	struct user_namespace *ns = BPF_CORE_READ(cred, user_ns);
	__u64 caps = BPF_CORE_READ(cred, cap_effective).bits;
	bool user_mapped = is_mapped(&ns->uid_map, uid);
	return (caps >> CAP_DAC_OVERRIDE & 1 && user_mapped && is_mapped(&ns->gid_map, gid)) ||
	       (caps >> CAP_FOWNER & 1 && user_mapped);
}

// Whether a file is in no file system but was made by memfd_create.
static __always_inline bool is_memfd(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	if (BPF_CORE_READ(dentry, d_parent) != dentry)
		return false;
	char name[8] = {};
	bpf_probe_read_kernel_str(name, sizeof("memfd:"), BPF_CORE_READ(dentry, d_name.name));
	return *(__u64 *)name == 0x3a64666d656d; // "memfd:"
}

__noinline __u32 flags_of_exe(__u64 of, __u64 file)
{
	struct task_struct *task = (struct task_struct *)of;
	struct file *exe = (struct file *)file;
	struct inode *inode = BPF_CORE_READ(exe, f_inode);
	enum layer layer = layer_of(inode, BPF_CORE_READ(inode, i_sb));
	return (may_write(task, inode) ? execve_flags__EXE_WRITABLE : 0) |
	       (layer == UPPER_LAYER ? execve_flags__EXE_UPPER_LAYER : 0) |
	       (layer == LOWER_LAYER ? execve_flags__EXE_LOWER_LAYER : 0) |
	       (is_memfd(exe) ? execve_flags__EXE_FROM_MEMFD : 0);
}

static __always_inline __u32 exe_flags(struct task_struct *task, struct file *exe)
{
	return flags_of_exe((__u64)task, (__u64)exe);
}
