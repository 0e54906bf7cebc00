package io.neurovisor.host.probe;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The kernel's information about a running process. Nothing that the process itself has written is read. */
final class LiveProcess {
    /** The namespaces since Linux 4.6; {@code time} does not affect what a VMM can reach. */
    private static final List<String> NAMESPACES = List.of("user", "pid", "net", "ipc", "uts", "cgroup", "mnt");

    private final HostFiles files;
    private final String directory;

    private LiveProcess(HostFiles files, String name) {
        this.files = files;
        this.directory = "/proc/" + name;
    }

    static LiveProcess of(HostFiles files, long pid) {
        return new LiveProcess(files, Long.toString(pid));
    }

    /** Returns this process. */
    static LiveProcess self(HostFiles files) {
        return new LiveProcess(files, "self");
    }

    /**
     * Returns the status of every thread, since the kernel keeps credentials and filters per thread. Empty if the
     * process is gone.
     */
    List<ThreadStatus> threads() {
        return List.copyOf(threadsById().values());
    }

    /** Returns the status of every thread by its id. */
    Map<Long, ThreadStatus> threadsById() {
        Map<Long, ThreadStatus> threads = new LinkedHashMap<>();
        for (String thread : files.names(directory + "/task")) {
            List<String> lines = files.lines(directory + "/task/" + thread + "/status");
            if (!lines.isEmpty()) {
                threads.put(Long.parseLong(thread), ThreadStatus.parse(lines));
            }
        }
        return threads;
    }

    /** Returns the status of the main thread. */
    ThreadStatus status() {
        return ThreadStatus.parse(files.lines(directory + "/status"));
    }

    /**
     * Returns for each kind of namespace whether the process has a different one from ours; absent if that cannot be
     * read.
     *
     * @param names the names of the process's namespaces, as read with sufficient privileges
     */
    Map<String, Optional<Boolean>> ownNamespaces(Map<String, String> names) {
        Map<String, Optional<Boolean>> own = new LinkedHashMap<>();
        for (String kind : NAMESPACES) {
            Optional<String> ours = files.link("/proc/self/ns/" + kind);
            own.put(
                    kind,
                    Optional.ofNullable(names.get(kind)).flatMap(theirs -> ours.map(link -> !link.equals(theirs))));
        }
        return own;
    }

    /** Returns the mounts that it sees; absent if they cannot be read. */
    Optional<List<Mount>> mounts() {
        return files.text(directory + "/mountinfo").map(Mount::parse);
    }

    /** Returns the memory that is not shared and that the kernel cannot drop; 0 if the process is gone. */
    long residentBytes() {
        return files.lines(directory + "/status").stream()
                .filter(line -> line.startsWith("RssAnon:") || line.startsWith("RssShmem:"))
                .mapToLong(line -> HostFiles.kibibytes(line).orElse(0))
                .sum();
    }

    /** Returns its group in the version 1 hierarchy of the memory controller. */
    Optional<String> memoryCgroup() {
        return files.lines(directory + "/cgroup").stream()
                .map(line -> line.split(":", 3))
                .filter(fields ->
                        fields.length == 3 && List.of(fields[1].split(",", -1)).contains("memory"))
                .map(fields -> fields[2])
                .findFirst();
    }

    /**
     * Returns its group in the unified hierarchy, below the root of the hierarchy as we see it: {@code
     * /neurovisor/vm-1}.
     */
    Optional<String> unifiedCgroup() {
        return files.lines(directory + "/cgroup").stream()
                .filter(line -> line.startsWith("0::/"))
                .map(line -> line.substring("0::".length()))
                .findFirst();
    }
}
