/*
 * Layer 5: restricts VMMs, even compromised ones, and counts what they do. A VMM is identified by its control group, which
 * it cannot leave. Other processes are not affected.
 *
 * A policy has two phases. During the launch, the programs of the launch may be executed, and the VMM may open system
 * libraries, the parts of its jail, and its own files. Once sealed, it may open only its own files, and may neither execute
 * programs nor make connections.
 */
#include <linux/bpf.h>
#include <linux/errno.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "kernel.h"
#include "policy.h"

/* Constants of system headers that cannot be included, because their types conflict with those of kernel.h. */
#define AF_UNIX 1
#define AF_NETLINK 16
#define PROC_SUPER_MAGIC 0x9fa0
#define S_IFMT 00170000
#define S_IFCHR 0020000
#define DEVICE(major, minor) (((major) << 20) | (minor))

#define MAX_VMS 4096
#define MAX_RULES (MAX_VMS * 24)
/* Marks files that the kernel opens internally and does not count, such as the lower file of an overlay. The hook has
 * already been called for the file itself. */
#define FMODE_NOACCOUNT (1 << 29)
#define MAX_DEPTH 40

char LICENSE[] SEC("license") = "Dual MIT/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_VMS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct policy);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_VMS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct counts);
} counted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_RULES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rule_key);
	__type(value, __u32);
} rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct identified);
} identified SEC(".maps");

static __always_inline struct event *event_of(__u64 cgroup, struct counts *counts, __u32 hook, __u32 subject)
{
	struct event *event;

	if (__sync_fetch_and_add(&counts->reported, 1) >= MAX_EVENTS)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->cgroup = cgroup;
	event->hook = hook;
	event->subject = subject;
	__builtin_memset(event->path, 0, sizeof(event->path));
	return event;
}

static __always_inline int refuse(__u64 cgroup, struct policy *policy, __u32 hook, __u32 subject, struct file *file)
{
	struct counts *counts = bpf_map_lookup_elem(&counted, &cgroup);
	struct event *event;

	if (counts) {
		__sync_fetch_and_add(&counts->blocked[hook], 1);
		event = event_of(cgroup, counts, hook, subject);
		if (event) {
			if (file)
				bpf_d_path(&file->f_path, event->path, sizeof(event->path));
			bpf_ringbuf_submit(event, 0);
		}
	}
	return policy->audit ? 0 : -EPERM;
}

static __always_inline __u32 rule(__u64 cgroup, struct inode *inode)
{
	struct rule_key key = { .cgroup = cgroup, .inode = inode->i_ino, .device = inode->i_sb->s_dev };
	__u32 *allowed = bpf_map_lookup_elem(&rules, &key);

	return allowed ? *allowed : 0;
}

/* Whether a VMM that is configured after it is sealed needs this device for its machine. */
static __always_inline int is_for_machine(struct policy *policy, struct inode *inode)
{
	return policy->configured_sealed && (inode->i_mode & S_IFMT) == S_IFCHR && inode->i_rdev == DEVICE(10, 232);
}

static __always_inline int may_open_sealed(__u64 cgroup, struct policy *policy, struct inode *inode)
{
	return rule(cgroup, inode) & SEALED_OPEN || is_for_machine(policy, inode);
}

/* Whether the file, or a directory above it in its file system, is in the rules of this VM or of every VM. */
static __always_inline int is_beneath(__u64 cgroup, struct file *file, __u32 wanted)
{
	struct dentry *dentry = file->f_path.dentry;

	for (int depth = 0; depth < MAX_DEPTH; depth++) {
		struct inode *inode = dentry->d_inode;
		struct dentry *parent = dentry->d_parent;

		if (!inode)
			return 0;
		if ((rule(cgroup, inode) | rule(0, inode)) & wanted)
			return 1;
		if (parent == dentry)
			return 0;
		dentry = parent;
	}
	return 0;
}

/* null, zero, full, random, urandom; tun and kvm, which the jailer creates. */
static __always_inline int is_harmless_device(struct inode *inode)
{
	switch (inode->i_rdev) {
	case DEVICE(1, 3):
	case DEVICE(1, 5):
	case DEVICE(1, 7):
	case DEVICE(1, 8):
	case DEVICE(1, 9):
	case DEVICE(10, 200):
	case DEVICE(10, 232):
		return 1;
	default:
		return 0;
	}
}

static __always_inline int may_open_in_launch(__u64 cgroup, struct file *file, struct inode *inode)
{
	struct super_block *super = inode->i_sb;

	/* A file system that the jail has mounted in its user namespace. */
	if (super->s_user_ns->level > 0)
		return 1;
	if (super->s_magic == PROC_SUPER_MAGIC)
		return 1;
	if ((inode->i_mode & S_IFMT) == S_IFCHR)
		return is_harmless_device(inode);
	return is_beneath(cgroup, file, LAUNCH_OPEN);
}

