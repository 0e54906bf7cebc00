package io.neurovisor.host.probe;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.layer.Layer;
import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.engine.layer.LayerState.Status;
import io.neurovisor.engine.vm.VmUsage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class VmmLayersTest {
    private static final LayerState RATE_LIMIT = LayerState.live(Layer.RATE_LIMITING, "as counted");

    private static final EbpfReading NOT_WATCHED = new EbpfReading("not asked for", "--ebpf auto");

    @TempDir
    private Path root;

    private KernelFiles files;

    @BeforeEach
    void jailedVmm() {
        files = KernelFiles.ofJailedVmm(root);
    }

    @Test
    void jailedVmmUnderKvmHasAllLayers() {
        assertThat(read())
                .extracting(LayerState::status)
                .containsExactly(Status.LIVE, Status.LIVE, Status.LIVE, Status.LIVE, Status.OFF, Status.LIVE);
        assertThat(read())
                .extracting(LayerState::detail)
                .containsExactly(
                        "all capability sets are empty, no_new_privs, uid 2000000001",
                        "2 filters on each of 2 threads",
                        "memory.max 650 MiB, cpu.max 210000/100000, pids.max 64 in /cg/neurovisor/vm-1",
                        "as counted",
                        "not asked for",
                        "KVM, 7 separate namespaces, no writable mounts");
    }

    static Stream<Arguments> changes() {
        return Stream.of(
                // The privileges of one thread are those of the VMM.
                status(Layer.CAPABILITIES, "CapEff:\t0000000000000000", "CapEff:\t0000000000000001", "CapEff 0000"),
                status(Layer.CAPABILITIES, "CapBnd:\t0000000000000000", "CapBnd:\t000001ffffffffff", "CapBnd 0000"),
                status(Layer.CAPABILITIES, "CapAmb:\t0000000000000000\n", "", "CapAmb unknown"),
                status(Layer.CAPABILITIES, "CapInh:\t0", "CapInh:\tx", "CapInh x0"),
                status(Layer.CAPABILITIES, "NoNewPrivs:\t1", "NoNewPrivs:\t0", "no_new_privs is not set"),
                status(Layer.CAPABILITIES, "2000000001\t2000000001\t2000000001\t2000000001", "0\t0\t0\t0", "as root"),
                status(Layer.CAPABILITIES, "Uid:\t2000000001", "Uid:\t0", "uids differ"),
                status(Layer.CAPABILITIES, "Uid:", "Gid:", "uids differ"),
                // A second line cannot override the first.
                status(
                        Layer.CAPABILITIES,
                        "CapEff:\t0000000000000000",
                        "CapEff:\t0000000000200000\nCapEff:\t0000000000000000",
                        "CapEff "),
                status(Layer.SECCOMP, "Seccomp:\t2", "Seccomp:\t0", "1 of 2 threads have no filter"),
                status(Layer.SECCOMP, "Seccomp:\t2", "Seccomp:\t1", "1 of 2 threads have no filter"),
                status(Layer.SECCOMP, "filters:\t2", "filters:\t1", "filters on a thread: 1, expected: 2"),
                group("memory.max", "max", "does not set memory.max"),
                group("cpu.max", "max 100000", "does not set cpu.max"),
                group("pids.max", "max", "does not set pids.max"),
                group("memory.swap.max", "max", "does not set memory.swap.max"),
                group("memory.oom.group", "0", "does not set memory.oom.group"),
                broken(Layer.CGROUP, files -> files.write("/proc/7/cgroup", "0::/service"), "not in its own cgroup"),
                broken(Layer.CGROUP, files -> files.write("/proc/7/cgroup", ""), "not in its own cgroup"),
                broken(
                        Layer.VM_ISOLATION,
                        files -> files.link("/proc/7/ns/net", "net:[4026531840]"),
                        "shares with us the namespaces net"),
                broken(Layer.VM_ISOLATION, files -> files.write("/proc/7/mountinfo", ""), "cannot be read"),
                broken(
                        Layer.VM_ISOLATION,
                        files -> files.write("/proc/7/mountinfo", "50 49 8:1 / / rw,nosuid - ext4 /dev/sda1 rw"),
                        "should not be: / (writable)"));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void removedLayerIsBroken(Layer layer, Consumer<KernelFiles> change, String detail) {
        change.accept(files);
        LayerState state = state(layer);
        assertThat(state.status()).as(state.detail()).isEqualTo(Status.BROKEN);
        assertThat(state.detail()).contains(detail);
        assertThat(read()).filteredOn(other -> other.status() == Status.BROKEN).hasSize(1);
        assertThat(new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", NOT_WATCHED)
                        .unconfined(KernelFiles.VMM, files::privileged))
                .isEqualTo(layer == Layer.CGROUP ? Optional.empty() : Optional.of(state));
    }

    @Test
    void doesNotCountInheritedFilters() {
        files.write("/proc/self/status", "Uid:\t0\t0\t0\t0\nSeccomp:\t2\nSeccomp_filters:\t4");
        for (long thread : new long[] {7, 8}) {
            files.thread(thread, KernelFiles.jailed().replace("filters:\t2", "filters:\t5"));
        }
        assertThat(state(Layer.SECCOMP).status()).isEqualTo(Status.BROKEN);
        assertThat(state(Layer.SECCOMP).detail()).isEqualTo("filters on a thread: 1, expected: 2");
        for (long thread : new long[] {7, 8}) {
            files.thread(thread, KernelFiles.jailed().replace("filters:\t2", "filters:\t6"));
        }
        assertThat(state(Layer.SECCOMP).status()).isEqualTo(Status.LIVE);
        assertThat(state(Layer.SECCOMP).detail()).isEqualTo("2 filters on each of 2 threads");
    }

    @Test
    void unknownValuesAreNotTrusted() throws IOException {
        files.thread(7, KernelFiles.jailed().replaceAll("\nSeccomp.*", ""))
                .thread(8, KernelFiles.jailed().replaceAll("\nSeccomp.*", ""));
        assertOff(Layer.SECCOMP, "this kernel has no seccomp");
        files.thread(7, KernelFiles.jailed().replaceAll("\nSeccomp_filters.*", ""));
        files.thread(8, KernelFiles.jailed().replaceAll("\nSeccomp_filters.*", ""));
        assertOff(Layer.SECCOMP, "this kernel does not report how many");
        Files.delete(root.resolve("proc/7/ns/user"));
        assertThat(state(Layer.VM_ISOLATION).detail()).contains("namespaces that cannot be read: user");
    }

    @Test
    void readsUsageOfTheVmmsOwnGroupOnly() {
        files.write("/cg/neurovisor/vm-1/memory.current", "104857600\n");
        files.write("/cg/neurovisor/vm-1/cpu.stat", "usage_usec 5\nnr_periods 9\nnr_throttled 4\nthrottled_usec 8");
        VmmLayers layers = new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", NOT_WATCHED);
        assertThat(layers.usage(7)).contains(new VmUsage(100 << 20, 4));
        files.write("/proc/7/cgroup", "0::/service");
        assertThat(layers.usage(7)).isEmpty();
        assertThat(layers.usage(8)).isEmpty();
    }

    @Test
    void reportsMissingCgroupVersionTwo() {
        files.write("/cg/cgroup.controllers", "");
        assertOff(Layer.CGROUP, "cgroup v2 lacks the controllers cpu, memory, pids");
        files.write("/proc/self/mountinfo", "31 20 0:29 / /cg/memory rw - cgroup cgroup rw,memory");
        assertOff(Layer.CGROUP, "no cgroup v2");
    }

    @Test
    void reportsWhyTheSpawnerMadeNoGroup() {
        assertNoGroup("");
        files.write("/run/systemd/system/units", "");
        assertNoGroup("systemd-run --scope -p Delegate=yes ./neurovisor ...");
    }

    private void assertNoGroup(String fix) {
        files.write("/proc/7/cgroup", "0::/service");
        String problem = "process 9 is in /cg/service, which NeuroVisor cannot share: start it in a separate group";
        LayerState state = new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", NOT_WATCHED)
                .read(KernelFiles.VMM, files::privileged, problem, RATE_LIMIT)
                .get(Layer.CGROUP.number() - 1);
        assertThat(state.status()).isEqualTo(Status.OFF);
        assertThat(state.detail()).isEqualTo(problem);
        assertThat(state.fix()).isEqualTo(fix);
    }

    @Test
    void emulatedGuestIsNotIsolated() {
        LayerState state = new VmmLayers(
                        new HostFiles(root), VmmConfinement.BUBBLEWRAP, "/dev/kvm does not exist", NOT_WATCHED)
                .read(KernelFiles.VMM, files::privileged, "", RATE_LIMIT)
                .getLast();
        assertThat(state.status()).isEqualTo(Status.OFF);
        assertThat(state.detail())
                .startsWith(
                        "no KVM: emulation is not a security boundary (/dev/kvm does not exist); 7 separate namespaces");
    }

    @Test
    void acceptsAVmmInItsJailersChroot() {
        String chrooted = KernelFiles.jailed().replace("CapBnd:\t0000000000000000", "CapBnd:\t00000000082400cb");
        files.thread(7, chrooted)
                .thread(8, chrooted)
                .link("/proc/7/ns/user", "user:[4026531840]")
                .write("/proc/7/mountinfo", "50 49 8:1 /data/jails/root / rw,relatime - ext4 /dev/sda1 rw");
        assertThat(readChrooted())
                .extracting(LayerState::status)
                .containsExactly(Status.LIVE, Status.LIVE, Status.LIVE, Status.LIVE, Status.OFF, Status.LIVE);
        files.thread(8, chrooted.replace("82400cb", "82400cf"));
        assertThat(readChrooted().getFirst().status()).isEqualTo(Status.BROKEN);
        files.thread(8, chrooted.replace("CapPrm:\t0000000000000000", "CapPrm:\t0000000000000001"));
        assertThat(readChrooted().getFirst().status()).isEqualTo(Status.BROKEN);
        files.write("/proc/7/mountinfo", "50 49 8:1 /r / rw - ext4 a rw\n51 50 0:2 / /proc ro - proc proc rw");
        assertThat(readChrooted().getLast().detail()).contains("mounted, but should not be: /proc");
        files.thread(8, chrooted.replace("filters:\t2", "filters:\t1"));
        assertThat(readChrooted().get(1).detail()).isEqualTo("filters on a thread: 1, expected: 2");
    }

    private List<LayerState> readChrooted() {
        return new VmmLayers(new HostFiles(root), VmmConfinement.CHROOT, "", NOT_WATCHED)
                .read(KernelFiles.VMM, files::privileged, "", RATE_LIMIT);
    }

    @Test
    void firecrackerInBubblewrapMayWriteToItsRootOnly() {
        String jailed = KernelFiles.jailed();
        String mounts = """
                50 49 8:1 /data/jails/root / rw,relatime - ext4 /dev/sda1 rw
                51 50 8:1 /data/images/rootfs /rootfs ro,nosuid,nodev - ext4 /dev/sda1 rw
                52 50 0:6 /kvm /dev/kvm rw,nosuid - devtmpfs udev rw
                """;
        files.thread(7, jailed).thread(8, jailed).write("/proc/7/mountinfo", mounts);
        assertThat(ofBubblewrapsRoot(Layer.VM_ISOLATION).detail())
                .isEqualTo("KVM, 7 separate namespaces, no writable mounts but its root and two devices");
        files.write("/proc/7/mountinfo", mounts.replace("/rootfs ro", "/rootfs rw"));
        assertThat(ofBubblewrapsRoot(Layer.VM_ISOLATION).status()).isEqualTo(Status.BROKEN);
        assertThat(ofBubblewrapsRoot(Layer.VM_ISOLATION).detail())
                .contains("mounted, but should not be: /rootfs (writable)");
    }

    @Test
    void firecrackerInBubblewrapHasTwoFilters() {
        assertThat(ofBubblewrapsRoot(Layer.SECCOMP).detail()).isEqualTo("2 filters on each of 2 threads");
        files.thread(8, KernelFiles.jailed().replace("filters:\t2", "filters:\t1"));
        assertThat(ofBubblewrapsRoot(Layer.SECCOMP).status()).isEqualTo(Status.BROKEN);
        assertThat(ofBubblewrapsRoot(Layer.SECCOMP).detail()).isEqualTo("filters on a thread: 1, expected: 2");
    }

    private LayerState ofBubblewrapsRoot(Layer layer) {
        return new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP_ROOT, "", NOT_WATCHED)
                .read(KernelFiles.VMM, files::privileged, "", RATE_LIMIT)
                .get(layer.number() - 1);
    }

    @Test
    void endedProcessHasNoLiveLayer() {
        List<LayerState> layers = new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", NOT_WATCHED)
                .read(99, files::privileged, "", RATE_LIMIT);
        assertThat(layers).extracting(LayerState::layer).containsExactly(Layer.values());
        assertThat(layers)
                .filteredOn(state -> state.status() == Status.UNKNOWN)
                .hasSize(5)
                .allMatch(state -> state.detail().equals("not read: VMM process 99 has ended"));
        assertThat(new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", NOT_WATCHED)
                        .unconfined(99, files::privileged))
                .isPresent();
    }

    @Test
    void sealedPolicyMakesTheEbpfLayerLive() {
        assertThat(watched(new EbpfPolicyState(true, false, "")).status()).isEqualTo(Status.LIVE);
        assertThat(watched(new EbpfPolicyState(true, true, "")))
                .isEqualTo(LayerState.off(Layer.EBPF_LSM, "only reports violations (--ebpf audit)", "--ebpf auto"));
        for (EbpfPolicyState broken :
                List.of(new EbpfPolicyState(false, false, ""), new EbpfPolicyState(true, false, "gone"))) {
            assertThat(watched(broken).status()).as(broken.toString()).isEqualTo(Status.BROKEN);
        }
        files.policy(null);
        assertThat(unconfinedWatched()).isPresent();
    }

    private LayerState watched(EbpfPolicyState policy) {
        files.policy(policy);
        LayerState state = new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", EbpfReading.IN_FORCE)
                .read(KernelFiles.VMM, files::privileged, "", RATE_LIMIT)
                .get(Layer.EBPF_LSM.number() - 1);
        assertThat(unconfinedWatched().isPresent()).isEqualTo(state.status() == Status.BROKEN);
        return state;
    }

    private Optional<LayerState> unconfinedWatched() {
        return new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", EbpfReading.IN_FORCE)
                .unconfined(KernelFiles.VMM, files::privileged);
    }

    @Test
    void toleratesArbitraryBytes() throws IOException {
        byte[] noise = "Uid:\0\u00ff:::\nCapEff\n:\n\t-\n- - - - - - - - -\n0::\n0::/../../etc\n"
                .getBytes(StandardCharsets.ISO_8859_1);
        for (String file : List.of("task/7/status", "mountinfo", "cgroup")) {
            Files.write(root.resolve("proc/7").resolve(file), noise);
        }
        assertThat(read())
                .filteredOn(state -> state.status() != Status.OFF && state.layer() != Layer.RATE_LIMITING)
                .allMatch(state -> state.status() == Status.BROKEN);
    }

    private List<LayerState> read() {
        return new VmmLayers(new HostFiles(root), VmmConfinement.BUBBLEWRAP, "", NOT_WATCHED)
                .read(KernelFiles.VMM, files::privileged, "", RATE_LIMIT);
    }

    private LayerState state(Layer layer) {
        return read().get(layer.number() - 1);
    }

    private void assertOff(Layer layer, String detail) {
        assertThat(state(layer).status()).isEqualTo(Status.OFF);
        assertThat(state(layer).detail()).contains(detail);
        assertThat(state(layer).fix()).isNotEmpty();
    }

    private static Arguments status(Layer layer, String from, String to, String detail) {
        assertThat(KernelFiles.jailed()).contains(from);
        return broken(layer, files -> files.thread(8, KernelFiles.jailed().replace(from, to)), detail);
    }

    private static Arguments group(String file, String text, String detail) {
        return broken(Layer.CGROUP, files -> files.group(file, text), detail);
    }

    private static Arguments broken(Layer layer, Consumer<KernelFiles> change, String detail) {
        return Arguments.of(layer, change, detail);
    }
}
