// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Sockets: their calls, and both ends of them as records have them.
#pragma once

enum {
	S_IFMT = 0170000,
	S_IFSOCK = 0140000,
	EINPROGRESS = 115,
	// The most bytes of a message's ancillary data.
	CONTROL_MAX = 4096,
};

// Who started it: outbound has the local end first, inbound the remote one.
enum direction { OUTBOUND, INBOUND };

// The address of the socket behind a descriptor; 0 if it is something else.
__noinline __u64 socket_behind(__s64 fd)
{
	struct file *file = find_file(fd);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	struct socket *socket = BPF_CORE_READ(file, private_data);
	return socket ? (__u64)BPF_CORE_READ(socket, sk) : 0;
}

static __always_inline struct sock *sock_of(__s64 fd)
{
	return (struct sock *)socket_behind(fd);
}

static __always_inline __u32 v4_tuple(struct writer *w, struct sock *sock, enum direction direction,
					      struct user_address user)
{
	struct inet_sock *inet = (void *)sock;
	__be32 local = BPF_CORE_READ(inet, inet_saddr), remote = BPF_CORE_READ(sock, __sk_common.skc_daddr);
	__be16 local_port = BPF_CORE_READ(inet, inet_sport);
	__be16 remote_port = BPF_CORE_READ(sock, __sk_common.skc_dport);
	// A socket that is not connected knows no peer: it is in the call.
	if (remote_port == 0 && user.family == socket_families__AF_INET) {
		remote = user.v4;
		remote_port = user.port;
	}
	put_v4(w, direction == OUTBOUND ? 1 : 7, local, local_port);
	put_v4(w, direction == OUTBOUND ? 7 : 1, remote, remote_port);
	return 1 + 2 * 6;
}

static __always_inline __u32 v6_tuple(struct writer *w, struct sock *sock, enum direction direction,
					      struct user_address user)
{
	struct inet_sock *inet = (void *)sock;
	struct in6_addr local = BPF_CORE_READ(inet, pinet6, saddr);
	struct in6_addr remote = BPF_CORE_READ(sock, __sk_common.skc_v6_daddr);
	__be16 local_port = BPF_CORE_READ(inet, inet_sport);
	__be16 remote_port = BPF_CORE_READ(sock, __sk_common.skc_dport);
	if (remote_port == 0 && user.family == socket_families__AF_INET6) {
		remote = user.v6;
		remote_port = user.port;
	}
	put_v6(w, direction == OUTBOUND ? 1 : 19, &local, local_port);
	put_v6(w, direction == OUTBOUND ? 19 : 1, &remote, remote_port);
	return 1 + 2 * 18;
}

// The kernel's addresses of the end that listens or receives and of the other, and the path of the former.
static __always_inline __u32 unix_tuple(struct writer *w, struct sock *sock, enum direction direction,
						unsigned long user, __u64 user_len)
{
	struct unix_sock *local = (void *)sock;
	struct unix_sock *remote = (void *)BPF_CORE_READ(local, peer);
	struct unix_sock *receiver = direction == OUTBOUND ? remote : local;
	struct unix_sock *sender = direction == OUTBOUND ? local : remote;
	*(__u64 *)place(w, 1) = (__u64)receiver;
	*(__u64 *)place(w, 9) = (__u64)sender;
	if (!receiver && user)
		return 17 + put_user_path(w, 17, user, user_len);
	struct unix_address *address = receiver ? BPF_CORE_READ(receiver, addr) : NULL;
	return 17 + put_kernel_path(w, 17, address);
}

// Both ends of a socket. The address that a process gave serves where the kernel has none.
__noinline __u32 copy_tuple(__u32 slot, __u32 at, __s64 fd, __u64 user, __u64 user_len)
{
	struct writer writer, *w = &writer;
	enum direction direction = fd >> 32 & 1;
	fd = (__s32)fd;
	if (!resume(w, slot, at))
		return 0;
	struct sock *sock = sock_of(fd);
	if (!sock)
		return 0;
	__u16 family = BPF_CORE_READ(sock, __sk_common.skc_family);
	*place(w, 0) = socket_family(family);
	switch (family) {
	case socket_families__AF_INET:
		return v4_tuple(w, sock, direction, user_address(user, user_len));
	case socket_families__AF_INET6:
		return v6_tuple(w, sock, direction, user_address(user, user_len));
	case socket_families__AF_UNIX:
		return unix_tuple(w, sock, direction, user, user_len);
	default:
		return 0;
	}
}

static __always_inline struct source socket_tuple(struct writer *w, __s64 fd, enum direction direction,
						  unsigned long user, __u64 user_len)
{
	// Five arguments are all that a function can have.
	__s64 both = (__u64)direction << 32 | (__u32)fd;
	return written(copy_tuple(w->slot, w->at, both, user, user_len));
}

