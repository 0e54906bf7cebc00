package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What this very process may do, read off each of its threads: the kernel keeps filters and credentials for each alone. */
public final class ProcessThreads {
    private final Map<Long, ThreadStatus> threads;

    private ProcessThreads(Map<Long, ThreadStatus> threads) {
        this.threads = Map.copyOf(threads);
    }

    /** Those that there are now. One that ends while it is read does not count. */
    public static ProcessThreads read(HostFiles files) {
        return new ProcessThreads(
                LiveProcess.self(requireNonNull(files, "files is null")).threadsById());
    }

    public int count() {
        return threads.size();
    }

    /** As the kernel numbers them. */
    public List<Long> ids() {
        return List.copyOf(threads.keySet());
    }

    /** Why they do not count as filtered; empty when each has a seccomp filter and no_new_privs. */
    public Optional<String> unfiltered() {
        if (threads.isEmpty()) {
            return Optional.of("the threads of this process cannot be read from /proc/self/task");
        }
        long open = threads.values().stream()
                .filter(thread -> !thread.isFiltered() || !thread.hasNoNewPrivileges())
                .count();
        return open == 0
                ? Optional.empty()
                : Optional.of(open + " of " + threads.size() + " threads have no filter or no no_new_privs");
    }

    /** The capabilities that each of them is permitted, a bit each. */
    public long permitted() {
        return threads.values().stream().mapToLong(ThreadStatus::permitted).reduce(-1, (all, one) -> all & one);
    }

    /** The ids of those that hold other capabilities, or may for all that is told. */
    public List<Long> holdingMoreThan(long allowed) {
        return threads.entrySet().stream()
                .filter(thread -> !thread.getValue().holdsAtMost(allowed))
                .map(Map.Entry::getKey)
                .toList();
    }
}
