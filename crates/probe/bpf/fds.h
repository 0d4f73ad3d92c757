// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Descriptors: copied, changed, and made for what is no file.
#pragma once

SYSCALL(dup, dup)
{
	put_dup__res(w, ret);
	put_dup__oldfd(w, fd(0));
}

SYSCALL(dup2, dup2)
{
	put_dup2__res(w, ret);
	put_dup2__oldfd(w, fd(0));
	put_dup2__newfd(w, fd(1));
}

SYSCALL(dup3, dup3)
{
	put_dup3__res(w, ret);
	put_dup3__oldfd(w, fd(0));
	put_dup3__newfd(w, fd(1));
	put_dup3__flags(w, fd_flags(arg(2)));
}

SYSCALL(fcntl, fcntl)
{
	put_fcntl__res(w, ret);
	put_fcntl__fd(w, fd(0));
	put_fcntl__cmd(w, fcntl_command(arg(1)));
	put_fcntl__arg(w, arg(2));
}

SYSCALL(flock, flock)
{
	put_flock__res(w, ret);
	put_flock__fd(w, fd(0));
	put_flock__operation(w, arg(1) & 0xf);
}

SYSCALL(ioctl, ioctl)
{
	put_ioctl__res(w, ret);
	put_ioctl__fd(w, fd(0));
	put_ioctl__request(w, arg(1));
	put_ioctl__argument(w, arg(2));
}

SYSCALL(lseek, lseek)
{
	put_lseek__res(w, ret);
	put_lseek__fd(w, fd(0));
	put_lseek__offset(w, arg(1));
	put_lseek__whence(w, arg(2) <= lseek_whence__SEEK_END ? arg(2) : 0);
}

struct fd_pair {
	__s32 first, second;
};

// The two descriptors that a call has written; -1 if it failed.
static __always_inline struct fd_pair new_fds(long ret, unsigned long from)
{
	struct fd_pair pair = {-1, -1};
	if (ret == 0)
		bpf_probe_read_user(&pair, sizeof(pair), (void *)from);
	return pair;
}

SYSCALL(pipe, pipe)
{
	struct fd_pair pair = new_fds(ret, arg(0));
	put_pipe__res(w, ret);
	put_pipe__fd1(w, pair.first);
	put_pipe__fd2(w, pair.second);
	put_pipe__ino(w, inode_number(pair.first));
}

SYSCALL(pipe2, pipe2)
{
	struct fd_pair pair = new_fds(ret, arg(0));
	put_pipe2__res(w, ret);
	put_pipe2__fd1(w, pair.first);
	put_pipe2__fd2(w, pair.second);
	put_pipe2__ino(w, inode_number(pair.first));
	put_pipe2__flags(w, fd_flags(arg(1)));
}

SYSCALL(eventfd, eventfd)
{
	put_eventfd__res(w, ret);
	put_eventfd__initval(w, arg(0));
	put_eventfd__flags(w, 0);
}

SYSCALL(eventfd2, eventfd2)
{
	put_eventfd2__res(w, ret);
	put_eventfd2__flags(w, fd_flags(arg(1)));
	put_eventfd2__initval(w, (__u32)arg(0));
}

// Neither clocks nor masks of signals are told, as in Falco.
SYSCALL(timerfd_create, timerfd_create)
{
	put_timerfd_create__res(w, ret);
	put_timerfd_create__clockid(w, 0);
	put_timerfd_create__flags(w, 0);
}

SYSCALL(signalfd, signalfd)
{
	put_signalfd__res(w, ret);
	put_signalfd__fd(w, fd(0));
	put_signalfd__mask(w, 0);
	put_signalfd__flags(w, 0);
}

SYSCALL(signalfd4, signalfd4)
{
	put_signalfd4__res(w, ret);
	put_signalfd4__flags(w, fd_flags(arg(3)));
	put_signalfd4__fd(w, fd(0));
	put_signalfd4__mask(w, 0);
}

SYSCALL(inotify_init, inotify_init)
{
	put_inotify_init__res(w, ret);
	put_inotify_init__flags(w, 0);
}

SYSCALL(inotify_init1, inotify_init1)
{
	put_inotify_init1__res(w, ret);
	put_inotify_init1__flags(w, fd_flags(arg(0)));
}

SYSCALL(epoll_create, epoll_create)
{
	put_epoll_create__res(w, ret);
	put_epoll_create__size(w, arg(0));
}

SYSCALL(epoll_create1, epoll_create1)
{
	put_epoll_create1__res(w, ret);
	put_epoll_create1__flags(w, FLAG(arg(0), 02000000, epoll_create1_flags__EPOLL_CLOEXEC));
}

SYSCALL(epoll_wait, epoll_wait)
{
	put_epoll_wait__res(w, ret);
	put_epoll_wait__maxevents(w, fd(2));
}

SYSCALL(memfd_create, memfd_create)
{
	put_memfd_create__fd(w, ret);
	put_memfd_create__name(w, user_text(arg(0)));
	put_memfd_create__flags(w, arg(1) & 7);
}

