package io.neurovisor.host.firecracker;

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
import io.neurovisor.host.message.GuestText;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.VmmConfinement;
import io.neurovisor.host.probe.VmmLayers;
import io.neurovisor.host.spawner.Chroot;
import io.neurovisor.host.spawner.EbpfPolicy;
import io.neurovisor.host.spawner.RunningVmm;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmExit;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Starts microVMs as Firecracker processes under the spawner, each in its own root directory. */
public final class FirecrackerVmm implements Vmm {
    /** The name of the link to the root directory of a VMM, in the directory of its VM. */
    private static final String ROOT_LINK = "root";

    /** The size of the kernel's buffer for a socket path, including its end (unix(7)). */
    private static final int SOCKET_PATH_BYTES = 108;

    /** The interval between checks for the socket of the API, which Firecracker creates when it is up. */
    private static final Duration POLL_INTERVAL = Duration.ofMillis(2);

    /** Firecracker creates its socket within 10 ms; its jailer may take hundreds on a loaded host. */
    private static final Duration API_TIMEOUT = Duration.ofSeconds(20);

    /** The exit code of Firecracker after a system call that its filter denies (its FcExitCode::BadSyscall). */
    private static final int BAD_SYSTEM_CALL = 148;

    private final FirecrackerProgram program;
    private final Path jails;
    private final VmmIdentity identity;
    private final Spawner spawner;
    private final GuestLinks links;
    private final VmmLayers layers;
    private final EbpfLayer ebpf;
    private final Optional<EbpfPolicy> ebpfPolicy;
    private final Ticker ticker;

    /**
     * @param jails the directory of the root directories, on the file system of images and templates; only this user may
     *     write to it
     * @param confinement the confinement that the spawner sets up in them
     * @param hostCpu the name of the processor from {@link io.neurovisor.host.probe.HostCpu}
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
        this.program = program;
        this.jails = jails;
        this.identity =
                new VmmIdentity("firecracker", program.version(), "kvm", hostCpu, FirecrackerMachine.description());
        this.spawner = spawner;
        this.links = links;
        this.layers = new VmmLayers(HostFiles.SYSTEM, confinement, "", ebpf.reading());
        this.ebpf = ebpf;
        this.ebpfPolicy = ebpf.policy(VmmKind.FIRECRACKER);
        this.ticker = ticker;
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
                ebpfPolicy);
        VmmProcess process = spawner.startVmm(id.value(), launch);
        RunningVmm vmm = new RunningVmm("Firecracker", id, process, layers, FirecrackerVmm::describe);
        try {
            FirecrackerApi api = openApi(process, deadline);
            // Firecracker has no machine yet.
            ebpf.seal(process);
            FirecrackerVm vm = new FirecrackerVm(vmm, start, api, links, ticker);
            if (start instanceof VmStart.Restore restore) {
                vm.restore(restore, deadline);
            } else {
                vm.boot(machine, deadline);
            }
            return vm;
        } catch (NeuroVisorException exception) {
            throw failed(vmm, exception);
        }
    }

    /** Returns the root directory of a VMM as the host sees it. */
    static Path root(VmmProcess process) {
        return process.directory().resolve(ROOT_LINK);
    }

    /** Waits until Firecracker listens; fails if its process ends first. */
    private FirecrackerApi openApi(VmmProcess process, Deadline deadline) {
        Path socket = root(process).resolve(FirecrackerMachine.API_SOCKET);
        requireShort(socket);
        Deadline listening = Deadline.after(API_TIMEOUT, ticker);
        while (!listening.hasPassed() && !deadline.hasPassed()) {
            // Connecting costs far more than a check for the file and would slow the jailer down.
            if (Files.exists(socket)) {
                Optional<FirecrackerApi> api = FirecrackerApi.connect(links.unixSockets(), socket, deadline);
                if (api.isPresent()) {
                    return api.get();
                }
            }
            if (process.endsWithin(POLL_INTERVAL)) {
                requireUninterrupted();
                throw new NeuroVisorException(Fault.VMM_FAILED, "Firecracker ended before its API was ready");
            }
        }
        throw new NeuroVisorException(Fault.GUEST_SILENT, "Firecracker's API did not appear in time at " + socket);
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

    /** Describes how a Firecracker process ended. Its output may contain the guest's console. */
    private static String describe(VmmExit exit) {
        VmmExit shown =
                new VmmExit(exit.exitCode(), exit.signal(), GuestText.line(exit.outputTail()), exit.oomKilled());
        String how = "Firecracker " + shown.describe();
        return exit.exitCode() == BAD_SYSTEM_CALL
                ? how + " (it made a system call that its seccomp filter does not allow)"
                : how;
    }

    /** Ends Firecracker and reports why the start failed and, if Firecracker had ended by itself, how. */
    private static NeuroVisorException failed(RunningVmm vmm, NeuroVisorException exception) {
        if (exception.fault() == Fault.INTERRUPTED) {
            vmm.process().kill();
            return exception;
        }
        // A rejected snapshot ends Firecracker.
        Optional<String> exit = vmm.exitDescription();
        vmm.process().kill();
        vmm.awaitGone();
        String message = "virtual machine " + vmm.id() + " did not start: " + exception.getMessage()
                + exit.map(description -> "; " + description).orElse("");
        boolean late = exit.isEmpty() && exception.fault() == Fault.GUEST_SILENT;
        boolean kept = late || exception.fault() == Fault.JAIL_FAILED;
        return new NeuroVisorException(kept ? exception.fault() : Fault.VMM_FAILED, message, exception);
    }
}
