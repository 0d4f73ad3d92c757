// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Paths that are built in the kernel, name by name: of files and of control groups.
#pragma once

// Loops over names are not to be unrolled, which would make programs too long.
#define each(i, n) _Pragma("clang loop unroll(disable)") for (__u32 i = 0; i < (n); i++)

// The rounds of such a loop are in functions of their own, too, some in each: the verifier then looks once at what is in
// them, and most paths need one call.
enum { ROUNDS = 8 };

static __always_inline void push_name(struct scratch *scratch, const void *name)
{
	__u32 n = scratch->n_names;
	scratch->names[n % PATH_NAMES] = (__u64)name;
	scratch->n_names = n + 1;
}

// Adds the last of the names that are left to a path at the cursor; whether there was one.
static __always_inline bool join_name(struct scratch *scratch)
{
	if (scratch->n_names == 0)
		return false;
	__u32 left = scratch->n_names - 1;
	scratch->n_names = left;
	const void *name = (void *)scratch->names[left % PATH_NAMES];
	__u32 at = scratch->cursor;
	scratch->record[at & RECORD_MAX] = '/';
	long got = bpf_probe_read_kernel_str(&scratch->record[(at + 1) & RECORD_MAX], NAME_MAX, name);
	// The NUL of a name is where the next slash goes.
	scratch->cursor = at + (got > 0 ? got : 1);
	return true;
}

// Whether there may be more of them.
__noinline int join_some_names(__u32 slot)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return false;
	each (i, ROUNDS) {
		if (!join_name(scratch))
			return false;
	}
	return true;
}

// Joins the names, last first, to a path behind the cursor, with its NUL; how many bytes that is.
__noinline __u32 join_names(__u32 slot)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return 0;
	__u32 start = scratch->cursor;
	if (scratch->n_names == 0) {
		scratch->record[start & RECORD_MAX] = '/';
		scratch->record[(start + 1) & RECORD_MAX] = 0;
		return 2;
	}
	each (i, PATH_NAMES / ROUNDS) {
		if (!join_some_names(slot))
			break;
	}
	__u32 end = scratch->cursor;
	scratch->record[end & RECORD_MAX] = 0;
	return end - start + 1;
}

// From a dentry to the one above it, be that in the file system that it is mounted on; whether there is one.
static __always_inline bool walk_up(struct scratch *scratch)
{
	struct dentry *dentry = (struct dentry *)scratch->dentry;
	struct mount *mount = (struct mount *)scratch->mount;
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			return false;
		scratch->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
		scratch->mount = (__u64)above;
		return true;
	}
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	if (parent == dentry)
		return false;
	push_name(scratch, BPF_CORE_READ(dentry, d_name.name));
	scratch->dentry = (__u64)parent;
	return true;
}

// Whether there may be more of them.
__noinline int walk_up_some(__u32 slot)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return false;
	each (i, ROUNDS) {
		if (!walk_up(scratch))
			return false;
	}
	return true;
}

// The path of a file from the root of its mount namespace. What is in no file system has only a name ("memfd:x").
__noinline __u32 path_to(__u32 slot, __u32 at, __u64 of)
{
	struct file *file = (struct file *)of;
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!file || !scratch)
		return 0;
	struct vfsmount *vfsmount = BPF_CORE_READ(file, f_path.mnt);
	scratch->dentry = (__u64)BPF_CORE_READ(file, f_path.dentry);
	scratch->mount = (__u64)container_of(vfsmount, struct mount, mnt);
	scratch->n_names = 0;
	scratch->cursor = at;
	each (i, PATH_NAMES / ROUNDS) {
		if (!walk_up_some(slot))
			break;
	}
	if (scratch->n_names == 0) {
		struct dentry *dentry = (struct dentry *)scratch->dentry;
		const void *name = BPF_CORE_READ(dentry, d_name.name);
		long got = bpf_probe_read_kernel_str(&scratch->record[at & RECORD_MAX], NAME_MAX, name);
		return got > 0 ? got : 0;
	}
	return join_names(slot);
}

// How many bytes of a file's path now stand at `place(w, 0)`; none if there is no file.
static __always_inline __u32 append_path(struct writer *w, struct file *file)
{
	return path_to(w->slot, w->at, (__u64)file);
}

static __always_inline struct kernfs_node *parent_of(struct kernfs_node *node)
{
	struct kernfs_node___v6_15 *newer = (void *)node;
	if (bpf_core_field_exists(newer->__parent))
		return BPF_CORE_READ(newer, __parent);
	return BPF_CORE_READ(node, parent);
}

// From the node of a control group to those above it; whether there may be more.
__noinline int walk_up_groups(__u32 slot)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return false;
	each (i, ROUNDS) {
		struct kernfs_node *node = (struct kernfs_node *)scratch->node, *parent = parent_of(node);
		if (!parent)
			return false;
		push_name(scratch, BPF_CORE_READ(node, name));
		scratch->node = (__u64)parent;
	}
	return true;
}

// "subsystem=path" of one subsystem at the cursor.
__noinline int append_cgroup(__u32 slot, __u64 of)
{
	struct cgroup_subsys_state *state = (struct cgroup_subsys_state *)of;
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return 0;
	__u32 at = scratch->cursor;
	const char *name = BPF_CORE_READ(state, ss, name);
	long got = bpf_probe_read_kernel_str(&scratch->record[at & RECORD_MAX], NAME_MAX, name);
	if (got <= 1)
		return 0;
	at += got;
	scratch->record[(at - 1) & RECORD_MAX] = '=';
	scratch->cursor = at;
	scratch->n_names = 0;
	scratch->node = (__u64)BPF_CORE_READ(state, cgroup, kn);
	each (i, PATH_NAMES / ROUNDS) {
		if (!walk_up_groups(slot))
			break;
	}
	scratch->cursor = at + join_names(slot);
	return 0;
}

#define APPEND_CGROUP(slot, set, id)                                                                                   \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, id)) {                                                   \
		struct cgroup_subsys_state *state;                                                                     \
		bpf_core_read(&state, sizeof(state), &set->subsys[bpf_core_enum_value(enum cgroup_subsys_id, id)]);    \
		append_cgroup(slot, (__u64)state);                                                                    \
	}

// The control groups of a task in the subsystems that Falco tells of.
static __always_inline __u32 append_cgroups(struct writer *w, struct task_struct *task)
{
	struct scratch *scratch = w->scratch;
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	scratch->cursor = w->at;
	APPEND_CGROUP(w->slot, set, cpuset_cgrp_id)
	APPEND_CGROUP(w->slot, set, cpu_cgrp_id)
	APPEND_CGROUP(w->slot, set, cpuacct_cgrp_id)
	APPEND_CGROUP(w->slot, set, io_cgrp_id)
	APPEND_CGROUP(w->slot, set, memory_cgrp_id)
	return scratch->cursor - w->at;
}
