package io.neurovisor.host.spawner;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A VMM to start.
 *
 * @param sockets bound in its directory, and its file descriptors from {@link #FIRST_DESCRIPTOR} on
 * @param files its file descriptors after them
 * @param limits held where cgroup v2 is there
 * @param watch where the eBPF programs are loaded and wanted
 */
public record VmmLaunch(
        Path executable,
        List<String> arguments,
        List<String> sockets,
        List<PassedFile> files,
        Confinement confinement,
        VmmLimits limits,
        Optional<EbpfPolicy> watch) {
    /** After the standard streams. */
    public static final int FIRST_DESCRIPTOR = 3;

    public VmmLaunch {
        requireNonNull(executable, "executable is null");
        arguments = List.copyOf(arguments);
        sockets = List.copyOf(sockets);
        files = List.copyOf(files);
        requireNonNull(confinement, "confinement is null");
        requireNonNull(limits, "limits is null");
        requireNonNull(watch, "watch is null");
    }
}
