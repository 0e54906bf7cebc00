package io.neurovisor.tests.hostile.sandboxes;

import static java.util.Objects.requireNonNull;

import io.grpc.BindableService;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;
import io.neurovisor.engine.vm.Vm;
import io.neurovisor.engine.vm.VmId;
import io.neurovisor.engine.vm.VmStart;
import io.neurovisor.engine.vm.Vmm;
import io.neurovisor.engine.vm.VmmIdentity;
import io.neurovisor.host.guestlink.GuestLinks;
import io.neurovisor.tests.hostile.guest.SocketVm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A VMM whose machines consist of a compromised agent. */
final class AgentVmm implements Vmm {
    private final List<BindableService> services;
    private final Path directory;
    private final GuestLinks links;
    private final Map<VmId, CompromisedAgent> agents;

    /** @param agents those of running machines */
    AgentVmm(List<BindableService> services, Path directory, GuestLinks links, Map<VmId, CompromisedAgent> agents) {
        this.services = List.copyOf(services);
        this.directory = requireNonNull(directory, "directory is null");
        this.links = requireNonNull(links, "links is null");
        this.agents = requireNonNull(agents, "agents is null");
    }

    @Override
    public VmmIdentity identity() {
        return new VmmIdentity("compromised", "1", "none", "none", "none");
    }

    @Override
    public long memoryLimitBytes(SandboxSize size, boolean cloned) {
        return 0;
    }

    /** Closing a machine waits for its end. */
    @Override
    public CompletableFuture<Void> gone(VmId id) {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Vm start(VmId id, VmStart start, Deadline deadline) {
        try {
            CompromisedAgent agent = CompromisedAgent.start(directory.resolve(id.value()), services);
            agents.put(id, agent);
            return new SocketVm(id, agent.socket(), links, () -> {
                agents.remove(id);
                agent.close();
            });
        } catch (IOException exception) {
            throw new NeuroVisorException(Fault.VMM_FAILED, "no socket for " + id, exception);
        }
    }
}
