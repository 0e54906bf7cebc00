package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the kernel tells of one living process. Nothing the process has written itself is read. */
final class LiveProcess {
    /** Those that Linux has had since 4.6; {@code time} makes no difference to what a VMM can reach. */
    private static final List<String> NAMESPACES = List.of("user", "pid", "net", "ipc", "uts", "cgroup", "mnt");

    private final HostFiles files;
    private final String directory;

    private LiveProcess(HostFiles files, String name) {
        this.files = requireNonNull(files, "files is null");
        this.directory = "/proc/" + name;
    }

    static LiveProcess of(HostFiles files, long pid) {
        return new LiveProcess(files, Long.toString(pid));
    }

    /** This very process. */
    static LiveProcess self(HostFiles files) {
        return new LiveProcess(files, "self");
    }

    /** Of every thread: the kernel holds credentials and filters for each by itself. Empty when the process is gone. */
    List<ThreadStatus> threads() {
        return List.copyOf(threadsById().values());
    }

    /** The same by the threads' ids. */
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

    /** Of the main thread. */
    ThreadStatus status() {
        return ThreadStatus.parse(files.lines(directory + "/status"));
    }

    /**
     * Each kind of namespace with whether the process has one that is not ours; absent where that cannot be read.
     *
     * @param names of the process's, as whoever may look has been told by the kernel
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

    /** What it sees of file systems; absent when that cannot be read. */
    Optional<List<Mount>> mounts() {
        return files.text(directory + "/mountinfo").map(Mount::parse);
    }

    /** What it has of the memory that nobody shares and the kernel cannot drop; 0 when it is gone. */
    long residentBytes() {
        return files.lines(directory + "/status").stream()
                .filter(line -> line.startsWith("RssAnon:") || line.startsWith("RssShmem:"))
                .mapToLong(line -> HostFiles.kibibytes(line).orElse(0))
                .sum();
    }

    /** Its cgroup in the hierarchy of version 1 that counts memory. */
    Optional<String> memoryCgroup() {
        return files.lines(directory + "/cgroup").stream()
                .map(line -> line.split(":", 3))
                .filter(fields ->
                        fields.length == 3 && List.of(fields[1].split(",", -1)).contains("memory"))
                .map(fields -> fields[2])
                .findFirst();
    }

    /** Its cgroup in the unified hierarchy, below the hierarchy's root as we see it: {@code /neurovisor/vm-1}. */
    Optional<String> unifiedCgroup() {
        return files.lines(directory + "/cgroup").stream()
                .filter(line -> line.startsWith("0::/"))
                .map(line -> line.substring("0::".length()))
                .findFirst();
    }
}