/* Records the identity of a file for the spawner, which opens the file for this purpose: stat(2) does not return this
 * identity on every file system. */
static __always_inline void identify(struct file *file)
{
	__u32 first = 0;
	struct identified *asked = bpf_map_lookup_elem(&identified, &first);

	if (!asked || !asked->thread || asked->thread != (__u32)bpf_get_current_pid_tgid() || asked->found)
		return;
	asked->inode = file->f_inode->i_ino;
	asked->device = file->f_inode->i_sb->s_dev;
	asked->found = 1;
}

SEC("lsm/file_open")
int BPF_PROG(on_file_open, struct file *file, int ret)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);
	struct inode *inode;

	identify(file);
	if (ret || !policy)
		return ret;
	if (file->f_mode & FMODE_NOACCOUNT)
		return 0;
	inode = file->f_inode;
	if (policy->phase == LAUNCH ? may_open_in_launch(cgroup, file, inode) : may_open_sealed(cgroup, policy, inode))
		return 0;
	return refuse(cgroup, policy, FILE_OPEN, 0, file);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(on_exec, struct linux_binprm *bprm, int ret)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);
	struct counts *counts;

	if (ret || !policy)
		return ret;
	if (policy->phase != LAUNCH || !is_beneath(cgroup, bprm->file, LAUNCH_EXEC))
		return refuse(cgroup, policy, BPRM_CHECK, 0, bprm->file);
	counts = bpf_map_lookup_elem(&counted, &cgroup);
	if (counts)
		__sync_fetch_and_add(&counts->executed, 1);
	return 0;
}

/* The families that bubblewrap uses to set up the loopback interface, and libraries to look for local services. */
static __always_inline int is_for_launch(__u32 family)
{
	return family == AF_NETLINK || family == AF_UNIX;
}

SEC("lsm/socket_create")
int BPF_PROG(on_socket_create, int family, int type, int protocol, int kern, int ret)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);

	if (ret || !policy || kern)
		return ret;
	if (policy->phase == LAUNCH ? is_for_launch(family) : family == AF_UNIX && policy->configured_sealed)
		return 0;
	return refuse(cgroup, policy, SOCKET_CREATE, family, 0);
}

SEC("lsm/socket_connect")
int BPF_PROG(on_connect, struct socket *sock, struct sockaddr *address, int length, int ret)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);

	if (ret || !policy)
		return ret;
	if (policy->phase == LAUNCH && is_for_launch(address->sa_family))
		return 0;
	return refuse(cgroup, policy, SOCKET_CONNECT, address->sa_family, 0);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(on_send, struct socket *sock, struct msghdr *message, int size, int ret)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);
	struct sock *sk;
	__u32 family;

	if (ret || !policy)
		return ret;
	sk = sock->sk;
	if (!sk)
		return 0;
	family = sk->__sk_common.skc_family;
	/* A sealed VMM may write to connected peers, but not to other addresses. */
	if (policy->phase == LAUNCH ? is_for_launch(family) : family == AF_UNIX && !message->msg_name)
		return 0;
	return refuse(cgroup, policy, SOCKET_SENDMSG, family, 0);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(on_ptrace, struct task_struct *child, unsigned int mode, int ret)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);

	if (ret || !policy)
		return ret;
	if (policy->phase == LAUNCH && child->cgroups->dfl_cgrp->kn->id == cgroup)
		return 0;
	return refuse(cgroup, policy, PTRACE, 0, 0);
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(on_traceme, struct task_struct *parent, int ret)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);

	return ret || !policy ? ret : refuse(cgroup, policy, PTRACE, 0, 0);
}

SEC("lsm/bpf")
int BPF_PROG(on_bpf, int command)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct policy *policy = bpf_map_lookup_elem(&policies, &cgroup);

	return policy ? refuse(cgroup, policy, BPF, command, 0) : 0;
}

SEC("raw_tracepoint/sys_enter")
int on_call(struct bpf_raw_tracepoint_args *context)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	__u64 number = context->args[1];
	struct counts *counts = bpf_map_lookup_elem(&counted, &cgroup);
	struct policy *policy;
	struct event *event;

	if (!counts || number >= CALLS)
		return 0;
	policy = bpf_map_lookup_elem(&policies, &cgroup);
	if (policy && policy->phase == SEALED && !(policy->expected[number / 64] >> (number % 64) & 1)) {
		__sync_fetch_and_add(&counts->unusual, 1);
		if (!(counts->reported_calls[number / 64] >> (number % 64) & 1)) {
			/* Two concurrent threads may report it twice. */
			counts->reported_calls[number / 64] |= 1ULL << (number % 64);
			event = event_of(cgroup, counts, UNUSUAL_CALL, number);
			if (event)
				bpf_ringbuf_submit(event, 0);
		}
	}
	__sync_fetch_and_add(&counts->calls[number], 1);
	return 0;
}
