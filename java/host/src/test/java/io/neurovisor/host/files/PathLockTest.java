package io.neurovisor.host.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PathLockTest {
    @TempDir
    private Path directory;

    @Test
    void secondThreadReportsItsWaitOnce() throws Exception {
        Path file = directory.resolve("lock");
        CountDownLatch waiting = new CountDownLatch(1);
        AtomicInteger waits = new AtomicInteger();
        AtomicBoolean released = new AtomicBoolean();
        CompletableFuture<Boolean> second;
        try (PathLock _ = PathLock.acquire(file, waits::incrementAndGet)) {
            second = CompletableFuture.supplyAsync(
                    () -> {
                        try (PathLock _ = PathLock.acquire(file, () -> {
                            waits.incrementAndGet();
                            waiting.countDown();
                        })) {
                            return released.get();
                        }
                    },
                    task -> Thread.ofVirtual().start(task));
            waiting.await();
            released.set(true);
        }

        assertThat(second.get()).isTrue();
        assertThat(waits).hasValue(1);
    }

    /** Another JVM takes the lock and is killed while this one waits, so that none of its code can release the lock. */
    @Test
    void lockOfAKilledProcessIsReleased() throws Exception {
        Path file = directory.resolve("lock");
        Process holder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockInOtherJvm.class.getName(),
                        file.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        AtomicBoolean waited = new AtomicBoolean();
        try (BufferedReader output = holder.inputReader()) {
            assertThat(output.readLine()).isEqualTo("locked");
            try (PathLock _ = PathLock.acquire(file, () -> {
                waited.set(true);
                holder.destroyForcibly();
            })) {
                assertThat(holder.waitFor()).isNotZero();
            }
        } finally {
            holder.destroyForcibly();
        }

        assertThat(waited).isTrue();
    }

    @Test
    void interruptEndsTheWaitForAThread() throws Exception {
        Path file = directory.resolve("lock");
        CompletableFuture<NeuroVisorException> failure = new CompletableFuture<>();
        try (PathLock _ = PathLock.acquire(file, () -> {})) {
            Thread waiter = Thread.ofPlatform().start(() -> {
                try (PathLock _ =
                        PathLock.acquire(file, () -> Thread.currentThread().interrupt())) {
                    failure.completeExceptionally(new AssertionError("has the lock"));
                } catch (NeuroVisorException cancelled) {
                    failure.complete(cancelled);
                }
            });
            waiter.join();
        }

        assertThat(failure.get().fault()).isEqualTo(Fault.INTERRUPTED);
    }

    @Test
    void rejectsReentrantUse() {
        Path file = directory.resolve("lock");
        try (PathLock _ = PathLock.acquire(file, () -> {})) {
            assertThatThrownBy(() -> PathLock.acquire(file, () -> {}).close())
                    .isInstanceOf(NeuroVisorException.class)
                    .hasMessageContaining("taken twice");
        }
    }
}
