/* What the programs and the spawner (spawner/src/ebpf) share. All is little-endian and without gaps. */
#pragma once

#include <linux/types.h>

#define CALLS 512
#define CALL_WORDS (CALLS / 64)
#define PATH_BYTES 128

/* Of each VM so many events are told; all are counted. A VM that tries for ever fills nothing. */
#define MAX_EVENTS 64

enum phase {
	/* From the process's entry into the control group until its VMM answers. */
	LAUNCH = 1,
	/* From before the guest's first instruction to the end. */
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
	/* No hook that refuses: a system call that the VMM's kind is not known for. */
	UNUSUAL_CALL = HOOKS,
};

/* By the number of the VM's control group. */
struct policy {
	__u32 phase;
	/* Nothing is refused, all is counted and told. */
	__u32 audit;
	/* Whether a VMM gets its machine when it is sealed: then it may open KVM, and make Unix sockets to listen on. */
	__u32 configured_sealed;
	__u32 unused;
	/* Bit n: system call n is what such a VMM makes when it is sealed. */
	__u64 expected[CALL_WORDS];
};

/* What a process of a VM may do with a file or, while it is launched, with all beneath a directory. */
struct rule_key {
	/* The VM's control group; 0 for every VM's. */
	__u64 cgroup;
	__u64 inode;
	/* As the kernel numbers devices within itself: major << 20 | minor. */
	__u32 device;
	__u32 unused;
};

#define LAUNCH_OPEN 1
#define LAUNCH_EXEC 2
#define SEALED_OPEN 4

/* The question which file a thread is about to open, and its answer. */
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
	__u64 told;
	/* Bit n: system call n has been told as unusual. */
	__u64 noticed[CALL_WORDS];
	__u64 calls[CALLS];
};

struct event {
	__u64 cgroup;
	__u32 hook;
	/* An address family, a command of bpf(2) or the number of a system call. */
	__u32 subject;
	/* As the process names it; empty where there is none. */
	char path[PATH_BYTES];
};
