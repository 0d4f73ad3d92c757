//! Every system call by its portable code (the `ppm_sc` of captures and rules), with the events that tell of it.
//!
//! A row reads `code "name" kind x86_64-number enter-event exit-event [properties]`; -1 where there is none.

use crate::EventCode;

/// One system call, or one of the tracepoints that are selected like one.
#[derive(Debug)]
pub struct Syscall {
    /// The portable code; the codes have gaps.
    pub code: u16,
    pub name: &'static str,
    pub kind: SyscallKind,
    /// The number on x86_64, if it exists there.
    pub nr: Option<u16>,
    /// The events that tell of it, where the probe sends any: enters only of the calls whose arguments could be changed
    /// in flight, and of tracepoints.
    pub enter: Option<EventCode>,
    pub exit: Option<EventCode>,
    pub flags: SyscallFlags,
}

/// How the probe tells of a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyscallKind {
    /// By an event of its own.
    Dedicated,
    /// By the generic event, which carries the code.
    Generic,
    /// Not a system call: a tracepoint.
    Tracepoint,
    Unmapped,
}

/// Properties of a system call as a bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyscallFlags(u8);

impl SyscallFlags {
    const NONE: Self = Self(0);
    /// Never dropped by sampling.
    pub const NEVER_DROP: Self = Self(1);
    /// Always dropped while sampling.
    pub const ALWAYS_DROP: Self = Self(2);
    /// Part of the state engine's set: without it the picture of the system is wrong.
    pub const STATE: Self = Self(4);
    /// Part of the least set that `base_syscalls.repair` keeps.
    pub const REPAIR: Self = Self(8);

    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// The system call with this portable code.
pub fn syscall(code: u16) -> Option<&'static Syscall> {
    SYSCALLS.binary_search_by_key(&code, |syscall| syscall.code).ok().map(|i| &SYSCALLS[i])
}

/// The system call with this x86_64 number.
pub fn syscall_by_nr(nr: u16) -> Option<&'static Syscall> {
    SYSCALLS.iter().find(|syscall| syscall.nr == Some(nr))
}

/// The system call of this name.
pub fn syscall_by_name(name: &str) -> Option<&'static Syscall> {
    SYSCALLS.iter().find(|syscall| syscall.name == name)
}

const fn number(value: i32) -> Option<u16> {
    if value < 0 { None } else { Some(value as u16) }
}

/// An enter, unless it stems from the time when every call had one.
const fn enter(value: i32) -> Option<EventCode> {
    match number(value) {
        Some(number) => match EventCode::new(number) {
            Some(code) if code.is_current() => Some(code),
            _ => None,
        },
        None => None,
    }
}

const fn exit(value: i32, kind: SyscallKind) -> Option<EventCode> {
    match (kind, number(value)) {
        (SyscallKind::Generic, Some(_)) => Some(EventCode::GENERIC),
        (_, Some(number)) => EventCode::new(number),
        _ => None,
    }
}

macro_rules! kind {
    (dedicated) => {
        SyscallKind::Dedicated
    };
    (generic) => {
        SyscallKind::Generic
    };
    (tracepoint) => {
        SyscallKind::Tracepoint
    };
    (unmapped) => {
        SyscallKind::Unmapped
    };
}

macro_rules! syscalls {
    ($($code:literal $name:literal $kind:ident $nr:literal $enter:literal $exit:literal [$($flag:ident)*])*) => {
        /// Every system call, by ascending portable code.
        pub static SYSCALLS: &[Syscall] = &[$(Syscall {
            code: $code,
            name: $name,
            kind: kind!($kind),
            nr: number($nr),
            enter: enter($enter),
            exit: exit($exit, kind!($kind)),
            flags: SyscallFlags::NONE$(.union(SyscallFlags::$flag))*,
        }),*];
    };
}

