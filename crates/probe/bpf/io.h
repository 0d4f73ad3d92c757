// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Reading and writing, and the lists of buffers that messages share with them.
#pragma once

// The most buffers of a list that are looked at.
enum { MAX_BUFFERS = 32 };

struct buffer {
	__u64 at, len;
};

// As much of a buffer as is kept.
static __always_inline struct source kept(struct writer *w, unsigned long from, __u64 len)
{
	__u32 snaplen = w->settings->snaplen;
	return user_bytes(from, len < snaplen ? len : snaplen);
}

// What was read; nothing if the call failed.
static __always_inline struct source received(struct writer *w, long ret, unsigned long from)
{
	return ret > 0 ? kept(w, from, ret) : missing();
}

// What was written, or what was meant to be.
static __always_inline struct source sent(struct writer *w, long ret, unsigned long from, __u64 len)
{
	return kept(w, from, ret > 0 ? ret : len);
}

// One of a list of buffers.
static __always_inline bool listed_buffer(const struct writer *w, struct buffer *buffer, __u64 list, __u32 i)
{
	__u32 narrow[2] = {};
	if (!is_ia32(w))
		return !bpf_probe_read_user(buffer, sizeof(*buffer), (struct buffer *)list + i);
	if (bpf_probe_read_user(&narrow, sizeof(narrow), (void *)(list + i * sizeof(narrow))))
		return false;
	buffer->at = narrow[0];
	buffer->len = narrow[1];
	return true;
}

// Adds the length of one of a list of buffers to the cursor; whether it could be read.
__noinline int add_length(__u32 slot, __u64 list, __u32 i)
{
	struct writer writer, *w = &writer;
	struct buffer buffer = {};
	if (!resume(w, slot, 0) || !listed_buffer(w, &buffer, list, i))
		return false;
	w->scratch->cursor += buffer.len;
	return true;
}

// The sum of the lengths of a list of buffers.
__noinline __u32 total_of(__u32 slot, __u64 list, __u64 n)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &slot);
	if (!scratch)
		return 0;
	scratch->cursor = 0;
	each (i, MAX_BUFFERS) {
		if (i >= n || !add_length(slot, list, i))
			break;
	}
	return scratch->cursor;
}

static __always_inline __u32 total_length(const struct writer *w, unsigned long list, __u64 n)
{
	return total_of(w->slot, list, n);
}

// Adds the bytes of one of a list of buffers to those from `at` on, of which there shall be `len`; whether there may be more.
__noinline int add_bytes(__u32 slot, __u32 at, __u64 list, __u32 i, __u32 len)
{
	struct writer writer, *w = &writer;
	struct buffer buffer = {};
	if (!resume(w, slot, at))
		return false;
	__u32 have = w->scratch->cursor;
	if (have >= len || !listed_buffer(w, &buffer, list, i))
		return false;
	__u64 left = len - have;
	__u32 got = copy(w, have, user_bytes(buffer.at, buffer.len < left ? buffer.len : left));
	w->scratch->cursor = have + got;
	return got != 0 || buffer.len == 0;
}

// The first bytes of a list of buffers, at most `len` and at most what is kept.
__noinline __u32 gather(__u32 slot, __u32 at, __u64 list, __u64 n, __u64 len)
{
	struct writer writer, *w = &writer;
	if (!resume(w, slot, at))
		return 0;
	__u32 snaplen = w->settings->snaplen;
	if (len > snaplen)
		len = snaplen;
	w->scratch->cursor = 0;
	each (i, MAX_BUFFERS) {
		if (i >= n || !add_bytes(slot, at, list, i, len))
			break;
	}
	return w->scratch->cursor & RECORD_MAX;
}

static __always_inline struct source gathered(struct writer *w, unsigned long list, __u64 n, __u64 len)
{
	return written(gather(w->slot, w->at, list, n, len));
}

