// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Files: opening them, and what is done by name.
#pragma once

// The flags of an open with what is known only afterwards.
static __always_inline __u32 opened_flags(__u64 flags, const struct opened *file)
{
	return open_flags(flags) | (file->created ? file_flags__O_F_CREATED : 0) |
	       (file->layer == UPPER_LAYER ? file_flags__FD_UPPER_LAYER : 0) |
	       (file->layer == LOWER_LAYER ? file_flags__FD_LOWER_LAYER : 0);
}

SYSCALL(open, open)
{
	const struct opened *file = opened(w, ret);
	put_open__fd(w, ret);
	__u32 name = w->at;
	put_open__name(w, user_text(arg(0)));
	struct writer e;
	if (began_otherwise(w, NR_OPEN, name) && begin(&e, PARAMS_open_enter)) {
		put_open_enter__name(&e, as_begun(w));
		put_open_enter__flags(&e, open_flags(arg(1)));
		put_open_enter__mode(&e, open_mode(arg(1), arg(2)));
		finish(&e, EVENT_open_enter, PARAMS_open_enter);
	}
	put_open__flags(w, opened_flags(arg(1), file));
	put_open__mode(w, open_mode(arg(1), arg(2)));
	put_open__dev(w, file->dev);
	put_open__ino(w, file->ino);
}

SYSCALL(openat, openat)
{
	const struct opened *file = opened(w, ret);
	put_openat__fd(w, ret);
	put_openat__dirfd(w, fd(0));
	__u32 name = w->at;
	put_openat__name(w, user_text(arg(1)));
	struct writer e;
	if (began_otherwise(w, NR_OPENAT, name) && begin(&e, PARAMS_openat_enter)) {
		put_openat_enter__dirfd(&e, fd(0));
		put_openat_enter__name(&e, as_begun(w));
		put_openat_enter__flags(&e, open_flags(arg(2)));
		put_openat_enter__mode(&e, open_mode(arg(2), arg(3)));
		finish(&e, EVENT_openat_enter, PARAMS_openat_enter);
	}
	put_openat__flags(w, opened_flags(arg(2), file));
	put_openat__mode(w, open_mode(arg(2), arg(3)));
	put_openat__dev(w, file->dev);
	put_openat__ino(w, file->ino);
}

SYSCALL(openat2, openat2)
{
	const struct opened *file = opened(w, ret);
	struct open_how how = {};
	bpf_probe_read_user(&how, sizeof(how), (void *)arg(2));
	put_openat2__fd(w, ret);
	put_openat2__dirfd(w, fd(0));
	__u32 name = w->at;
	put_openat2__name(w, user_text(arg(1)));
	w->scratch->how = how;
	struct writer e;
	if (began_otherwise(w, NR_OPENAT2, name) && begin(&e, PARAMS_openat2_enter)) {
		put_openat2_enter__dirfd(&e, fd(0));
		put_openat2_enter__name(&e, as_begun(w));
		put_openat2_enter__flags(&e, open_flags(w->scratch->how.flags));
		put_openat2_enter__mode(&e, open_mode(w->scratch->how.flags, w->scratch->how.mode));
		put_openat2_enter__resolve(&e, resolve_flags(w->scratch->how.resolve));
		finish(&e, EVENT_openat2_enter, PARAMS_openat2_enter);
	}
	put_openat2__flags(w, opened_flags(how.flags, file));
	put_openat2__mode(w, open_mode(how.flags, how.mode));
	put_openat2__resolve(w, resolve_flags(how.resolve));
	put_openat2__dev(w, file->dev);
	put_openat2__ino(w, file->ino);
}

SYSCALL(close, close)
{
	put_close__res(w, ret);
	put_close__fd(w, fd(0));
}

SYSCALL(creat, creat)
{
	const struct opened *file = opened(w, ret);
	put_creat__fd(w, ret);
	__u32 name = w->at;
	put_creat__name(w, user_text(arg(0)));
	struct writer e;
	if (began_otherwise(w, NR_CREAT, name) && begin(&e, PARAMS_creat_enter)) {
		put_creat_enter__name(&e, as_begun(w));
		put_creat_enter__mode(&e, arg(1) & 07777);
		finish(&e, EVENT_creat_enter, PARAMS_creat_enter);
	}
	put_creat__mode(w, arg(1) & 07777);
	put_creat__dev(w, file->dev);
	put_creat__ino(w, file->ino);
	put_creat__creat_flags(w, file->layer == UPPER_LAYER ? creat_flags__FD_UPPER_LAYER_CREAT :
				  file->layer == LOWER_LAYER ? creat_flags__FD_LOWER_LAYER_CREAT :
							      0);
}

