package io.neurovisor.host.doctor;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.JvmMemory;
import java.util.List;

/** The checks that only read files of the kernel. */
public final class MachineChecks {
    private MachineChecks() {}

    /**
     * Returns the checks in the order of the report.
     *
     * @param user the user that would run guests
     * @param machineBytes the most memory that a guest of the size can take
     * @param machineCount the number of guests of the size that may run at the same time
     */
    public static List<Check> of(HostFiles files, String user, SandboxSize size, long machineBytes, int machineCount) {
        return List.of(
                new PlatformCheck(files),
                new ProcessorCheck(files),
                new KvmDeviceCheck(files, user),
                new UserNamespacesCheck(files),
                new RootlessCheck(user),
                new MemoryCheck(files, JvmMemory.ofThisProcess(files), size, machineBytes, machineCount),
                new SwapCheck(files),
                new MemorySharingCheck(files),
                new HyperThreadingCheck(files),
                new VulnerabilitiesCheck(files));
    }
}