SYSCALL(read, read)
{
	put_read__res(w, ret);
	put_read__data(w, received(w, ret, arg(1)));
	put_read__fd(w, fd(0));
	put_read__size(w, arg(2));
}

SYSCALL(pread64, pread)
{
	put_pread__res(w, ret);
	put_pread__data(w, received(w, ret, arg(1)));
	put_pread__fd(w, fd(0));
	put_pread__size(w, arg(2));
	put_pread__pos(w, arg(3));
}

SYSCALL(readv, readv)
{
	put_readv__res(w, ret);
	put_readv__size(w, ret < 0 ? 0 : ret);
	put_readv__data(w, gathered(w, arg(1), arg(2), ret < 0 ? 0 : ret));
	put_readv__fd(w, fd(0));
}

SYSCALL(preadv, preadv)
{
	put_preadv__res(w, ret);
	put_preadv__size(w, ret < 0 ? 0 : ret);
	put_preadv__data(w, gathered(w, arg(1), arg(2), ret < 0 ? 0 : ret));
	put_preadv__fd(w, fd(0));
	put_preadv__pos(w, arg(3));
}

SYSCALL(write, write)
{
	put_write__res(w, ret);
	put_write__data(w, sent(w, ret, arg(1), arg(2)));
	put_write__fd(w, fd(0));
	put_write__size(w, arg(2));
}

SYSCALL(pwrite64, pwrite)
{
	put_pwrite__res(w, ret);
	put_pwrite__data(w, sent(w, ret, arg(1), arg(2)));
	put_pwrite__fd(w, fd(0));
	put_pwrite__size(w, arg(2));
	put_pwrite__pos(w, arg(3));
}

SYSCALL(writev, writev)
{
	put_writev__res(w, ret);
	put_writev__data(w, gathered(w, arg(1), arg(2), ret > 0 ? ret : RECORD_MAX));
	put_writev__fd(w, fd(0));
	put_writev__size(w, total_length(w, arg(1), arg(2)));
}

SYSCALL(pwritev, pwritev)
{
	put_pwritev__res(w, ret);
	put_pwritev__data(w, gathered(w, arg(1), arg(2), ret > 0 ? ret : RECORD_MAX));
	put_pwritev__fd(w, fd(0));
	put_pwritev__size(w, total_length(w, arg(1), arg(2)));
	put_pwritev__pos(w, arg(3));
}

SYSCALL(sendfile, sendfile)
{
	put_sendfile__res(w, ret);
	put_sendfile__offset(w, arg(2) ? user_long(w, arg(2)) : 0);
	put_sendfile__out_fd(w, fd(0));
	put_sendfile__in_fd(w, fd(1));
	put_sendfile__size(w, arg(3));
}

SYSCALL(copy_file_range, copy_file_range)
{
	put_copy_file_range__res(w, ret);
	put_copy_file_range__fdout(w, fd(2));
	put_copy_file_range__offout(w, user_number(arg(3)));
	put_copy_file_range__fdin(w, fd(0));
	put_copy_file_range__offin(w, user_number(arg(1)));
	put_copy_file_range__len(w, arg(4));
}

SYSCALL(splice, splice)
{
	put_splice__res(w, ret);
	put_splice__fd_in(w, fd(0));
	put_splice__fd_out(w, fd(2));
	put_splice__size(w, arg(4));
	put_splice__flags(w, arg(5) & 0xf);
}

SYSCALL(process_vm_readv, process_vm_readv)
{
	put_process_vm_readv__res(w, ret);
	put_process_vm_readv__pid(w, (__s32)arg(0));
	put_process_vm_readv__data(w, gathered(w, arg(1), arg(2), ret < 0 ? 0 : ret));
}

SYSCALL(process_vm_writev, process_vm_writev)
{
	put_process_vm_writev__res(w, ret);
	put_process_vm_writev__pid(w, (__s32)arg(0));
	put_process_vm_writev__data(w, gathered(w, arg(1), arg(2), ret < 0 ? 0 : ret));
}
