package io.neurovisor.host.qemu;

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
import io.neurovisor.host.jail.UserNamespaces;
import io.neurovisor.host.kvm.Accelerator;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.VmmConfinement;
import io.neurovisor.host.probe.VmmLayers;
import io.neurovisor.host.spawner.EbpfPolicy;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmProcess;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Starts microVMs as QEMU processes under the spawner. */
public final class QemuVmm implements Vmm {
    private final QemuProgram program;
    private final QemuJail jail;
    private final VmmIdentity identity;
    private final Spawner spawner;
    private final GuestLinks links;
    private final VmmLayers layers;
    private final EbpfLayer ebpf;
    private final Optional<EbpfPolicy> watch;
    private final Ticker ticker;

    /** @param hostCpu the processor as {@link io.neurovisor.host.probe.HostCpu} names it */
    public QemuVmm(
            QemuProgram program,
            QemuJail jail,
            Accelerator accelerator,
            String hostCpu,
            Spawner spawner,
            GuestLinks links,
            EbpfLayer ebpf,
            Ticker ticker) {
        this.program = requireNonNull(program, "program is null");
        this.jail = requireNonNull(jail, "jail is null");
        // What an emulated processor offers depends on QEMU alone, what KVM passes through on the host's.
        this.identity = new VmmIdentity(
                "qemu",
                program.version(),
                accelerator.name(),
                accelerator.isKvm() ? hostCpu : "max",
                QemuCommand.description(accelerator.name()));
        this.spawner = requireNonNull(spawner, "spawner is null");
        this.links = requireNonNull(links, "links is null");
        this.layers = new VmmLayers(HostFiles.SYSTEM, VmmConfinement.BUBBLEWRAP, accelerator.reason(), ebpf.reading());
        this.ebpf = ebpf;
        this.watch = ebpf.watch(VmmKind.QEMU);
        this.ticker = requireNonNull(ticker, "ticker is null");
    }

    @Override
    public VmmIdentity identity() {
        return identity;
    }

    @Override
    public long memoryLimitBytes(SandboxSize size, boolean cloned) {
        return QemuCommand.limits(identity.accelerator(), size, cloned).memoryMaxBytes();
    }

    @Override
    public CompletableFuture<Void> gone(VmId id) {
        return spawner.gone(id.value());
    }

    @Override
    public Vm start(VmId id, VmStart start, Deadline deadline) {
        long tscKhz = start instanceof VmStart.Restore ? 0 : spawner.tscKhz();
        QemuCommand command = new QemuCommand(identity.accelerator(), tscKhz, start);
        VmmProcess process = jailed(id, command);
        try {
            QmpConnection monitor = QmpConnection.open(process.directory().resolve(QemuCommand.QMP_SOCKET), deadline);
            // Its processors stand still until it is told otherwise.
            ebpf.seal(process);
            QemuVm vm = new QemuVm(id, command.stateFile(), process, monitor, links, layers, ticker);
            if (start instanceof VmStart.Restore) {
                vm.restore(deadline);
            } else {
                vm.run(deadline);
            }
            return vm;
        } catch (NeuroVisorException exception) {
            throw failed(id, process, exception);
        }
    }

    private VmmProcess jailed(VmId id, QemuCommand command) {
        VmmLaunch launch = new VmmLaunch(
                program.executable(),
                command.arguments(),
                QemuCommand.SOCKETS,
                command.files(),
                jail.jail(command.maxFileBytes()),
                command.limits(),
                watch);
        try {
            return spawner.startVmm(id.value(), launch);
        } catch (NeuroVisorException exception) {
            throw exception.fault() == Fault.JAIL_FAILED ? restricted(exception) : exception;
        }
    }

    /** With the fix, where this machine restricts what jails are made of. */
    private static NeuroVisorException restricted(NeuroVisorException exception) {
        return new UserNamespaces(HostFiles.SYSTEM)
                .restriction()
                .map(restriction -> new NeuroVisorException(
                        Fault.JAIL_FAILED,
                        exception.getMessage() + "; " + restriction.reason() + "; run: " + restriction.fix(),
                        exception))
                .orElse(exception);
    }

    /** Kills what is left and says why QEMU failed, in its own words if it has ended. */
    private static NeuroVisorException failed(VmId id, VmmProcess process, NeuroVisorException exception) {
        // A monitor that hangs up means that QEMU is ending; its last words arrive with its exit.
        Optional<String> words = lastWords(process);
        process.kill();
        boolean _ = process.endsWithin(QemuVm.END_TIMEOUT);
        return new NeuroVisorException(
                Fault.VMM_FAILED,
                "virtual machine " + id + " did not start: " + words.orElseGet(exception::getMessage),
                exception);
    }

    private static Optional<String> lastWords(VmmProcess process) {
        return Optional.ofNullable(process.exit()
                .thenApply(exit -> "QEMU " + exit.describe())
                .exceptionally(failure -> "its spawner was lost")
                .completeOnTimeout(null, 1, TimeUnit.SECONDS)
                .join());
    }
}
