package io.neurovisor.host.doctor;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.JvmMemory;
import java.util.List;

/** The checks that look only at files of the kernel's. */
public final class MachineChecks {
    private MachineChecks() {}

    /**
     * In the order in which a person wants to read them.
     *
     * @param user who would run guests here
     * @param machineBytes the most that a guest of the size can take of the memory
     * @param machineCount how many guests of the size may run at once
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