SYSCALL(socket, socket)
{
	put_socket__fd(w, ret);
	put_socket__domain(w, socket_family(arg(0)));
	put_socket__type(w, arg(1));
	put_socket__proto(w, arg(2));
	put_socket__flags(w, fd_flags(arg(1)));
}

SYSCALL(socketpair, socketpair)
{
	struct fd_pair pair = new_fds(ret, arg(3));
	struct sock *first = sock_of(pair.first);
	put_socketpair__res(w, ret);
	put_socketpair__fd1(w, pair.first);
	put_socketpair__fd2(w, pair.second);
	put_socketpair__source(w, (__u64)first);
	put_socketpair__peer(w, first ? (__u64)BPF_CORE_READ((struct unix_sock *)first, peer) : 0);
	put_socketpair__domain(w, socket_family(arg(0)));
	put_socketpair__type(w, arg(1));
	put_socketpair__proto(w, arg(2));
}

SYSCALL(bind, bind)
{
	put_bind__res(w, ret);
	put_bind__addr(w, socket_address(w, arg(1), arg(2)));
	put_bind__fd(w, fd(0));
}

SYSCALL(connect, connect)
{
	bool under_way = ret == 0 || ret == -EINPROGRESS;
	put_connect__res(w, ret);
	put_connect__tuple(w, under_way ? socket_tuple(w, fd(0), OUTBOUND, arg(1), arg(2)) : missing());
	put_connect__fd(w, fd(0));
	__u32 address = w->at;
	put_connect__addr(w, socket_address(w, arg(1), arg(2)));
	struct writer e;
	if (began_otherwise(w, NR_CONNECT, address) && begin(&e, PARAMS_connect_enter)) {
		put_connect_enter__fd(&e, fd(0));
		put_connect_enter__addr(&e, as_begun(w));
		finish(&e, EVENT_connect_enter, PARAMS_connect_enter);
	}
}

SYSCALL(listen, listen)
{
	put_listen__res(w, ret);
	put_listen__fd(w, fd(0));
	put_listen__backlog(w, arg(1));
}

// How full the queue of the listening socket is.
#define PUT_ACCEPT(event)                                                                                              \
	struct sock *listening = ret < 0 ? NULL : sock_of(fd(0));                                                      \
	__u32 len = listening ? BPF_CORE_READ(listening, sk_ack_backlog) : 0;                                          \
	__u32 max = listening ? BPF_CORE_READ(listening, sk_max_ack_backlog) : 0;                                      \
	put_##event##__fd(w, ret);                                                                                     \
	put_##event##__tuple(w, ret < 0 ? missing() : socket_tuple(w, ret, INBOUND, 0, 0));                            \
	put_##event##__queuepct(w, max ? (__u64)len * 100 / max : 0);                                                  \
	put_##event##__queuelen(w, len);                                                                               \
	put_##event##__queuemax(w, max)

SYSCALL(accept, accept)
{
	PUT_ACCEPT(accept);
}

SYSCALL(accept4, accept4)
{
	PUT_ACCEPT(accept4);
	put_accept4__flags(w, fd_flags(arg(3)));
}

SYSCALL(shutdown, shutdown)
{
	put_shutdown__res(w, ret);
	put_shutdown__fd(w, fd(0));
	put_shutdown__how(w, arg(1));
}

SYSCALL(getsockname, getsockname)
{
}

SYSCALL(getpeername, getpeername)
{
}

SYSCALL(sendto, sendto)
{
	put_sendto__res(w, ret);
	put_sendto__data(w, sent(w, ret, arg(1), arg(2)));
	put_sendto__fd(w, fd(0));
	put_sendto__size(w, arg(2));
	put_sendto__tuple(w, socket_tuple(w, fd(0), OUTBOUND, arg(4), arg(5)));
}

// The length of an address that the kernel has written.
static __always_inline __u64 written_address_len(unsigned long from)
{
	__u32 len = 0;
	if (from)
		bpf_probe_read_user(&len, sizeof(len), (void *)from);
	return len;
}

SYSCALL(recvfrom, recvfrom)
{
	__u64 len = written_address_len(arg(5));
	put_recvfrom__res(w, ret);
	put_recvfrom__data(w, received(w, ret, arg(1)));
	put_recvfrom__tuple(w, ret > 0 ? socket_tuple(w, fd(0), INBOUND, arg(4), len) : missing());
	put_recvfrom__fd(w, fd(0));
	put_recvfrom__size(w, arg(2));
}

struct message {
	__u64 name;
	__u32 name_len;
	__u64 buffers, n_buffers;
	__u64 control, control_len;
	__u32 flags;
};

// The same of a 32-bit program.
struct ia32_message {
	__u32 name, name_len, buffers, n_buffers, control, control_len, flags;
};

