package io.neurovisor.host.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.ProbeCache;
import io.neurovisor.testkit.FakeGuest;
import io.neurovisor.testkit.FakeVmm;
import io.neurovisor.testkit.ManualTicker;
import io.neurovisor.testkit.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that a slow moment is never recorded as a host without KVM. */
final class KvmProbeTest {
    private FakeGuest guest = new FakeGuest();
    private final FakeVmm vmm = new FakeVmm(_ -> guest);

    @TempDir
    private Path host;

    @BeforeEach
    void bootHost() throws IOException {
        write("/dev/kvm", "");
        write("/proc/sys/kernel/random/boot_id", "first\n");
    }

    @Test
    void guestThatAnswersProvesKvm() {
        assertThat(probe()).isEqualTo(Accelerator.KVM);
        assertThat(probe()).isEqualTo(Accelerator.KVM);
        assertThat(vmm.starts()).hasSize(1);
        assertThat(vmm.livingCount()).isZero();
    }

    @Test
    void lateGuestIsTriedAgain() {
        guest = new FakeGuest().silent();
        vmm.use(Duration.ofSeconds(2));
        Accelerator late = probe();
        assertThat(late.isKvm()).isFalse();
        assertThat(late.isProven()).isFalse();
        assertThat(late.reason()).contains("within 45 s", "tries again");
        guest = new FakeGuest();
        assertThat(probe()).isEqualTo(Accelerator.KVM);
    }

    @Test
    void silentGuestThatComputesProvesTheFailure() {
        guest = new FakeGuest().silent();
        vmm.use(Duration.ofSeconds(6));
        Accelerator failed = probe();
        assertThat(failed.isProven()).isTrue();
        assertThat(failed.reason())
                .isEqualTo("a guest with /dev/kvm has used 6 s of processor time and has not booted");
        assertThat(probe()).isEqualTo(failed);
        assertThat(vmm.starts()).hasSize(1);
    }

    @Test
    void processorTimeProvesNothingInTheLab() {
        guest = new FakeGuest().silent();
        vmm.use(Duration.ofSeconds(80));
        assertThat(probe(KvmProbe.Patience.LAB).isProven()).isFalse();
    }

    @Test
    void failureOfTheVmmIsKept() {
        vmm.failStarts("failed to set MSR 0x345 | more");
        Accelerator failed = probe();
        assertThat(failed.reason()).endsWith("failed to set MSR 0x345");
        vmm.failStarts("");
        assertThat(probe()).isEqualTo(failed);
    }

    @Test
    void brokenConnectionIsKept() {
        guest = new FakeGuest().failing(Fault.SANDBOX_LOST);
        assertThat(probe().isProven()).isTrue();
        guest = new FakeGuest();
        assertThat(probe().isKvm()).isFalse();
    }

    @Test
    void nextBootOfTheHostDiscardsTheAnswer() throws IOException {
        vmm.failStarts("no");
        assertThat(probe().isKvm()).isFalse();
        vmm.failStarts("");
        write("/proc/sys/kernel/random/boot_id", "second\n");
        assertThat(probe()).isEqualTo(Accelerator.KVM);
    }

    @Test
    void forgettingDiscardsTheAnswer() {
        vmm.failStarts("no");
        assertThat(probe().isKvm()).isFalse();
        vmm.failStarts("");
        cache().put("qemu / other", "10");
        KvmProbe.forget(cache());
        assertThat(probe()).isEqualTo(Accelerator.KVM);
        assertThat(cache().get("qemu / other")).contains("10");
    }

    @Test
    void missingDeviceNeedsNoGuest() throws IOException {
        Files.delete(host.resolve("dev/kvm"));
        assertThat(probe().reason()).isEqualTo("/dev/kvm does not exist");
        assertThat(vmm.starts()).isEmpty();
    }

    private Accelerator probe() {
        return probe(KvmProbe.Patience.USUAL);
    }

    private Accelerator probe(KvmProbe.Patience patience) {
        return new KvmProbe(cache(), _ -> vmm, new HostFiles(host), new Random(1), new ManualTicker(), patience)
                .accelerator(TestFiles.bootFiles());
    }

    private ProbeCache cache() {
        return new ProbeCache(host.resolve("probes.properties"));
    }

    private void write(String file, String text) throws IOException {
        Path path = host.resolve(file.substring(1));
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