// The file is named by a handle; its path is only known from the kernel.
SYSCALL(open_by_handle_at, open_by_handle_at)
{
	const struct opened *new = opened(w, ret);
	struct file *file = ret < 0 ? NULL : file_of(ret);
	put_open_by_handle_at__fd(w, ret);
	put_open_by_handle_at__mountfd(w, fd(0));
	put_open_by_handle_at__flags(w, opened_flags(arg(2), new));
	put_open_by_handle_at__path(w, written(append_path(w, file)));
	put_open_by_handle_at__dev(w, new->dev);
	put_open_by_handle_at__ino(w, new->ino);
}

SYSCALL(close_range, close_range)
{
	put_close_range__res(w, ret);
	put_close_range__first(w, arg(0));
	put_close_range__last(w, arg(1));
	put_close_range__flags(w, arg(2) & (close_range_flags__CLOSE_RANGE_UNSHARE |
					    close_range_flags__CLOSE_RANGE_CLOEXEC));
}

SYSCALL(access, access)
{
	put_access__res(w, ret);
	put_access__name(w, user_text(arg(0)));
	put_access__mode(w, arg(1) & 7);
}

// Calls of a result and one path.
#define SYSCALL_PATH(name, param)                                                                                      \
	SYSCALL(name, name)                                                                                            \
	{                                                                                                              \
		put_##name##__res(w, ret);                                                                             \
		put_##name##__##param(w, user_text(arg(0)));                                                           \
	}

SYSCALL_PATH(stat, path)
SYSCALL_PATH(lstat, path)
SYSCALL_PATH(chdir, path)
SYSCALL_PATH(chroot, path)
SYSCALL_PATH(rmdir, path)
SYSCALL_PATH(unlink, path)

SYSCALL(fstat, fstat)
{
	put_fstat__res(w, ret);
	put_fstat__fd(w, fd(0));
}

SYSCALL(newfstatat, newfstatat)
{
	put_newfstatat__res(w, ret);
	put_newfstatat__dirfd(w, fd(0));
	put_newfstatat__path(w, user_text(arg(1)));
	put_newfstatat__flags(w, arg(3) & (newfstatat_flags__AT_EMPTY_PATH | newfstatat_flags__AT_NO_AUTOMOUNT |
					   newfstatat_flags__AT_SYMLINK_NOFOLLOW));
}

SYSCALL(getcwd, getcwd)
{
	put_getcwd__res(w, ret);
	put_getcwd__path(w, ret < 0 ? missing() : user_text(arg(0)));
}

SYSCALL(fchdir, fchdir)
{
	put_fchdir__res(w, ret);
	put_fchdir__fd(w, fd(0));
}

SYSCALL(getdents, getdents)
{
	put_getdents__res(w, ret);
	put_getdents__fd(w, fd(0));
}

SYSCALL(getdents64, getdents64)
{
	put_getdents64__res(w, ret);
	put_getdents64__fd(w, fd(0));
}

SYSCALL(link, link)
{
	put_link__res(w, ret);
	put_link__oldpath(w, user_text(arg(0)));
	put_link__newpath(w, user_text(arg(1)));
}

SYSCALL(linkat, linkat)
{
	put_linkat__res(w, ret);
	put_linkat__olddir(w, fd(0));
	put_linkat__oldpath(w, user_text(arg(1)));
	put_linkat__newdir(w, fd(2));
	put_linkat__newpath(w, user_text(arg(3)));
	put_linkat__flags(w, arg(4) & (linkat_flags__AT_SYMLINK_FOLLOW | linkat_flags__AT_EMPTY_PATH));
}

SYSCALL(symlink, symlink)
{
	put_symlink__res(w, ret);
	put_symlink__target(w, user_text(arg(0)));
	put_symlink__linkpath(w, user_text(arg(1)));
}

SYSCALL(symlinkat, symlinkat)
{
	put_symlinkat__res(w, ret);
	put_symlinkat__target(w, user_text(arg(0)));
	put_symlinkat__linkdirfd(w, fd(1));
	put_symlinkat__linkpath(w, user_text(arg(2)));
}

