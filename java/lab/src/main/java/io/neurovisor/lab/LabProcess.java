package io.neurovisor.lab;

import io.neurovisor.host.files.PathLock;
import io.neurovisor.host.files.StorageFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A QEMU that outlives the process that started it, identified by the file that it keeps locked: a process id alone
 * could belong to another process.
 */
record LabProcess(Path pidFile) {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    boolean runs() {
        if (!Files.exists(pidFile)) {
            return false;
        }
        Optional<PathLock> free = PathLock.tryAcquire(pidFile);
        free.ifPresent(PathLock::close);
        return free.isEmpty();
    }

    /** Ends the process if it runs; returns when it has ended. */
    void end() throws InterruptedException {
        Optional<ProcessHandle> process = runs() ? handle() : Optional.empty();
        if (process.isEmpty()) {
            return;
        }
        process.get().destroy();
        try {
            process.get().onExit().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException stubborn) {
            process.get().destroyForcibly();
            process.get().onExit().join();
        } catch (ExecutionException | CompletionException gone) {
            // It has ended already.
        }
    }

    private Optional<ProcessHandle> handle() {
        try {
            return ProcessHandle.of(Long.parseLong(Files.readString(pidFile).strip()));
        } catch (NumberFormatException unfinished) {
            return Optional.empty();
        } catch (IOException failure) {
            throw StorageFaults.of("read", pidFile, failure);
        }
    }
}
