package io.neurovisor.host.spawner;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The command line and the confinement of a VMM to start.
 *
 * @param sockets names of sockets that are bound in its directory and passed as descriptors from {@link
 *     #FIRST_DESCRIPTOR} on
 * @param files files that are passed as the descriptors after them
 * @param limits limits that apply if cgroup v2 is available
 * @param ebpfPolicy the policy for the eBPF programs; empty if they are not loaded
 */
public record VmmLaunch(
        Path executable,
        List<String> arguments,
        List<String> sockets,
        List<PassedFile> files,
        Confinement confinement,
        VmmLimits limits,
        Optional<EbpfPolicy> ebpfPolicy) {
    /** The first descriptor after the standard streams. */
    public static final int FIRST_DESCRIPTOR = 3;

    public VmmLaunch {
        arguments = List.copyOf(arguments);
        sockets = List.copyOf(sockets);
        files = List.copyOf(files);
    }
}