SYSCALL(unlinkat, unlinkat)
{
	put_unlinkat__res(w, ret);
	put_unlinkat__dirfd(w, fd(0));
	put_unlinkat__name(w, user_text(arg(1)));
	put_unlinkat__flags(w, arg(2) & unlinkat_flags__AT_REMOVEDIR);
}

SYSCALL(rename, rename)
{
	put_rename__res(w, ret);
	put_rename__oldpath(w, user_text(arg(0)));
	put_rename__newpath(w, user_text(arg(1)));
}

SYSCALL(renameat, renameat)
{
	put_renameat__res(w, ret);
	put_renameat__olddirfd(w, fd(0));
	put_renameat__oldpath(w, user_text(arg(1)));
	put_renameat__newdirfd(w, fd(2));
	put_renameat__newpath(w, user_text(arg(3)));
}

SYSCALL(renameat2, renameat2)
{
	put_renameat2__res(w, ret);
	put_renameat2__olddirfd(w, fd(0));
	put_renameat2__oldpath(w, user_text(arg(1)));
	put_renameat2__newdirfd(w, fd(2));
	put_renameat2__newpath(w, user_text(arg(3)));
	put_renameat2__flags(w, arg(4) & 7);
}

SYSCALL(mkdir, mkdir)
{
	put_mkdir__res(w, ret);
	put_mkdir__path(w, user_text(arg(0)));
	put_mkdir__mode(w, arg(1));
}

SYSCALL(mkdirat, mkdirat)
{
	put_mkdirat__res(w, ret);
	put_mkdirat__dirfd(w, fd(0));
	put_mkdirat__path(w, user_text(arg(1)));
	put_mkdirat__mode(w, arg(2));
}

// Modes have the same bits in records as in the kernel, the kind of the file included.
enum { PERMISSIONS = 07777, MODE = 0177777 };

SYSCALL(mknod, mknod)
{
	put_mknod__res(w, ret);
	put_mknod__path(w, user_text(arg(0)));
	put_mknod__mode(w, arg(1) & MODE);
	put_mknod__dev(w, arg(2));
}

SYSCALL(mknodat, mknodat)
{
	put_mknodat__res(w, ret);
	put_mknodat__dirfd(w, fd(0));
	put_mknodat__path(w, user_text(arg(1)));
	put_mknodat__mode(w, arg(2) & MODE);
	put_mknodat__dev(w, arg(3));
}

SYSCALL(chmod, chmod)
{
	put_chmod__res(w, ret);
	put_chmod__filename(w, user_text(arg(0)));
	put_chmod__mode(w, arg(1) & PERMISSIONS);
}

SYSCALL(fchmod, fchmod)
{
	put_fchmod__res(w, ret);
	put_fchmod__fd(w, fd(0));
	put_fchmod__mode(w, arg(1) & PERMISSIONS);
}

SYSCALL(fchmodat, fchmodat)
{
	put_fchmodat__res(w, ret);
	put_fchmodat__dirfd(w, fd(0));
	put_fchmodat__filename(w, user_text(arg(1)));
	put_fchmodat__mode(w, arg(2) & PERMISSIONS);
}

SYSCALL(chown, chown)
{
	put_chown__res(w, ret);
	put_chown__path(w, user_text(arg(0)));
	put_chown__uid(w, arg(1));
	put_chown__gid(w, arg(2));
}

SYSCALL(lchown, lchown)
{
	put_lchown__res(w, ret);
	put_lchown__path(w, user_text(arg(0)));
	put_lchown__uid(w, arg(1));
	put_lchown__gid(w, arg(2));
}

SYSCALL(fchown, fchown)
{
	put_fchown__res(w, ret);
	put_fchown__fd(w, fd(0));
	put_fchown__uid(w, arg(1));
	put_fchown__gid(w, arg(2));
}

SYSCALL(fchownat, fchownat)
{
	put_fchownat__res(w, ret);
	put_fchownat__dirfd(w, fd(0));
	put_fchownat__pathname(w, user_text(arg(1)));
	put_fchownat__uid(w, arg(2));
	put_fchownat__gid(w, arg(3));
	put_fchownat__flags(w, fchownat_flags(arg(4)));
}
