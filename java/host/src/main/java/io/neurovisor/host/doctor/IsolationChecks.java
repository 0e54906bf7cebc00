package io.neurovisor.host.doctor;

import io.neurovisor.host.jail.UserNamespaces;
import io.neurovisor.host.probe.HostFiles;
import java.util.List;

/** The checks of how well the kernel and the processor isolate guests from each other. */
record IsolationChecks(HostFiles files, String user) {
    private static final String KSM = "/sys/kernel/mm/ksm/run";
    private static final String SMT = "/sys/devices/system/cpu/smt/";
    private static final String PTRACE_SCOPE = "/proc/sys/kernel/yama/ptrace_scope";
    private static final String VULNERABILITIES = "/sys/devices/system/cpu/vulnerabilities";

    /** Checks whether VMMs can have their own namespaces. */
    Finding userNamespaces() {
        return new UserNamespaces(files)
                .restriction()
                .map(restriction -> Finding.fail("user-namespaces", restriction.reason(), restriction.fix()))
                .orElseGet(() -> Finding.pass("user-namespaces", "allowed without privileges"));
    }

    /** Checks whether each VMM runs with its own uid. */
    Finding uids() {
        return user.equals("root")
                ? Finding.pass("uids", "started as root, so each VMM has its own uid")
                : Finding.warn(
                        "uids",
                        "rootless: VMMs share the uid of " + user,
                        "start NeuroVisor as root, which gives each VMM its own uid without privileges");
    }

    /**
     * Checks whether the spawner may read and write the memory of its VMMs, without which no sandbox is paused or copied: Yama (Documentation/admin-guide/LSM/Yama.rst of
     * Linux) allows it to a parent up to scope 1, with CAP_SYS_PTRACE up to 2, and to no process with 3, which stays until a reboot.
     */
    Finding memoryAccess() {
        long scope = files.number(PTRACE_SCOPE).orElse(0L);
        if (scope <= (user.equals("root") ? 2 : 1)) {
            return Finding.pass("ptrace-scope", "sandboxes can be paused and copied");
        }
        return Finding.warn(
                "ptrace-scope",
                "kernel.yama.ptrace_scope is " + scope + ": sandboxes cannot be paused or copied",
                scope == 2
                        ? "sudo sysctl kernel.yama.ptrace_scope=1, or start NeuroVisor as root"
                        : "set kernel.yama.ptrace_scope=1 in /etc/sysctl.d, then reboot");
    }

    /** Checks whether a guest's memory can be written to a disk. */
    Finding swap() {
        List<String> areas = files.lines("/proc/swaps").stream()
                .skip(1)
                .map(line -> line.split("\\s+", 2)[0])
                .filter(area -> !area.startsWith("/dev/zram"))
                .toList();
        return areas.isEmpty()
                ? Finding.pass("swap", "none on a disk")
                : Finding.warn(
                        "swap",
                        "on " + String.join(", ", areas) + ": what guests hold in memory can reach the disk",
                        "sudo swapoff -a, or encrypt it");
    }

    /** Checks whether the kernel merges equal pages of guests (KSM), which reveals the content of their memory. */
    Finding memorySharing() {
        return files.number(KSM).filter(run -> run == 1).isEmpty()
                ? Finding.pass("ksm", "off: equal pages of two guests are not merged")
                : Finding.warn(
                        "ksm",
                        "on: a guest can detect pages that another guest has in memory",
                        "echo 2 | sudo tee " + KSM);
    }

    /** Checks whether two guests may run on the two threads of one core (SMT). */
    Finding hyperThreading() {
        if (files.number(SMT + "active").filter(active -> active == 1).isEmpty()) {
            return Finding.pass("smt", "off, or not visible to this machine");
        }
        return Finding.warn(
                "smt",
                "on: two guests may share a core's caches and buffers",
                files.text(SMT + "control").orElse("").equals("on")
                        ? "echo off | sudo tee " + SMT + "control"
                        : "switch it off at the host of this machine, or give it whole cores");
    }

    /** Reports the vulnerabilities of the processor that the kernel does not mitigate. */
    Finding vulnerabilities() {
        List<String> known = files.names(VULNERABILITIES);
        List<String> open = known.stream()
                .filter(flaw -> files.text(VULNERABILITIES + "/" + flaw)
                        .filter(text -> text.startsWith("Vulnerable"))
                        .isPresent())
                .toList();
        return open.isEmpty()
                ? Finding.pass(
                        "vulnerabilities", "the kernel mitigates all " + known.size() + " known flaws of processors")
                : Finding.warn(
                        "vulnerabilities",
                        "not mitigated: " + String.join(", ", open),
                        "update kernel and microcode; boot without mitigations=off");
    }
}
