package io.neurovisor.host.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.probe.HostFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that each fix is one that fixes something on that machine. */
final class MachineChecksTest {
    @TempDir
    private Path host;

    @Test
    void missingDeviceIsFixedByTheModuleOfTheProcessor() throws IOException {
        assertThat(kvmDevice().fix()).isEqualTo("see processor");
        write("proc/cpuinfo", "flags\t\t: fpu vmx");
        assertThat(kvmDevice().fix()).isEqualTo("sudo modprobe kvm_intel");
        write("proc/cpuinfo", "flags\t\t: fpu svm");
        assertThat(kvmDevice().fix()).isEqualTo("sudo modprobe kvm_amd");
    }

    @Test
    void containerIsStartedWithTheDevice() throws IOException {
        write("proc/cpuinfo", "flags\t\t: fpu vmx");
        write(".dockerenv", "");
        assertThat(kvmDevice().fix()).isEqualTo("start this container with --device /dev/kvm");
    }

    @Test
    void closedDeviceIsOpenedByWhatIsMissing() throws IOException {
        assertThat(access("root"))
                .isEqualTo("sudo groupadd --system kvm && sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm"
                        + " && sudo usermod -aG kvm alice, then log in again");
        write("etc/group", "kvm:x:993:bob\n");
        assertThat(access("kvm")).isEqualTo("sudo usermod -aG kvm alice, then log in again");
        write("etc/group", "root:x:0:\nkvm:x:993:bob,alice\n");
        assertThat(access("kvm")).isEqualTo("log in again, because the group kvm already has alice");
    }

    private String access(String group) {
        return new MachineChecks(new HostFiles(host), "alice").access(Optional.of(group));
    }

    /** Without Yama there is no such file. */
    @Test
    void closedMemoryOfMachinesIsOpenedByItsScopeWhereThatCanChange() throws IOException {
        assertThat(memoryAccess("alice").fix()).isEmpty();
        write("proc/sys/kernel/yama/ptrace_scope", "1\n");
        assertThat(memoryAccess("alice").fix()).isEmpty();
        write("proc/sys/kernel/yama/ptrace_scope", "2\n");
        assertThat(memoryAccess("alice"))
                .isEqualTo(Finding.warn(
                        "ptrace-scope",
                        "kernel.yama.ptrace_scope is 2: sandboxes cannot be paused or copied",
                        "sudo sysctl kernel.yama.ptrace_scope=1, or start NeuroVisor as root"));
        assertThat(memoryAccess("root").fix()).isEmpty();
        write("proc/sys/kernel/yama/ptrace_scope", "3\n");
        assertThat(memoryAccess("root").fix()).endsWith("then reboot");
    }

    private Finding kvmDevice() {
        return finding("alice", "kvm-device");
    }

    private Finding memoryAccess(String user) {
        return finding(user, "ptrace-scope");
    }

    private Finding finding(String user, String check) {
        return MachineChecks.of(new HostFiles(host), user, SandboxSize.SMALL, 1, 1).stream()
                .map(Check::examine)
                .filter(finding -> finding.check().equals(check))
                .findFirst()
                .orElseThrow();
    }

    private void write(String file, String text) throws IOException {
        Path path = host.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
