package io.neurovisor.host.firecracker;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.time.Ticker;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.ebpf.EbpfLayer;
import io.neurovisor.host.ebpf.VmmKind;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.VmmConfinement;
import io.neurovisor.host.probe.VmmLayers;
import io.neurovisor.host.spawner.Chroot;
import io.neurovisor.host.spawner.EbpfPolicy;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Starts microVMs as Firecracker processes, each in a root directory of its own, under the spawner. */
public final class FirecrackerVmm implements Vmm {
    /** The spawner's link to the root directory of a VMM, in the directory of its VM. */
    private static final String ROOT_LINK = "root";

    /** What the kernel takes of a socket's path, its end included (unix(7)). */
    private static final int SOCKET_PATH_BYTES = 108;

    /** Between two looks for the API's socket, which Firecracker makes when it is up. */
    private static final Duration LOOK_AGAIN_AFTER = Duration.ofMillis(2);

    /** Firecracker takes 10 ms to its socket; its jailer, on a loaded host, hundreds. */
    private static final Duration API_TIMEOUT = Duration.ofSeconds(20);

    private static final Duration END_TIMEOUT = Duration.ofSeconds(20);

    private final FirecrackerProgram program;
    private final Path jails;
    private final VmmIdentity identity;
    private final Spawner spawner;
    private final GuestLinks links;
    private final VmmLayers layers;
    private final EbpfLayer ebpf;
    private final Optional<EbpfPolicy> watch;
    private final Ticker ticker;

    /**
     * @param jails where root directories are made: on the file system of images and templates, and only this user's to
     *     write to
     * @param confinement what the spawner makes of them
     * @param hostCpu the processor as {@link io.neurovisor.host.probe.HostCpu} names it
     */
    public FirecrackerVmm(
            FirecrackerProgram program,
            Path jails,
            VmmConfinement confinement,
            String hostCpu,
            Spawner spawner,
            GuestLinks links,
            EbpfLayer ebpf,
            Ticker ticker) {
        this.program = requireNonNull(program, "program is null");
        this.jails = requireNonNull(jails, "jails is null");
        this.identity =
                new VmmIdentity("firecracker", program.version(), "kvm", hostCpu, FirecrackerMachine.description());
        this.spawner = requireNonNull(spawner, "spawner is null");
        this.links = requireNonNull(links, "links is null");
        this.layers =
                new VmmLayers(HostFiles.SYSTEM, requireNonNull(confinement, "confinement is null"), "", ebpf.reading());
        this.ebpf = ebpf;
        this.watch = ebpf.watch(VmmKind.FIRECRACKER);
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    @Override
    public VmmIdentity identity() {
        return identity;
    }

    @Override
    public long memoryLimitBytes(SandboxSize size, boolean cloned) {
        return FirecrackerMachine.limits(size).memoryMaxBytes();
    }

    @Override
    public CompletableFuture<Void> gone(VmId id) {
        return spawner.gone(id.value());
    }

    @Override
    public Vm start(VmId id, VmStart start, Deadline deadline) {
        FirecrackerMachine machine = new FirecrackerMachine(start);
        VmmLaunch launch = new VmmLaunch(
                program.executable(),
                FirecrackerMachine.arguments(),
                List.of(),
                machine.files(),
                new Chroot(program.jailer(), jails, machine.maxFileBytes()),
                machine.limits(),
                watch);
        VmmProcess process = spawner.startVmm(id.value(), launch);
        try {
            FirecrackerApi api = openApi(process, deadline);
            // It has no machine yet.
            ebpf.seal(process);
            FirecrackerVm vm = new FirecrackerVm(id, start, process, api, links, layers, ticker);
            if (start instanceof VmStart.Restore) {
                vm.restore(deadline);
            } else {
                vm.boot(machine, deadline);
            }
            return vm;
        } catch (NeuroVisorException exception) {
            throw failed(id, process, exception);
        }
    }

    /** Where the host finds the root directory of a VMM. */
    static Path root(VmmProcess process) {
        return process.directory().resolve(ROOT_LINK);
    }

    /** Waits until Firecracker listens; ends with its process. */
    private FirecrackerApi openApi(VmmProcess process, Deadline deadline) {
        Path socket = root(process).resolve(FirecrackerMachine.API_SOCKET);
        requireShort(socket);
        Deadline listening = Deadline.after(API_TIMEOUT, ticker);
        while (!listening.hasPassed() && !deadline.hasPassed()) {
            // A try costs far more than a look, and would take its time from the jailer.
            if (Files.exists(socket)) {
                Optional<FirecrackerApi> api = FirecrackerApi.connect(links.unixSockets(), socket, deadline);
                if (api.isPresent()) {
                    return api.get();
                }
            }
            if (process.endsWithin(LOOK_AGAIN_AFTER)) {
                requireUninterrupted();
                throw new NeuroVisorException(Fault.VMM_FAILED, "Firecracker ended before its API was there");
            }
        }
        throw new NeuroVisorException(Fault.VMM_FAILED, "Firecracker's API did not appear in time at " + socket);
    }

    private static void requireUninterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new NeuroVisorException(Fault.INTERRUPTED, "waiting for Firecracker was interrupted");
        }
    }

    private static void requireShort(Path socket) {
        int bytes = socket.toString().getBytes(StandardCharsets.UTF_8).length;
        if (bytes >= SOCKET_PATH_BYTES) {
            throw new NeuroVisorException(
                    Fault.VMM_FAILED,
                    "the path of a socket, %s, has %d bytes and may have %d; set XDG_RUNTIME_DIR to a shorter directory"
                            .formatted(socket, bytes, SOCKET_PATH_BYTES - 1));
        }
    }

    /** Kills what is left and says why Firecracker failed, in its own words if it has ended. */
    private static NeuroVisorException failed(VmId id, VmmProcess process, NeuroVisorException exception) {
        if (exception.fault() == Fault.INTERRUPTED) {
            process.kill();
            return exception;
        }
        // A refused snapshot ends the process; its last words arrive with its exit.
        Optional<String> words = lastWords(process);
        process.kill();
        boolean _ = process.endsWithin(END_TIMEOUT); // Its chroot goes before its end is told.
        String message = "virtual machine " + id + " did not start: " + exception.getMessage()
                + words.map(last -> "; " + last).orElse("");
        return new NeuroVisorException(
                exception.fault() == Fault.JAIL_FAILED ? Fault.JAIL_FAILED : Fault.VMM_FAILED, message, exception);
    }

    private static Optional<String> lastWords(VmmProcess process) {
        return Optional.ofNullable(process.exit()
                .thenApply(FirecrackerExit::describe)
                .exceptionally(failure -> "its spawner was lost")
                .completeOnTimeout(null, 1, TimeUnit.SECONDS)
                .join());
    }
}