SYSCALL(userfaultfd, userfaultfd)
{
	put_userfaultfd__res(w, ret);
	put_userfaultfd__flags(w, fd_flags(arg(0)));
}

SYSCALL(pidfd_open, pidfd_open)
{
	put_pidfd_open__fd(w, ret);
	put_pidfd_open__pid(w, (__s32)arg(0));
	put_pidfd_open__flags(w, FLAG(arg(1), 04000, pidfd_open_flags__PIDFD_NONBLOCK));
}

SYSCALL(pidfd_getfd, pidfd_getfd)
{
	put_pidfd_getfd__fd(w, ret);
	put_pidfd_getfd__pid_fd(w, fd(0));
	put_pidfd_getfd__target_fd(w, fd(1));
	put_pidfd_getfd__flags(w, arg(2));
}

struct io_uring_params {
	__u32 sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features;
};

SYSCALL(io_uring_setup, io_uring_setup)
{
	struct io_uring_params params = {};
	bpf_probe_read_user(&params, sizeof(params), (void *)arg(1));
	put_io_uring_setup__res(w, ret);
	put_io_uring_setup__entries(w, arg(0));
	put_io_uring_setup__sq_entries(w, params.sq_entries);
	put_io_uring_setup__cq_entries(w, params.cq_entries);
	put_io_uring_setup__flags(w, io_uring_setup_flags(params.flags));
	put_io_uring_setup__sq_thread_cpu(w, params.sq_thread_cpu);
	put_io_uring_setup__sq_thread_idle(w, params.sq_thread_idle);
	put_io_uring_setup__features(w, params.features & 0x7ff);
}

// The lower half of a set of signals.
static __always_inline __u32 signal_set(unsigned long from)
{
	__u32 set = 0;
	bpf_probe_read_user(&set, sizeof(set), (void *)from);
	return set;
}

SYSCALL(io_uring_enter, io_uring_enter)
{
	put_io_uring_enter__res(w, ret);
	put_io_uring_enter__fd(w, fd(0));
	put_io_uring_enter__to_submit(w, arg(1));
	put_io_uring_enter__min_complete(w, arg(2));
	put_io_uring_enter__flags(w, arg(3) & 0xf);
	put_io_uring_enter__sig(w, signal_set(arg(4)));
}

SYSCALL(io_uring_register, io_uring_register)
{
	put_io_uring_register__res(w, ret);
	put_io_uring_register__fd(w, fd(0));
	put_io_uring_register__opcode(w, arg(1));
	put_io_uring_register__arg(w, arg(2));
	put_io_uring_register__nr_args(w, arg(3));
}

enum { MAX_POLLFDS = 16 };

struct pollfd {
	__s32 fd;
	__s16 events, revents;
};

// The descriptors of a poll with what happened to them: a count, then a number and flags each.
static __always_inline struct source polled(struct writer *w, unsigned long fds, __u64 count)
{
	__u32 n = count < MAX_POLLFDS ? count : MAX_POLLFDS;
	struct scratch *scratch = w->scratch;
	scratch->cursor = 2;
	each (i, MAX_POLLFDS) {
		struct pollfd fd = {};
		if (i >= n)
			break;
		if (bpf_probe_read_user(&fd, sizeof(fd), (struct pollfd *)fds + i)) {
			n = i;
			break;
		}
		__u32 at = scratch->cursor & 255;
		*(__s64 *)place(w, at) = fd.fd;
		*(__u16 *)place(w, at + 8) = poll_flags(fd.revents);
		scratch->cursor = at + 10;
	}
	*(__u16 *)place(w, 0) = n;
	return written(scratch->cursor & 255);
}

SYSCALL(poll, poll)
{
	put_poll__res(w, ret);
	put_poll__fds(w, polled(w, arg(0), arg(1)));
	put_poll__timeout(w, (__s32)arg(2));
}

struct timespec {
	__s64 sec, nsec;
};

// Two numbers that make a time, of the width that the call has for them.
static __always_inline struct timespec user_time(const struct writer *w, struct pt_regs *regs, unsigned long from)
{
	struct timespec time = {};
	__s32 narrow[2] = {};
	if (is_ia32(w) && regs->orig_ax < IA32_CLOCK_GETTIME64) {
		bpf_probe_read_user(&narrow, sizeof(narrow), (void *)from);
		time = (struct timespec){narrow[0], narrow[1]};
	} else {
		bpf_probe_read_user(&time, sizeof(time), (void *)from);
	}
	return time;
}

static __always_inline __u64 interval(const struct writer *w, struct pt_regs *regs, unsigned long from)
{
	struct timespec time = user_time(w, regs, from);
	return time.sec * 1000000000ull + time.nsec;
}

SYSCALL(ppoll, ppoll)
{
	put_ppoll__res(w, ret);
	put_ppoll__fds(w, polled(w, arg(0), arg(1)));
	put_ppoll__timeout(w, interval(w, regs, arg(2)));
	put_ppoll__sigmask(w, signal_set(arg(3)));
}

SYSCALL(select, select)
{
	put_select__res(w, ret);
}