static __always_inline struct message message(bool ia32, unsigned long from)
{
	struct message message = {};
	struct ia32_message narrow = {};
	if (ia32) {
		bpf_probe_read_user(&narrow, sizeof(narrow), (void *)from);
		message.name = narrow.name;
		message.name_len = narrow.name_len;
		message.buffers = narrow.buffers;
		message.n_buffers = narrow.n_buffers;
		message.control = narrow.control;
		message.control_len = narrow.control_len;
	} else {
		bpf_probe_read_user(&message, sizeof(message), (void *)from);
	}
	return message;
}

static __always_inline struct source control_data(const struct message *message)
{
	__u64 len = message->control_len;
	return message->control ? user_bytes(message->control, len < CONTROL_MAX ? len : CONTROL_MAX) : missing();
}

SYSCALL(sendmsg, sendmsg)
{
	struct message m = message(is_ia32(w), arg(1));
	put_sendmsg__res(w, ret);
	put_sendmsg__data(w, gathered(w, m.buffers, m.n_buffers, ret > 0 ? ret : RECORD_MAX));
	put_sendmsg__fd(w, fd(0));
	put_sendmsg__size(w, total_length(w, m.buffers, m.n_buffers));
	put_sendmsg__tuple(w, socket_tuple(w, fd(0), OUTBOUND, m.name, m.name_len));
}

SYSCALL(recvmsg, recvmsg)
{
	struct message m = ret > 0 ? message(is_ia32(w), arg(1)) : (struct message){};
	put_recvmsg__res(w, ret);
	put_recvmsg__size(w, ret > 0 ? ret : 0);
	put_recvmsg__data(w, ret > 0 ? gathered(w, m.buffers, m.n_buffers, ret) : missing());
	put_recvmsg__tuple(w, ret > 0 ? socket_tuple(w, fd(0), INBOUND, m.name, m.name_len) : missing());
	put_recvmsg__msgcontrol(w, control_data(&m));
	put_recvmsg__fd(w, fd(0));
}

// The value of a socket option: the number that says its type, then the value.
static __always_inline struct source option_value(struct writer *w, struct pt_regs *regs, __u32 level, __u32 option,
						  unsigned long from, __u32 len)
{
	__u64 number = 0;
	struct timespec time;
	if (level != 1)
		option = 0;
	switch (option) {
	case sockopt_options__SO_ERROR: {
		__s32 error = 0;
		bpf_probe_read_user(&error, sizeof(error), (void *)from);
		*place(w, 0) = CHOICE_getsockopt__val__ERRNO;
		*(__s64 *)place(w, 1) = -(__s64)error;
		return written(9);
	}
	case sockopt_options__SO_RCVTIMEO:
	case sockopt_options__SO_SNDTIMEO:
	case 66:
	case 67:
		time = user_time(w, regs, from);
		*place(w, 0) = CHOICE_getsockopt__val__RELTIME;
		*(__u64 *)place(w, 1) = time.sec * 1000000000ull + time.nsec * 1000;
		return written(9);
	case 57: // SO_COOKIE
		bpf_probe_read_user(&number, sizeof(number), (void *)from);
		*place(w, 0) = CHOICE_getsockopt__val__UINT64;
		*(__u64 *)place(w, 1) = number;
		return written(9);
	// These are structures or of no fixed length, as is everything of other levels.
	case 0:
	case sockopt_options__SO_LINGER:
	case sockopt_options__SO_PEERCRED:
	case sockopt_options__SO_ATTACH_FILTER:
	case sockopt_options__SO_PEERNAME:
		break;
	default:
		if (option > sockopt_options__SO_INCOMING_CPU)
			break;
		bpf_probe_read_user(&number, 4, (void *)from);
		*place(w, 0) = CHOICE_getsockopt__val__UINT32;
		*(__u32 *)place(w, 1) = number;
		return written(5);
	}
	*place(w, 0) = CHOICE_getsockopt__val__BYTEBUF;
	return written(1 + copy(w, 1, user_bytes(from, len < CONTROL_MAX ? len : CONTROL_MAX)));
}

SYSCALL(setsockopt, setsockopt)
{
	put_setsockopt__res(w, ret);
	put_setsockopt__fd(w, fd(0));
	put_setsockopt__level(w, sockopt_level(arg(1)));
	put_setsockopt__optname(w, sockopt_option(arg(1), arg(2)));
	put_setsockopt__val(w, option_value(w, regs, arg(1), arg(2), arg(3), arg(4)));
	put_setsockopt__optlen(w, arg(4));
}

