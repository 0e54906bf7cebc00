package io.neurovisor.tests.isolation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.layer.RequiredLayers;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.machine.MachineFactory;
import io.neurovisor.engine.machine.MachineListener;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.Boots;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.testkit.VmmContract;
import io.neurovisor.tests.fixtures.TestMachines;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that QEMU keeps the contract of a VMM and reports why a guest fails. */
final class QemuVmmIT extends VmmContract {
    @TempDir
    private static Path runtime;

    private static TestMachines machines;

    @BeforeAll
    static void start() {
        machines = new TestMachines(runtime);
    }

    @AfterAll
    static void stop() {
        machines.close();
        assertThat(runtime.resolve("run")).doesNotExist();
    }

    @Override
    protected Vmm vmm() {
        return machines.vmm();
    }

    @Override
    protected BootFiles files() {
        return machines.files();
    }

    /**
     * HTTP/2 allows a server to end a connection after GOAWAY. If the agent then treated the same socket as a new connection, its first
     * frames would be lost, and so would those of clones of a template saved at this moment.
     */
    @ShortTier
    @Test
    void goAwayWithoutHangUpOpensNoNewConnection() throws IOException {
        int boots = 1;
        while (!answeredAfterGoAway()) {
            boots++;
            assertThat(boots).as("boots").isLessThanOrEqualTo(Boots.MAX);
        }
    }

    /** Returns false if the guest ended while it booted, as {@link Boots} says. */
    private boolean answeredAfterGoAway() throws IOException {
        VmId id = VmId.random(new SecureRandom());
        Deadline deadline = Deadline.after(Duration.ofMinutes(4), Ticker.SYSTEM);
        try (Vm vm = vmm().start(id, new VmStart.ColdBoot(files(), SandboxSize.SMALL), deadline);
                Http2Socket host = Http2Socket.connect(channelOf(id), vm)) {
            try {
                assertThat(host.frame()).isEqualTo("SETTINGS");
            } catch (IOException ended) {
                assertThat(vm.death()).as(ended.toString()).isPresent();
                return false;
            }
            assertThat(host.frame()).isEqualTo("SETTINGS answered");
            host.sayGoodBye();
            assertThat(host.framesWithin(Duration.ofSeconds(2))).doesNotContain("SETTINGS");
            return true;
        }
    }

    private static Path channelOf(VmId id) throws IOException {
        try (Stream<Path> paths = Files.walk(runtime.resolve("run"))) {
            return paths.filter(path -> path.endsWith(Path.of(id.value(), "channel.sock")))
                    .findAny()
                    .orElseThrow();
        }
    }

    @ShortTier
    @Test
    void reportsAFailedBootWithTheConsole() throws IOException {
        Path notARootfs = Files.writeString(runtime.resolve("rootfs"), "nothing".repeat(1000));
        BootFiles files = files();
        BootFiles broken = new BootFiles(
                files.image(),
                files.kernel(),
                files.kernelDigest(),
                files.initrd(),
                files.initrdDigest(),
                notARootfs,
                "0".repeat(64));
        MachineFactory machines =
                new MachineFactory(vmm(), new SecureRandom(), Ticker.SYSTEM, MachineListener.NONE, RequiredLayers.NONE);
        assertThatThrownBy(() -> machines.open(
                        new VmStart.ColdBoot(broken, SandboxSize.SMALL),
                        Deadline.after(Duration.ofMinutes(4), Ticker.SYSTEM)))
                .hasMessageContaining("console ends: ")
                .hasMessageContaining("neurovisor: ");
    }
}
