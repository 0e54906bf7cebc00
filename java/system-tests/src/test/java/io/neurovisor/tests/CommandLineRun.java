package io.neurovisor.tests;

import io.neurovisor.testkit.GrowingTimeout;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One run of {@code ./neurovisor}, as a user starts it. */
public record CommandLineRun(int exitCode, String stdout, String stderr) {
    private static final long LIMIT_SECONDS = 900;

    /** The repository this build is of. */
    public static Path home() {
        return Path.of(System.getProperty("neurovisor.home"));
    }

    static CommandLineRun of(String... arguments) {
        return of(Map.of(), arguments);
    }

    static CommandLineRun of(Map<String, String> environment, String... arguments) {
        return await(start(environment, arguments));
    }

    /** Of a program that has printed something before its time-out, which is longer where the program has not come to that. */
    static CommandLineRun timedOut(int seconds, String... arguments) {
        return GrowingTimeout.from(
                Duration.ofSeconds(seconds),
                timeout -> of(Map.of("NEUROVISOR_TIMEOUT", timeout.toSeconds() + "s"), arguments),
                run -> !run.stdout().isEmpty());
    }

    static CommandLineRun withInput(byte[] input, String... arguments) {
        Process process = launch(Map.of(), arguments);
        Thread.ofPlatform().daemon().start(() -> feed(process, input));
        return await(process);
    }

    private static void feed(Process process, byte[] input) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input);
        } catch (IOException notWanted) {
            // It may end without having read its input.
        }
    }

    static Process start(Map<String, String> environment, String... arguments) {
        try {
            Process process = launch(environment, arguments);
            process.getOutputStream().close();
            return process;
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    private static Process launch(Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(home().resolve("neurovisor").toString());
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        // Not by a daemon that happens to serve this user.
        builder.environment().put("NEUROVISOR_DAEMON", "off");
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException exception) {
            throw new UncheckedIOException(exception);
        }
    }

    static CommandLineRun await(Process process) {
        CompletableFuture<String> stdout = read(process.getInputStream());
        CompletableFuture<String> stderr = read(process.getErrorStream());
        try {
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError("neurovisor does not end within " + LIMIT_SECONDS + " s: " + stderr.join());
            }
        } catch (InterruptedException exception) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", exception);
        }
        return new CommandLineRun(process.exitValue(), stdout.join(), stderr.join());
    }

    private static CompletableFuture<String> read(InputStream stream) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                    } catch (IOException exception) {
                        throw new UncheckedIOException(exception);
                    }
                },
                command -> Thread.ofPlatform().daemon().start(command));
    }
}