SYSCALL(getsockopt, getsockopt)
{
	__u32 len = written_address_len(arg(4));
	put_getsockopt__res(w, ret);
	put_getsockopt__fd(w, fd(0));
	put_getsockopt__level(w, sockopt_level(arg(1)));
	put_getsockopt__optname(w, sockopt_option(arg(1), arg(2)));
	put_getsockopt__val(w, option_value(w, regs, arg(1), arg(2), arg(3), len));
	put_getsockopt__optlen(w, len);
}

struct listed_message {
	struct message message;
	__u32 len;
};

// The most messages of one call that are told of.
enum { MAX_MESSAGES = 1024 };

// What a call on many messages passes on to each.
struct messages {
	__s64 fd;
	unsigned long list;
	bool ia32;
};

static __always_inline struct listed_message listed_message(const struct messages *all, __u32 index)
{
	struct listed_message one = {};
	__u32 width = all->ia32 ? sizeof(struct ia32_message) : sizeof(struct message);
	unsigned long at = all->list + index * (width + (all->ia32 ? 4 : 8));
	one.message = message(all->ia32, at);
	bpf_probe_read_user(&one.len, sizeof(one.len), (void *)(at + width));
	return one;
}

// sendmmsg and recvmmsg send a record for each message; a call that failed sends one without a message. Before bpf_loop
// (5.17) user space takes `first_*`, which tells of the first message only.
#define SYSCALL_MESSAGES(name)                                                                                         \
	static __always_inline void fill_##name(struct writer *w, const struct messages *all,                          \
						const struct listed_message *one, __s64 res);                          \
	static __always_inline void send_##name(const struct messages *all, const struct listed_message *one,          \
						__s64 res)                                                             \
	{                                                                                                              \
		struct writer writer;                                                                                  \
		if (begin(&writer, PARAMS_##name)) {                                                                   \
			writer.scratch->ia32 = all->ia32;                                                              \
			fill_##name(&writer, all, one, res);                                                           \
			finish(&writer, EVENT_##name, PARAMS_##name);                                                  \
		}                                                                                                      \
	}                                                                                                              \
	static long each_##name(__u32 index, void *context)                                                            \
	{                                                                                                              \
		const struct messages *all = context;                                                                  \
		struct listed_message one = listed_message(all, index);                                                \
		send_##name(all, &one, one.len);                                                                       \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC("tp_btf/sys_exit")                                                                                         \
	int sys_##name(__u64 *ctx)                                                                                     \
	{                                                                                                              \
		struct messages all = messages((struct pt_regs *)ctx[0]);                                              \
		struct listed_message none = {};                                                                       \
		long ret = ctx[1];                                                                                     \
		if (ret > 0)                                                                                           \
			bpf_loop(ret < MAX_MESSAGES ? ret : MAX_MESSAGES, each_##name, &all, 0);                       \
		else                                                                                                   \
			send_##name(&all, &none, ret);                                                                 \
		return 0;                                                                                              \
	}                                                                                                              \
	SEC("tp_btf/sys_exit")                                                                                         \
	int first_##name(__u64 *ctx)                                                                                   \
	{                                                                                                              \
		struct messages all = messages((struct pt_regs *)ctx[0]);                                              \
		struct listed_message one = {};                                                                        \
		long ret = ctx[1];                                                                                     \
		if (ret > 0)                                                                                           \
			one = listed_message(&all, 0);                                                                 \
		send_##name(&all, &one, ret > 0 ? one.len : ret);                                                      \
		return 0;                                                                                              \
	}                                                                                                              \
	static __always_inline void fill_##name(struct writer *w, const struct messages *all,                          \
						const struct listed_message *one, __s64 res)

static __always_inline struct messages messages(struct pt_regs *regs)
{
	if (is_ia32_call())
		return (struct messages){(__s32)narrow_argument(regs, 0), narrow_argument(regs, 1), true};
	return (struct messages){(__s32)regs->di, regs->si, false};
}

SYSCALL_MESSAGES(sendmmsg)
{
	const struct message *m = &one->message;
	put_sendmmsg__res(w, res);
	put_sendmmsg__fd(w, all->fd);
	put_sendmmsg__size(w, total_length(w, m->buffers, m->n_buffers));
	put_sendmmsg__data(w, gathered(w, m->buffers, m->n_buffers, one->len));
	put_sendmmsg__tuple(w, res > 0 ? socket_tuple(w, all->fd, OUTBOUND, m->name, m->name_len) : missing());
}

SYSCALL_MESSAGES(recvmmsg)
{
	const struct message *m = &one->message;
	put_recvmmsg__res(w, res);
	put_recvmmsg__fd(w, all->fd);
	put_recvmmsg__size(w, one->len);
	put_recvmmsg__data(w, gathered(w, m->buffers, m->n_buffers, one->len));
	put_recvmmsg__tuple(w, res > 0 ? socket_tuple(w, all->fd, INBOUND, m->name, m->name_len) : missing());
	put_recvmmsg__msgcontrol(w, control_data(m));
}
