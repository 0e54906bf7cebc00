package io.neurovisor.host.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.BootFiles;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.probe.EbpfReading;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.VmmConfinement;
import io.neurovisor.host.probe.VmmLayers;
import io.neurovisor.host.spawner.Jail;
import io.neurovisor.host.spawner.RunningVmm;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.SpawnerProgram;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmLimits;
import io.neurovisor.host.spawner.VmmProcess;
import io.neurovisor.proto.spawner.Event;
import io.neurovisor.proto.spawner.Exited;
import io.neurovisor.proto.spawner.Started;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A QEMU whose spawner is a script that reports its start and its end. */
final class QemuVmTest {
    private static final VmId ID = new VmId("vm-1");
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final VmStart START = new VmStart.ColdBoot(
            new BootFiles("", Path.of("kernel"), "", Path.of("initrd"), "", Path.of("rootfs"), ""), SandboxSize.SMALL);
    private static final VmmLaunch LAUNCH = new VmmLaunch(
            Path.of("/qemu"),
            List.of(),
            List.of(),
            List.of(),
            new Jail(List.of(), ByteString.EMPTY, 0),
            new VmmLimits(1, 1, 1),
            Optional.empty());

    @TempDir
    private Path directory;

    @Test
    void ranOutOfMemoryWhenItsControlGroupKilledIt() throws IOException {
        QemuVm vm = ended(Exited.newBuilder().setSignal(9).setOomKilled(true));

        assertThat(vm.ranOutOfMemory()).isTrue();
        assertThat(vm.death()).hasValue("QEMU ran out of the memory of its control group (was killed by signal 9)");
    }

    @Test
    void didNotRunOutOfMemoryWhenAnotherProcessKilledIt() throws IOException {
        QemuVm vm = ended(Exited.newBuilder().setSignal(9));

        assertThat(vm.ranOutOfMemory()).isFalse();
        assertThat(vm.isLost()).isFalse();
        assertThat(vm.death()).hasValue("QEMU was killed by signal 9");
    }

    @Test
    void isLostWithItsSpawner() throws IOException {
        QemuVm vm = ended(program("exit", reports(Optional.empty())));

        assertThat(vm.isLost()).isTrue();
        assertThat(vm.death()).hasValue("its spawner was lost");
    }

    private QemuVm ended(Exited.Builder end) throws IOException {
        return ended(program("exec cat >/dev/null", reports(Optional.of(end))));
    }

    private QemuVm ended(SpawnerProgram program) throws IOException {
        try (Spawner spawner = Spawner.start(program, directory.resolve("run"));
                GuestLinks links = new GuestLinks(InstantSource.system());
                QmpConnection monitor = monitor()) {
            VmmProcess process = spawner.startVmm(ID.value(), LAUNCH);
            assertThat(process.endsWithin(LIMIT)).isTrue();
            VmmLayers layers = new VmmLayers(HostFiles.SYSTEM, VmmConfinement.BUBBLEWRAP, "", EbpfReading.IN_FORCE);
            RunningVmm vmm = new RunningVmm("QEMU", ID, process, layers, QemuVm::describe);
            return new QemuVm(vmm, START, new QemuCommand("tcg", 0, START), monitor, links, Ticker.SYSTEM);
        }
    }

    /** Writes the reports of the start and the end of the machine. */
    private Path reports(Optional<Exited.Builder> end) throws IOException {
        Path events = directory.resolve("events");
        try (OutputStream output = Files.newOutputStream(events)) {
            Started.Builder start = Started.newBuilder().setVmId(ID.value()).setPid(1);
            Event.newBuilder().setStarted(start).build().writeDelimitedTo(output);
            if (end.isPresent()) {
                Event.newBuilder()
                        .setExited(end.get().setVmId(ID.value()))
                        .build()
                        .writeDelimitedTo(output);
            }
        }
        return events;
    }

    /** Returns a spawner that sends these reports as soon as it receives a request. */
    private SpawnerProgram program(String then, Path reports) throws IOException {
        Path script = Files.writeString(directory.resolve("spawner"), """
                #!/bin/sh
                head -c 1 >/dev/null
                cat %s
                %s
                """.formatted(reports, then));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return new SpawnerProgram(script, Path.of("/bwrap"), Optional.empty(), Optional.empty(), false);
    }

    /** The monitor of a QEMU that accepts commands and sends nothing else. */
    private QmpConnection monitor() throws IOException {
        try (ServerSocketChannel qemu = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            Path socket = directory.resolve("qmp");
            qemu.bind(UnixDomainSocketAddress.of(socket));
            Thread _ = Thread.ofVirtual().start(() -> {
                try (SocketChannel connection = qemu.accept()) {
                    connection.write(StandardCharsets.UTF_8.encode("{\"QMP\": {}}\n{\"return\": {}}\n"));
                    while (connection.read(ByteBuffer.allocate(100)) >= 0) {}
                } catch (IOException hungUp) {
                    // The test has ended.
                }
            });
            return QmpConnection.open(socket, Deadline.after(LIMIT, Ticker.SYSTEM));
        }
    }
}
