package io.neurovisor.host.qemu;

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
import io.neurovisor.host.spawner.RunningVmm;
import io.neurovisor.host.spawner.Spawner;
import io.neurovisor.host.spawner.VmmLaunch;
import io.neurovisor.host.spawner.VmmProcess;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Starts microVMs as QEMU processes under the spawner. */
public final class QemuVmm implements Vmm {
    private final QemuProgram program;
    private final QemuJail jail;
    private final VmmIdentity identity;
    private final Spawner spawner;
    private final GuestLinks links;
    private final VmmLayers layers;
    private final EbpfLayer ebpf;
    private final Optional<EbpfPolicy> ebpfPolicy;
    private final Ticker ticker;

    /** @param hostCpu the name of the processor from {@link io.neurovisor.host.probe.HostCpu} */
    public QemuVmm(
            QemuProgram program,
            QemuJail jail,
            Accelerator accelerator,
            String hostCpu,
            Spawner spawner,
            GuestLinks links,
            EbpfLayer ebpf,
            Ticker ticker) {
        this.program = program;
        this.jail = jail;
        // The features of an emulated processor depend on QEMU alone; KVM passes through those of the host.
        this.identity = new VmmIdentity(
                "qemu",
                program.version(),
                accelerator.name(),
                accelerator.isKvm() ? hostCpu : "max",
                QemuCommand.description(accelerator.name()));
        this.spawner = spawner;
        this.links = links;
        this.layers = new VmmLayers(HostFiles.SYSTEM, VmmConfinement.BUBBLEWRAP, accelerator.reason(), ebpf.reading());
        this.ebpf = ebpf;
        this.ebpfPolicy = ebpf.policy(VmmKind.QEMU);
        this.ticker = ticker;
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
        VmmProcess process = startJailed(id, command);
        RunningVmm vmm = new RunningVmm("QEMU", id, process, layers, QemuVm::describe);
        try {
            QmpConnection monitor = QmpConnection.open(process.directory().resolve(QemuCommand.QMP_SOCKET), deadline);
            // The processors are stopped until "cont".
            ebpf.seal(process);
            QemuVm vm = new QemuVm(vmm, start, command, monitor, links, ticker);
            if (start instanceof VmStart.Restore restore) {
                vm.restore(restore, deadline);
            } else {
                vm.run(deadline);
            }
            return vm;
        } catch (NeuroVisorException exception) {
            throw failed(vmm, exception);
        }
    }

    private VmmProcess startJailed(VmId id, QemuCommand command) {
        VmmLaunch launch = new VmmLaunch(
                program.executable(),
                command.arguments(),
                QemuCommand.SOCKETS,
                command.files(),
                jail.jail(command.maxFileBytes()),
                command.limits(),
                ebpfPolicy);
        try {
            return spawner.startVmm(id.value(), launch);
        } catch (NeuroVisorException exception) {
            throw exception.fault() == Fault.JAIL_FAILED ? restricted(exception) : exception;
        }
    }

    /** Adds the fix if this host restricts the user namespaces of which jails are made. */
    private static NeuroVisorException restricted(NeuroVisorException exception) {
        return new UserNamespaces(HostFiles.SYSTEM)
                .restriction()
                .map(restriction -> new NeuroVisorException(
                        Fault.JAIL_FAILED,
                        exception.getMessage() + "; " + restriction.reason() + "; run: " + restriction.fix(),
                        exception))
                .orElse(exception);
    }

    /** Ends QEMU and reports why the start failed: if QEMU has ended, how it ended. */
    private static NeuroVisorException failed(RunningVmm vmm, NeuroVisorException exception) {
        // A monitor that hangs up means that QEMU is ending.
        Optional<String> exit = vmm.exitDescription();
        vmm.process().kill();
        vmm.awaitGone();
        boolean late = exit.isEmpty() && exception.fault() == Fault.GUEST_SILENT;
        return new NeuroVisorException(
                late ? Fault.GUEST_SILENT : Fault.VMM_FAILED,
                "virtual machine " + vmm.id() + " did not start: " + exit.orElseGet(exception::getMessage),
                exception);
    }
}
