// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Paths that are built in the kernel, name by name: of files and of control groups.
#pragma once

// Loops over names are not to be unrolled, which would make programs too long.
#define each(i, n) _Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < (n); i++)

static __always_inline void push_name(struct scratch *scratch, const void *name)
{
	__u32 n = scratch->n_names;
	if (n < PATH_NAMES) {
		scratch->names[n] = (__u64)name;
		scratch->n_names = n + 1;
	}
}

// Joins the names, last first, to a path behind the cursor, with its NUL; how many bytes that is.
static __always_inline __u32 join_names(struct scratch *scratch)
{
	__u32 start = scratch->cursor;
	__u32 n = scratch->n_names;
	if (n == 0) {
		scratch->record[start & RECORD_MAX] = '/';
		scratch->record[(start + 1) & RECORD_MAX] = 0;
		return 2;
	}
	each (i, PATH_NAMES) {
		__u32 left = scratch->n_names;
		if (left == 0 || left > PATH_NAMES)
			break;
		scratch->n_names = --left;
		const void *name = (void *)scratch->names[left];
		__u32 at = scratch->cursor;
		scratch->record[at & RECORD_MAX] = '/';
		long got = bpf_probe_read_kernel_str(&scratch->record[(at + 1) & RECORD_MAX], NAME_MAX, name);
		// The NUL of a name is where the next slash goes.
		scratch->cursor = at + (got > 0 ? got : 1);
	}
	__u32 end = scratch->cursor;
	scratch->record[end & RECORD_MAX] = 0;
	return end - start + 1;
}

// The path of a file from the root of its mount namespace. What is in no file system has only a name ("memfd:x").
static __always_inline __u32 append_path(struct writer *w, struct file *file)
{
	struct scratch *scratch = w->scratch;
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	struct mount *mount = container_of(vfsmount, struct mount, mnt);
	scratch->n_names = 0;
	scratch->cursor = w->at;
	each (i, PATH_NAMES) {
		struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
		if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
			struct mount *above = BPF_CORE_READ(mount, mnt_parent);
			if (above == mount)
				break;
			dentry = BPF_CORE_READ(mount, mnt_mountpoint);
			mount = above;
			continue;
		}
		if (parent == dentry)
			break;
		push_name(scratch, BPF_CORE_READ(dentry, d_name.name));
		dentry = parent;
	}
	if (scratch->n_names == 0) {
		const void *name = BPF_CORE_READ(dentry, d_name.name);
		long got = bpf_probe_read_kernel_str(place(w, 0), NAME_MAX, name);
		return got > 0 ? got : 0;
	}
	return join_names(scratch);
}

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
	struct kernfs_node___v6_15 *newer = (void *)node;
	if (bpf_core_field_exists(newer->__parent))
		return BPF_CORE_READ(newer, __parent);
	return BPF_CORE_READ(node, parent);
}

// "subsystem=path" of one subsystem at the cursor.
static __always_inline void append_cgroup(struct scratch *scratch, struct cgroup_subsys_state *state)
{
	__u32 at = scratch->cursor;
	const char *name = BPF_CORE_READ(state, ss, name);
	long got = bpf_probe_read_kernel_str(&scratch->record[at & RECORD_MAX], NAME_MAX, name);
	if (got <= 1)
		return;
	at += got;
	scratch->record[(at - 1) & RECORD_MAX] = '=';
	scratch->cursor = at;
	scratch->n_names = 0;
	struct kernfs_node *node = BPF_CORE_READ(state, cgroup, kn);
	each (i, PATH_NAMES) {
		struct kernfs_node *parent = parent_of(node);
		if (!parent)
			break;
		push_name(scratch, BPF_CORE_READ(node, name));
		node = parent;
	}
	scratch->cursor = at + join_names(scratch);
}

#define APPEND_CGROUP(scratch, set, id)                                                                                \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id)) {                                                   \
		struct cgroup_subsys_state *state;                                                                     \
		bpf_core_read(&state, sizeof(state), &set->subsys[bpf_core_enum_value(enum cgroup_subsys_id, id)]);    \
		append_cgroup(scratch, state);                                                                         \
	}

// The control groups of a task in the subsystems that Falco tells of.
static __always_inline __u32 append_cgroups(struct writer *w, struct task_struct *task)
{
	struct scratch *scratch = w->scratch;
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	scratch->cursor = w->at;
	APPEND_CGROUP(scratch, set, cpuset_cgrp_id)
	APPEND_CGROUP(scratch, set, cpu_cgrp_id)
	APPEND_CGROUP(scratch, set, cpuacct_cgrp_id)
	APPEND_CGROUP(scratch, set, io_cgrp_id)
	APPEND_CGROUP(scratch, set, memory_cgrp_id)
	return scratch->cursor - w->at;
}
