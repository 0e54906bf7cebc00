package io.neurovisor.host.probe;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The privileges of this process's threads: the kernel keeps filters and credentials per thread. */
public final class ProcessThreads {
    private final Map<Long, ThreadStatus> threads;

    private ProcessThreads(Map<Long, ThreadStatus> threads) {
        this.threads = Map.copyOf(threads);
    }

    /** Reads the current threads. A thread that ends meanwhile is ignored. */
    public static ProcessThreads read(HostFiles files) {
        return new ProcessThreads(LiveProcess.self(files).threadsById());
    }

    public int count() {
        return threads.size();
    }

    /** Returns the kernel's thread ids. */
    public List<Long> ids() {
        return List.copyOf(threads.keySet());
    }

    /** Returns why the threads do not count as filtered; empty if each has a seccomp filter and no_new_privs. */
    public Optional<String> unfiltered() {
        if (threads.isEmpty()) {
            return Optional.of("the threads of this process cannot be read from /proc/self/task");
        }
        long open = threads.values().stream()
                .filter(thread -> !thread.isFiltered() || !thread.hasNoNewPrivileges())
                .count();
        return open == 0
                ? Optional.empty()
                : Optional.of(open + " of " + threads.size() + " threads lack a filter or no_new_privs");
    }

    /** Returns the capabilities that every thread is permitted, one bit each. */
    public long permitted() {
        return threads.values().stream().mapToLong(ThreadStatus::permitted).reduce(-1, (all, one) -> all & one);
    }

    /** Returns the ids of threads that hold other capabilities or whose capabilities are unknown. */
    public List<Long> holdingMoreThan(long allowed) {
        return threads.entrySet().stream()
                .filter(thread -> !thread.getValue().holdsAtMost(allowed))
                .map(Map.Entry::getKey)
                .toList();
    }
}
