// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Files: opening them, and what is done by name.
#pragma once

// The flags of an open with what is known only afterwards.
static __always_inline __u32 opened_flags(__u64 flags, struct opened file)
{
	return open_flags(flags) | (file.created ? file_flags__O_F_CREATED : 0) |
	       (file.layer == UPPER_LAYER ? file_flags__FD_UPPER_LAYER : 0) |
	       (file.layer == LOWER_LAYER ? file_flags__FD_LOWER_LAYER : 0);
}

SYSCALL(open, open)
{
	struct opened file = opened(ret);
	put_open__fd(w, ret);
	put_open__name(w, user_text(arg(0)));
	put_open__flags(w, opened_flags(arg(1), file));
	put_open__mode(w, open_mode(arg(1), arg(2)));
	put_open__dev(w, file.dev);
	put_open__ino(w, file.ino);
}

SYSCALL(openat, openat)
{
	struct opened file = opened(ret);
	put_openat__fd(w, ret);
	put_openat__dirfd(w, fd(0));
	put_openat__name(w, user_text(arg(1)));
	put_openat__flags(w, opened_flags(arg(2), file));
	put_openat__mode(w, open_mode(arg(2), arg(3)));
	put_openat__dev(w, file.dev);
	put_openat__ino(w, file.ino);
}

struct open_how {
	__u64 flags, mode, resolve;
};

SYSCALL(openat2, openat2)
{
	struct opened file = opened(ret);
	struct open_how how = {};
	bpf_probe_read_user(&how, sizeof(how), (void *)arg(2));
	put_openat2__fd(w, ret);
	put_openat2__dirfd(w, fd(0));
	put_openat2__name(w, user_text(arg(1)));
	put_openat2__flags(w, opened_flags(how.flags, file));
	put_openat2__mode(w, open_mode(how.flags, how.mode));
	put_openat2__resolve(w, resolve_flags(how.resolve));
	put_openat2__dev(w, file.dev);
	put_openat2__ino(w, file.ino);
}

SYSCALL(close, close)
{
	put_close__res(w, ret);
	put_close__fd(w, fd(0));
}
