// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// Addresses of sockets as records have them.
#pragma once

enum { SUN_PATH_MAX = 108 };

// The start of struct sockaddr_in and sockaddr_in6.
struct user_address {
	__u16 family;
	__be16 port;
	union {
		__be32 v4;
		struct {
			__u32 flow_info;
			struct in6_addr v6;
		};
	};
};

static __always_inline struct user_address user_address(unsigned long from, __u64 len)
{
	struct user_address address = {};
	if (from && len >= sizeof(address))
		bpf_probe_read_user(&address, sizeof(address), (void *)from);
	else if (from && len >= 8)
		bpf_probe_read_user(&address, 8, (void *)from);
	else if (from && len >= 2)
		bpf_probe_read_user(&address, 2, (void *)from);
	return address;
}

static __always_inline void put_v4(struct writer *w, __u32 ahead, __be32 address, __be16 port)
{
	*(__be32 *)place(w, ahead) = address;
	*(__u16 *)place(w, ahead + 4) = __builtin_bswap16(port);
}

static __always_inline void put_v6(struct writer *w, __u32 ahead, const struct in6_addr *address, __be16 port)
{
	*(struct in6_addr *)place(w, ahead) = *address;
	*(__u16 *)place(w, ahead + 16) = __builtin_bswap16(port);
}

// The path of a unix address of `len` bytes that a process gave, with its NUL. The name of an abstract one begins with
// a NUL, which is left out.
static __always_inline __u32 put_user_path(struct writer *w, __u32 ahead, unsigned long address, __u64 len)
{
	unsigned long path = address + 2;
	char first = 1;
	if (len <= 2)
		return 0;
	len -= 2;
	bpf_probe_read_user(&first, 1, (void *)path);
	if (!first) {
		path++;
		len--;
	}
	if (len > SUN_PATH_MAX)
		len = SUN_PATH_MAX;
	long got = bpf_probe_read_user_str(place(w, ahead), len + 1, (void *)path);
	return got > 0 ? got : 0;
}

// The same of an address that the kernel holds; a NUL alone if it holds none.
static __always_inline __u32 put_kernel_path(struct writer *w, __u32 ahead, struct unix_address *address)
{
	__u32 len = address ? BPF_CORE_READ(address, len) : 0;
	if (len <= 2 || len > SUN_PATH_MAX + 2) {
		*place(w, ahead) = 0;
		return 1;
	}
	len -= 2;
	const char *path = __builtin_preserve_access_index(&address->name[0].sun_path[0]);
	char first = 1;
	bpf_probe_read_kernel(&first, 1, path);
	if (!first) {
		path++;
		len--;
	}
	if (len > SUN_PATH_MAX)
		len = SUN_PATH_MAX;
	long got = bpf_probe_read_kernel_str(place(w, ahead), len + 1, path);
	return got > 0 ? got : 0;
}

// The address that a process gave.
__noinline __u32 copy_address(__u32 slot, __u32 at, __u64 from, __u64 len)
{
	struct writer writer, *w = &writer;
	if (!resume(w, slot, at))
		return 0;
	struct user_address address = user_address(from, len);
	*place(w, 0) = socket_family(address.family);
	if (!from || len < 2)
		return 0;
	switch (address.family) {
	case socket_families__AF_INET:
		if (len < 8)
			return 0;
		put_v4(w, 1, address.v4, address.port);
		return 1 + 6;
	case socket_families__AF_INET6:
		if (len < 24)
			return 0;
		put_v6(w, 1, &address.v6, address.port);
		return 1 + 18;
	case socket_families__AF_UNIX:
		return 1 + put_user_path(w, 1, from, len);
	default:
		return 0;
	}
}

static __always_inline struct source socket_address(struct writer *w, unsigned long from, __u64 len)
{
	return written(copy_address(w->slot, w->at, from, len));
}