syscalls! {
    0 "unknown" unmapped -1 -1 -1 []
    1 "restart_syscall" generic 219 0 0 []
    2 "exit" generic 60 0 0 []
    3 "read" dedicated 0 6 7 []
    4 "write" dedicated 1 8 9 []
    5 "open" dedicated 2 2 3 [NEVER_DROP STATE]
    6 "close" dedicated 3 4 5 [NEVER_DROP STATE]
    7 "creat" dedicated 85 58 59 [NEVER_DROP STATE]
    8 "link" dedicated 86 308 309 []
    9 "unlink" dedicated 87 300 301 []
    10 "chdir" dedicated 80 94 95 [NEVER_DROP STATE REPAIR]
    11 "time" generic 201 0 0 []
    12 "mknod" dedicated 133 414 415 []
    13 "chmod" dedicated 90 314 315 []
    14 "stat" dedicated 4 66 67 [ALWAYS_DROP]
    15 "lseek" dedicated 8 86 87 [ALWAYS_DROP]
    16 "getpid" generic 39 0 0 []
    17 "mount" dedicated 165 256 257 [STATE]
    18 "ptrace" dedicated 101 168 169 []
    19 "alarm" generic 37 0 0 []
    20 "fstat" dedicated 5 70 71 [ALWAYS_DROP]
    21 "pause" generic 34 0 0 []
    22 "utime" generic 132 0 0 []
    23 "access" dedicated 21 264 265 [ALWAYS_DROP]
    24 "sync" generic 162 0 0 []
    25 "kill" dedicated 62 128 129 []
    26 "rename" dedicated 82 174 175 []
    27 "mkdir" dedicated 83 276 277 []
    28 "rmdir" dedicated 84 278 279 []
    29 "dup" dedicated 32 366 367 [NEVER_DROP STATE]
    30 "pipe" dedicated 22 60 61 [NEVER_DROP STATE]
    31 "times" generic 100 0 0 []
    32 "brk" dedicated 12 158 159 [ALWAYS_DROP]
    33 "acct" generic 163 0 0 []
    34 "ioctl" dedicated 16 170 171 [ALWAYS_DROP]
    35 "fcntl" dedicated 72 150 151 [STATE]
    36 "setpgid" dedicated 109 294 295 [ALWAYS_DROP REPAIR]
    37 "umask" generic 95 0 0 []
    38 "chroot" dedicated 161 266 267 [NEVER_DROP STATE REPAIR]
    39 "ustat" generic 136 0 0 []
    40 "dup2" dedicated 33 362 363 [NEVER_DROP STATE]
    41 "getppid" generic 110 0 0 []
    42 "getpgrp" generic 111 0 0 []
    43 "setsid" dedicated 112 274 275 [STATE REPAIR]
    44 "sethostname" generic 170 0 0 []
    45 "setrlimit" dedicated 160 142 143 [NEVER_DROP STATE]
    46 "getrusage" generic 98 0 0 []
    47 "gettimeofday" generic 96 0 0 []
    48 "settimeofday" generic 164 0 0 []
    49 "symlink" dedicated 88 178 179 []
    50 "lstat" dedicated 6 68 69 [ALWAYS_DROP]
    51 "readlink" generic 89 0 0 []
    52 "uselib" generic -1 -1 -1 []
    53 "swapon" generic 167 0 0 []
    54 "reboot" generic 169 0 0 []
    55 "mmap" dedicated 9 160 161 []
    56 "munmap" dedicated 11 164 165 [ALWAYS_DROP]
    57 "truncate" generic 76 0 0 []
    58 "ftruncate" generic 77 0 0 []
    59 "fchmod" dedicated 91 316 317 []
    60 "getpriority" generic 140 0 0 []
    61 "setpriority" generic 141 0 0 []
    62 "statfs" generic 137 0 0 []
    63 "fstatfs" generic 138 0 0 []
    64 "syslog" generic 103 0 0 []
    65 "setitimer" generic 38 0 0 []
    66 "getitimer" generic 36 0 0 []
    67 "uname" generic 63 0 0 []
    68 "vhangup" generic 153 0 0 []
    69 "wait4" generic 61 0 0 []
    70 "swapoff" generic 168 0 0 []
    71 "sysinfo" generic 99 0 0 []
    72 "fsync" generic 74 0 0 []
    73 "setdomainname" generic 171 0 0 []
    74 "adjtimex" generic 159 0 0 []
    75 "mprotect" dedicated 10 328 329 []
    76 "init_module" dedicated 175 410 411 []
    77 "delete_module" dedicated 176 424 425 []
    78 "quotactl" dedicated 179 190 191 []
    79 "getpgid" generic 121 0 0 []
    80 "fchdir" dedicated 81 96 97 [NEVER_DROP STATE REPAIR]
    81 "sysfs" generic 139 0 0 []
    82 "personality" generic 135 0 0 []
    83 "getdents" dedicated 78 236 237 [ALWAYS_DROP]
    84 "select" dedicated 23 82 83 [ALWAYS_DROP]
    85 "flock" dedicated 73 242 243 [ALWAYS_DROP]
    86 "msync" generic 26 0 0 []
    87 "readv" dedicated 19 116 117 []
    88 "writev" dedicated 20 118 119 []
    89 "getsid" generic 124 0 0 []
    90 "fdatasync" generic 75 0 0 []
    91 "mlock" dedicated 149 344 345 []
    92 "munlock" dedicated 150 346 347 []
    93 "mlockall" dedicated 151 348 349 []
    94 "munlockall" dedicated 152 350 351 []
    95 "sched_setparam" generic 142 0 0 []
    96 "sched_getparam" generic 143 0 0 []
    97 "sched_setscheduler" generic 144 0 0 []
    98 "sched_getscheduler" generic 145 0 0 []
    99 "sched_yield" generic 24 0 0 []
    100 "sched_get_priority_max" generic 146 0 0 []
    101 "sched_get_priority_min" generic 147 0 0 []
    102 "sched_rr_get_interval" generic 148 0 0 []
    103 "nanosleep" dedicated 35 134 135 [ALWAYS_DROP]
    104 "mremap" generic 25 0 0 []
    105 "poll" dedicated 7 80 81 [ALWAYS_DROP]
    106 "prctl" dedicated 157 400 401 [NEVER_DROP STATE REPAIR]
    107 "rt_sigaction" generic 13 0 0 []
    108 "rt_sigprocmask" generic 14 0 0 []
    109 "rt_sigpending" generic 127 0 0 []
    110 "rt_sigtimedwait" generic 128 0 0 []
    111 "rt_sigqueueinfo" generic 129 0 0 []
    112 "rt_sigsuspend" generic 130 0 0 []
    113 "getcwd" dedicated 79 92 93 [ALWAYS_DROP]
    114 "capget" generic 125 0 0 []
    115 "capset" dedicated 126 352 353 [STATE REPAIR]
    116 "sendfile" dedicated 40 188 189 []
    117 "getrlimit" dedicated 97 140 141 []
    118 "lchown" dedicated 94 380 381 []
    119 "getuid" dedicated 102 202 203 []
    120 "getgid" dedicated 104 206 207 []
    121 "geteuid" dedicated 107 204 205 []
    122 "getegid" dedicated 108 208 209 []
    123 "setreuid" dedicated 113 426 427 [STATE]
    124 "setregid" dedicated 114 428 429 [STATE]
    125 "getgroups" generic 115 0 0 []
    126 "setgroups" generic 116 0 0 []
    127 "fchown" dedicated 93 382 383 []
    128 "setresuid" dedicated 117 192 193 [STATE REPAIR]
    129 "getresuid" dedicated 118 210 211 []
    130 "setresgid" dedicated 119 194 195 [STATE REPAIR]
    131 "getresgid" dedicated 120 212 213 []
    132 "chown" dedicated 92 378 379 []
    133 "setuid" dedicated 105 198 199 [STATE REPAIR]
    134 "setgid" dedicated 106 200 201 [STATE REPAIR]
    135 "setfsuid" generic 122 0 0 []
    136 "setfsgid" generic 123 0 0 []
    137 "pivot_root" generic 155 0 0 []
    138 "mincore" generic 27 0 0 []
    139 "madvise" generic 28 0 0 []
    140 "gettid" generic 186 0 0 []
    141 "setxattr" generic 188 0 0 []
    142 "lsetxattr" generic 189 0 0 []
    143 "fsetxattr" generic 190 0 0 []
    144 "getxattr" generic 191 0 0 []
    145 "lgetxattr" generic 192 0 0 []
    146 "fgetxattr" generic 193 0 0 []
    147 "listxattr" generic 194 0 0 []
    148 "llistxattr" generic 195 0 0 []
    149 "flistxattr" generic 196 0 0 []
    150 "removexattr" generic 197 0 0 []
    151 "lremovexattr" generic 198 0 0 []
    152 "fremovexattr" generic 199 0 0 []
    153 "tkill" dedicated 200 130 131 []
    154 "futex" dedicated 202 64 65 [ALWAYS_DROP]
    155 "sched_setaffinity" generic 203 0 0 []
    156 "sched_getaffinity" generic 204 0 0 []
    157 "set_thread_area" generic 205 0 0 []
    158 "get_thread_area" generic 211 0 0 []
    159 "io_setup" generic 206 0 0 []
    160 "io_destroy" generic 207 0 0 []
    161 "io_getevents" generic 208 0 0 []
    162 "io_submit" generic 209 0 0 []
    163 "io_cancel" generic 210 0 0 []
    164 "exit_group" generic 231 0 0 []
    165 "epoll_create" dedicated 213 374 375 [NEVER_DROP STATE]
    166 "epoll_ctl" generic 233 0 0 []
    167 "epoll_wait" dedicated 232 78 79 [ALWAYS_DROP]
    168 "remap_file_pages" generic 216 0 0 []
    169 "set_tid_address" generic 218 0 0 []
    170 "timer_create" generic 222 0 0 []
    171 "timer_settime" generic 223 0 0 []
    172 "timer_gettime" generic 224 0 0 []
    173 "timer_getoverrun" generic 225 0 0 []
    174 "timer_delete" generic 226 0 0 []
    175 "clock_settime" generic 227 0 0 []
    176 "clock_gettime" generic 228 0 0 []
    177 "clock_getres" generic 229 0 0 []
    178 "clock_nanosleep" generic 230 0 0 []
    179 "tgkill" dedicated 234 132 133 []
    180 "utimes" generic 235 0 0 []
    181 "mq_open" generic 240 0 0 []
    182 "mq_unlink" generic 241 0 0 []
    183 "mq_timedsend" generic 242 0 0 []
    184 "mq_timedreceive" generic 243 0 0 []
    185 "mq_notify" generic 244 0 0 []
    186 "mq_getsetattr" generic 245 0 0 []
    187 "kexec_load" generic 246 0 0 []
    188 "waitid" generic 247 0 0 []
    189 "add_key" generic 248 0 0 []
    190 "request_key" generic 249 0 0 []
    191 "keyctl" dedicated 250 452 453 []
    192 "ioprio_set" generic 251 0 0 []
    193 "ioprio_get" generic 252 0 0 []
    194 "inotify_init" dedicated 253 138 139 [NEVER_DROP STATE]
    195 "inotify_add_watch" generic 254 0 0 []
    196 "inotify_rm_watch" generic 255 0 0 []
    197 "openat" dedicated 257 306 307 [NEVER_DROP STATE]
    198 "mkdirat" dedicated 258 304 305 []
    199 "mknodat" dedicated 259 416 417 []
    200 "fchownat" dedicated 260 384 385 []
    201 "futimesat" generic 261 0 0 []
    202 "unlinkat" dedicated 263 302 303 []
    203 "renameat" dedicated 264 176 177 []
    204 "linkat" dedicated 265 310 311 []
    205 "symlinkat" dedicated 266 180 181 []
    206 "readlinkat" generic 267 0 0 []
    207 "fchmodat" dedicated 268 312 313 []
    208 "faccessat" generic 269 0 0 []
    209 "pselect6" generic 270 0 0 []
    210 "ppoll" dedicated 271 254 255 [ALWAYS_DROP]
    211 "unshare" dedicated 272 284 285 [ALWAYS_DROP]
    212 "set_robust_list" generic 273 0 0 []
    213 "get_robust_list" generic 274 0 0 []
    214 "splice" dedicated 275 166 167 []
    215 "tee" generic 276 0 0 []
    216 "vmsplice" generic 278 0 0 []
    217 "getcpu" generic 309 0 0 []
    218 "epoll_pwait" generic 281 0 0 []
    219 "utimensat" generic 280 0 0 []
    220 "signalfd" dedicated 282 126 127 [NEVER_DROP STATE]
    221 "timerfd_create" dedicated 283 136 137 [NEVER_DROP STATE]
    222 "eventfd" dedicated 284 62 63 [NEVER_DROP STATE]
    223 "timerfd_settime" generic 286 0 0 []
    224 "timerfd_gettime" generic 287 0 0 []
    225 "signalfd4" dedicated 289 398 399 [NEVER_DROP STATE]
    226 "eventfd2" dedicated 290 396 397 [NEVER_DROP STATE]
    227 "epoll_create1" dedicated 291 376 377 [NEVER_DROP STATE]
    228 "dup3" dedicated 292 364 365 [NEVER_DROP STATE]
    229 "pipe2" dedicated 293 392 393 [NEVER_DROP STATE]
    230 "inotify_init1" dedicated 294 394 395 [NEVER_DROP STATE]
    231 "preadv" dedicated 295 120 121 []
    232 "pwritev" dedicated 296 122 123 []
    233 "rt_tgsigqueueinfo" generic 297 0 0 []
    234 "perf_event_open" generic 298 0 0 []
    235 "fanotify_init" generic 300 0 0 []
    236 "prlimit64" dedicated 302 144 145 [NEVER_DROP STATE]
    237 "clock_adjtime" generic 305 0 0 []
    238 "syncfs" generic 306 0 0 []
    239 "setns" dedicated 308 240 241 []
    240 "getdents64" dedicated 217 238 239 [ALWAYS_DROP]
    241 "socket" dedicated 41 18 19 [NEVER_DROP STATE]
    242 "bind" dedicated 49 20 21 [NEVER_DROP STATE]
    243 "connect" dedicated 42 22 23 [STATE]
    244 "listen" dedicated 50 24 25 []
    245 "accept" dedicated 43 246 247 [STATE]
    246 "getsockname" dedicated 51 38 39 [ALWAYS_DROP]
    247 "getpeername" dedicated 52 40 41 [ALWAYS_DROP]
    248 "socketpair" dedicated 53 42 43 [NEVER_DROP STATE]
    249 "sendto" dedicated 44 30 31 [STATE]
    250 "recvfrom" dedicated 45 34 35 [STATE]
    251 "shutdown" dedicated 48 36 37 [STATE]
    252 "setsockopt" dedicated 54 44 45 []
    253 "getsockopt" dedicated 55 46 47 [STATE]
    254 "sendmsg" dedicated 46 48 49 [STATE]
    255 "sendmmsg" dedicated 307 50 51 [STATE]
    256 "recvmsg" dedicated 47 52 53 [STATE]
    257 "recvmmsg" dedicated 299 54 55 [STATE]
    258 "accept4" dedicated 288 388 389 [STATE]
    259 "semop" dedicated 65 250 251 [ALWAYS_DROP]
    260 "semget" dedicated 64 262 263 [ALWAYS_DROP]
    261 "semctl" dedicated 66 252 253 [ALWAYS_DROP]
    262 "msgsnd" generic 69 0 0 []
    263 "msgrcv" generic 70 0 0 []
    264 "msgget" generic 68 0 0 []
    265 "msgctl" generic 71 0 0 []
    266 "shmdt" generic 67 0 0 []
    267 "shmget" generic 29 0 0 []
    268 "shmctl" generic 31 0 0 []
    269 "statfs64" generic -1 -1 -1 []
    270 "fstatfs64" generic -1 -1 -1 []
    271 "fstatat64" generic -1 -1 -1 []
    272 "sendfile64" dedicated -1 -1 -1 []
    273 "ugetrlimit" dedicated -1 -1 -1 []
    274 "bdflush" generic -1 -1 -1 []
    275 "sigprocmask" generic -1 -1 -1 []
    276 "ipc" generic -1 -1 -1 []
    277 "socketcall" generic -1 -1 -1 []
    278 "stat64" dedicated -1 -1 -1 []
    279 "lstat64" dedicated -1 -1 -1 []
    280 "fstat64" dedicated -1 -1 -1 []
    281 "fcntl64" dedicated -1 -1 -1 [STATE]
    282 "mmap2" dedicated -1 -1 -1 []
    283 "_newselect" generic -1 -1 -1 []
    284 "sgetmask" generic -1 -1 -1 []
    285 "ssetmask" generic -1 -1 -1 []
    286 "sigpending" generic -1 -1 -1 []
    287 "olduname" generic -1 -1 -1 []
    288 "umount" dedicated -1 -1 -1 [STATE]
    289 "signal" generic -1 -1 -1 []
    290 "nice" generic -1 -1 -1 []
    291 "stime" generic -1 -1 -1 []
    292 "_llseek" dedicated -1 -1 -1 []
    293 "waitpid" generic -1 -1 -1 []
    294 "pread64" dedicated 17 112 113 []
    295 "pwrite64" dedicated 18 114 115 []
    296 "arch_prctl" generic 158 0 0 []
    297 "shmat" generic 30 0 0 []
    298 "rt_sigreturn" generic 15 0 0 []
    299 "fallocate" generic 285 0 0 []
    300 "newfstatat" dedicated 262 418 419 [ALWAYS_DROP]
    301 "process_vm_readv" dedicated 310 420 421 []
    302 "process_vm_writev" dedicated 311 422 423 []
    303 "fork" dedicated 57 224 225 [NEVER_DROP STATE REPAIR]
    304 "vfork" dedicated 58 226 227 [NEVER_DROP STATE REPAIR]
    305 "setuid32" dedicated -1 -1 -1 [STATE REPAIR]
    306 "getuid32" dedicated -1 -1 -1 []
    307 "setgid32" dedicated -1 -1 -1 [STATE REPAIR]
    308 "geteuid32" dedicated -1 -1 -1 []
    309 "getgid32" dedicated -1 -1 -1 []
    310 "setresuid32" dedicated -1 -1 -1 [STATE REPAIR]
    311 "setresgid32" dedicated -1 -1 -1 [STATE REPAIR]
    312 "getresuid32" dedicated -1 -1 -1 []
    313 "getresgid32" dedicated -1 -1 -1 []
    314 "finit_module" dedicated 313 412 413 []
    315 "bpf" dedicated 321 368 369 []
    316 "seccomp" dedicated 317 298 299 []
    317 "sigaltstack" generic 131 0 0 []
    318 "getrandom" generic 318 0 0 []
    319 "fadvise64" generic 221 0 0 []
    320 "renameat2" dedicated 316 318 319 []
    321 "userfaultfd" dedicated 323 320 321 [NEVER_DROP STATE]
    322 "openat2" dedicated 437 326 327 [STATE]
    323 "umount2" dedicated 166 390 391 [STATE]
    324 "execve" dedicated 59 292 293 [NEVER_DROP STATE REPAIR]
    325 "execveat" dedicated 322 330 331 [NEVER_DROP STATE REPAIR]
    326 "copy_file_range" dedicated 326 332 333 []
    327 "clone" dedicated 56 222 223 [NEVER_DROP STATE REPAIR]
    328 "clone3" dedicated 435 334 335 [NEVER_DROP STATE REPAIR]
    329 "open_by_handle_at" dedicated 304 336 337 [STATE]
    330 "io_uring_setup" dedicated 425 338 339 [STATE]
    331 "io_uring_enter" dedicated 426 340 341 []
    332 "io_uring_register" dedicated 427 342 343 []
    333 "mlock2" dedicated 325 370 371 []
    334 "getegid32" dedicated -1 -1 -1 []
    335 "fsconfig" dedicated 431 372 373 []
    336 "fspick" generic 433 0 0 []
    337 "fsmount" generic 432 0 0 []
    338 "fsopen" generic 430 0 0 []
    339 "open_tree" generic 428 0 0 []
    340 "move_mount" generic 429 0 0 []
    341 "mount_setattr" generic 442 0 0 []
    342 "memfd_create" dedicated 319 404 405 [STATE]
    343 "memfd_secret" generic 447 0 0 []
    344 "ioperm" generic 173 0 0 []
    345 "kexec_file_load" generic 320 0 0 []
    346 "pidfd_getfd" dedicated 438 406 407 [STATE]
    347 "pidfd_open" dedicated 434 408 409 [STATE]
    348 "pidfd_send_signal" generic 424 0 0 []
    349 "pkey_alloc" generic 330 0 0 []
    350 "pkey_mprotect" generic 329 0 0 []
    351 "pkey_free" generic 331 0 0 []
    352 "landlock_create_ruleset" generic 444 0 0 []
    353 "quotactl_fd" generic 443 0 0 []
    354 "landlock_restrict_self" generic 446 0 0 []
    355 "landlock_add_rule" generic 445 0 0 []
    356 "epoll_pwait2" generic 441 0 0 []
    357 "migrate_pages" generic 256 0 0 []
    358 "move_pages" generic 279 0 0 []
    359 "preadv2" generic 327 0 0 []
    360 "pwritev2" generic 328 0 0 []
    361 "kcmp" generic 312 0 0 []
    362 "sched_setattr" generic 314 0 0 []
    363 "mbind" generic 237 0 0 []
    364 "epoll_ctl_old" generic 214 0 0 []
    365 "lookup_dcookie" generic 212 0 0 []
    366 "modify_ldt" generic 154 0 0 []
    367 "statx" generic 332 0 0 []
    368 "set_mempolicy" generic 238 0 0 []
    369 "io_pgetevents" generic 333 0 0 []
    370 "set_mempolicy_home_node" generic 450 0 0 []
    371 "semtimedop" generic 220 0 0 []
    372 "get_kernel_syms" generic -1 -1 -1 []
    373 "readahead" generic 187 0 0 []
    374 "futex_waitv" generic 449 0 0 []
    375 "getpmsg" generic -1 -1 -1 []
    376 "name_to_handle_at" generic 303 0 0 []
    377 "process_mrelease" generic 448 0 0 []
    378 "nfsservctl" generic -1 -1 -1 []
    379 "epoll_wait_old" generic 215 0 0 []
    380 "rseq" generic 334 0 0 []
    381 "create_module" generic -1 -1 -1 []
    383 "sched_getattr" generic 315 0 0 []
    384 "faccessat2" generic 439 0 0 []
    385 "_sysctl" generic -1 -1 -1 []
    386 "query_module" generic -1 -1 -1 []
    387 "get_mempolicy" generic 239 0 0 []
    388 "sync_file_range" generic 277 0 0 []
    389 "process_madvise" generic 440 0 0 []
    390 "membarrier" generic 324 0 0 []
    391 "iopl" generic 172 0 0 []
    392 "close_range" dedicated 436 450 451 [NEVER_DROP STATE]
    393 "fanotify_mark" generic 301 0 0 []
    394 "recv" dedicated -1 -1 -1 []
    395 "send" dedicated -1 -1 -1 []
    396 "sched_process_exit" tracepoint -1 186 -1 [STATE REPAIR]
    397 "sched_switch" tracepoint -1 152 -1 []
    398 "page_fault_user" tracepoint -1 290 -1 []
    399 "page_fault_kernel" tracepoint -1 290 -1 []
    400 "signal_deliver" tracepoint -1 232 -1 []
    401 "timerfd" generic -1 -1 -1 []
    402 "s390_pci_mmio_read" generic -1 -1 -1 []
    403 "sigaction" generic -1 -1 -1 []
    404 "s390_pci_mmio_write" generic -1 -1 -1 []
    405 "readdir" generic -1 -1 -1 []
    406 "s390_sthyi" generic -1 -1 -1 []
    407 "sigsuspend" generic -1 -1 -1 []
    408 "idle" generic -1 -1 -1 []
    409 "s390_runtime_instr" generic -1 -1 -1 []
    410 "sigreturn" generic -1 -1 -1 []
    411 "s390_guarded_storage" generic -1 -1 -1 []
    412 "cachestat" generic 451 0 0 []
    413 "fchmodat2" generic 452 0 0 []
    414 "map_shadow_stack" generic 453 0 0 []
    415 "riscv_flush_icache" generic -1 -1 -1 []
    416 "riscv_hwprobe" generic -1 -1 -1 []
    417 "futex_wake" generic 454 0 0 []
    418 "futex_requeue" generic 456 0 0 []
    419 "futex_wait" generic 455 0 0 []
    420 "oldstat" generic -1 -1 -1 []
    421 "switch_endian" generic -1 -1 -1 []
    422 "multiplexer" generic -1 -1 -1 []
    423 "oldlstat" generic -1 -1 -1 []
    424 "spu_create" generic -1 -1 -1 []
    425 "sync_file_range2" generic -1 -1 -1 []
    426 "oldfstat" generic -1 -1 -1 []
    427 "spu_run" generic -1 -1 -1 []
    428 "swapcontext" generic -1 -1 -1 []
    429 "pciconfig_write" generic -1 -1 -1 []
    430 "rtas" generic -1 -1 -1 []
    431 "pciconfig_read" generic -1 -1 -1 []
    432 "sys_debug_setcontext" generic -1 -1 -1 []
    433 "vm86" generic -1 -1 -1 []
    434 "oldolduname" generic -1 -1 -1 []
    435 "subpage_prot" generic -1 -1 -1 []
    436 "pciconfig_iobase" generic -1 -1 -1 []
    437 "listmount" generic 458 0 0 []
    438 "statmount" generic 457 0 0 []
    439 "lsm_get_self_attr" generic 459 0 0 []
    440 "lsm_set_self_attr" generic 460 0 0 []
    441 "lsm_list_modules" generic 461 0 0 []
    442 "mseal" generic 462 0 0 []
    443 "uretprobe" generic 335 0 0 []
    444 "removexattrat" generic 466 0 0 []
    445 "listxattrat" generic 465 0 0 []
    446 "getxattrat" generic 464 0 0 []
    447 "setxattrat" generic 463 0 0 []
    448 "open_tree_attr" generic 467 0 0 []
    449 "file_getattr" generic 468 0 0 []
    450 "file_setattr" generic 469 0 0 []
    451 "listns" generic 470 0 0 []
    452 "uprobe" generic 336 0 0 []
    453 "rseq_slice_yield" generic 471 0 0 []
}
