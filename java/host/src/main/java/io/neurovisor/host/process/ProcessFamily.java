package io.neurovisor.host.process;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The processes of a pipeline and all their descendants. {@link #end} first sends SIGTERM, because tools such as
 * mmdebstrap then remove their temporary directories, and kills the remaining ones after the grace period.
 */
final class ProcessFamily {
    /** The longest time that the kernel takes to end a killed process, for example one in a long write. */
    private static final Duration KILL = Duration.ofSeconds(10);

    private final List<Process> members;
    private final Duration grace;

    ProcessFamily(List<Process> members, Duration grace) {
        this.members = List.copyOf(members);
        this.grace = grace;
    }

    /** Returns when no member is alive; may be called several times and from several threads. */
    void end() {
        // Descendants are listed before their parents end: afterwards they belong to init and cannot be found.
        List<ProcessHandle> all = members.stream()
                .map(Process::toHandle)
                .flatMap(handle -> Stream.concat(handle.descendants(), Stream.of(handle)))
                .toList();
        all.forEach(ProcessHandle::destroy);
        await(all, grace);
        // Late children of a member that was still starting processes when the list was made.
        List<ProcessHandle> left = Stream.concat(
                        all.stream().flatMap(ProcessHandle::descendants),
                        all.stream().filter(ProcessHandle::isAlive))
                .toList();
        left.forEach(ProcessHandle::destroyForcibly);
        await(left, KILL);
    }

    private static void await(List<ProcessHandle> processes, Duration limit) {
        CompletableFuture<?>[] exits =
                processes.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
        boolean interrupted = false;
        long deadlineNanos = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                CompletableFuture.allOf(exits).get(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
                break;
            } catch (InterruptedException interrupt) {
                // Noted for later: a second Ctrl-C must not leave a half-dead tool with its mounts behind.
                interrupted = true;
            } catch (TimeoutException | ExecutionException ended) {
                break;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
