/* The data that the programs share with the spawner (spawner/src/ebpf). All of it is little-endian and without padding. */
#pragma once

#include <linux/types.h>

#define CALLS 512
#define CALL_WORDS (CALLS / 64)
#define PATH_BYTES 128

/* How many events of a VM are reported. All are counted, so a VM that keeps trying does not fill the queue. */
#define MAX_EVENTS 64

enum phase {
	/* From the first process in the control group until the VMM answers. */
	LAUNCH = 1,
	/* From before the first instruction of the guest until its end. */
	SEALED = 2,
};

enum hook {
	FILE_OPEN,
	BPRM_CHECK,
	SOCKET_CREATE,
	SOCKET_CONNECT,
	SOCKET_SENDMSG,
	PTRACE,
	BPF,
	HOOKS,
	/* Not a hook: an allowed system call that VMMs of this kind do not usually make. */
	UNUSUAL_CALL = HOOKS,
};

/* The policy of a VM, by the id of its control group. */
struct policy {
	__u32 phase;
	/* Whether violations are only counted and reported, but not refused. */
	__u32 audit;
	/* Whether the VMM is configured after it is sealed. It may then open KVM and make Unix sockets to listen on. */
	__u32 configured_sealed;
	__u32 unused;
	/* Bit n: such a VMM makes system call n after it is sealed. */
	__u64 expected[CALL_WORDS];
};

/* The permissions of a VM for a file or, during the launch, for everything beneath a directory. */
struct rule_key {
	/* The control group of the VM; 0 for every VM. */
	__u64 cgroup;
	__u64 inode;
	/* The device number inside the kernel: major << 20 | minor. */
	__u32 device;
	__u32 unused;
};

#define LAUNCH_OPEN 1
#define LAUNCH_EXEC 2
#define SEALED_OPEN 4

/* A request for the identity of the next file that a thread opens, and the answer. */
struct identified {
	__u32 thread;
	__u32 found;
	__u64 inode;
	__u32 device;
	__u32 unused;
};

struct counts {
	__u64 blocked[HOOKS];
	__u64 executed;
	__u64 unusual;
	__u64 reported;
	/* Bit n: system call n has been reported as unusual. */
	__u64 reported_calls[CALL_WORDS];
	__u64 calls[CALLS];
};

struct event {
	__u64 cgroup;
	__u32 hook;
	/* An address family, a command of bpf(2) or the number of a system call. */
	__u32 subject;
	/* The path of the process; empty if there is none. */
	char path[PATH_BYTES];
};
