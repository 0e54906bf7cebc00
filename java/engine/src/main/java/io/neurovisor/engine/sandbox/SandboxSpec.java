package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.pool.MachineKind;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox as its client wants it.
 *
 * @param timeout of its life, counted from the moment at which it runs: 1 second to 24 hours
 * @param environment of all its processes
 * @param directory in which they start; empty for the home
 * @param metadata labels by which a client finds its sandboxes
 * @param name for people; may be empty
 * @param idempotencyKey makes repeated creations by one owner create one sandbox
 * @param onTimeout what happens when its time-out passes
 * @param autoResume whether a call for its processes or files resumes it while it is paused
 * @param idlePause the time without calls and work after which it is paused: 10 seconds to 24 hours; empty for never
 * @param forkedFrom the sandbox of which it is a copy; empty if it was created from an image
 */
public record SandboxSpec(
        MachineKind kind,
        Duration timeout,
        Map<String, String> environment,
        Optional<String> directory,
        Map<String, String> metadata,
        String name,
        Optional<String> idempotencyKey,
        OnTimeout onTimeout,
        boolean autoResume,
        Optional<Duration> idlePause,
        Optional<SandboxId> forkedFrom) {
    public static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);
    public static final Duration MAX_TIMEOUT = Duration.ofHours(24);

    /** Guests are measured every few seconds. */
    private static final Duration SHORTEST_IDLE = Duration.ofSeconds(10);

    private static final int MAX_VARIABLES = 256;
    private static final int MAX_ENVIRONMENT_BYTES = 128 << 10;
    private static final int MAX_LABELS = 64;
    private static final int MAX_LABEL_BYTES = 128;
    private static final int MAX_VALUE_BYTES = 1024;
    private static final int MAX_NAME = 63;
    private static final int MAX_KEY = 128;
    private static final int MAX_PATH_BYTES = 4096;

    /** What happens to a sandbox when its time-out passes. */
    public enum OnTimeout {
        /** It ends, also while it is paused. */
        KILL,
        /** It is paused; while it is paused, it does not end. */
        PAUSE
    }

    public SandboxSpec {
        environment = Map.copyOf(environment);
        metadata = Map.copyOf(metadata);
        checkTimeout(timeout, Duration.ofSeconds(1));
        idlePause.ifPresent(SandboxSpec::checkIdlePause);
        checkEnvironment(environment);
        checkMetadata(metadata);
        check(name.length() <= MAX_NAME, "name", "a name of " + name.length() + " characters; at most " + MAX_NAME);
        directory.ifPresent(path -> check(
                !path.isEmpty() && isText(path) && bytes(path) <= MAX_PATH_BYTES,
                "directory",
                "a directory of %d bytes; it has 1 to %d and no NUL".formatted(bytes(path), MAX_PATH_BYTES)));
        idempotencyKey.ifPresent(key -> check(
                !key.isEmpty() && key.length() <= MAX_KEY && key.chars().allMatch(c -> c > ' ' && c < 0x7f),
                "idempotency_key",
                "an idempotency key of %d characters; it has 1 to %d printable ASCII characters"
                        .formatted(key.length(), MAX_KEY)));
    }

    /** A sandbox that is created from an image. */
    public SandboxSpec(
            MachineKind kind,
            Duration timeout,
            Map<String, String> environment,
            Optional<String> directory,
            Map<String, String> metadata,
            String name,
            Optional<String> idempotencyKey,
            OnTimeout onTimeout,
            boolean autoResume) {
        this(
                kind,
                timeout,
                environment,
                directory,
                metadata,
                name,
                idempotencyKey,
                onTimeout,
                autoResume,
                Optional.empty(),
                Optional.empty());
    }

    /** One that ends when its time-out passes. */
    public SandboxSpec(
            MachineKind kind,
            Duration timeout,
            Map<String, String> environment,
            Optional<String> directory,
            Map<String, String> metadata,
            String name,
            Optional<String> idempotencyKey) {
        this(kind, timeout, environment, directory, metadata, name, idempotencyKey, OnTimeout.KILL, false);
    }

    /** Returns this specification without the environment, whose values only the guest keeps. */
    SandboxSpec withoutEnvironment() {
        return new SandboxSpec(
                kind,
                timeout,
                Map.of(),
                directory,
                metadata,
                name,
                idempotencyKey,
                onTimeout,
                autoResume,
                idlePause,
                forkedFrom);
    }

    /** Returns the specification of a copy, which has the environment of its source in its memory. */
    SandboxSpec copy(SandboxId source, Duration life) {
        return new SandboxSpec(
                kind,
                life,
                Map.of(),
                directory,
                metadata,
                "",
                Optional.empty(),
                onTimeout,
                autoResume,
                idlePause,
                Optional.of(source));
    }

    /** Returns this specification for a sandbox that is paused when it is idle. */
    public SandboxSpec pausedAfter(Duration idle) {
        return new SandboxSpec(
                kind,
                timeout,
                environment,
                directory,
                metadata,
                name,
                idempotencyKey,
                onTimeout,
                autoResume,
                Optional.of(idle),
                forkedFrom);
    }

    /** Returns the memory of its guest. */
    long memoryBytes() {
        return kind.size().memoryBytes();
    }

    /** Throws {@code INVALID_ARGUMENT} unless the time-out is between {@code least} and 24 hours. */
    static void checkTimeout(Duration timeout, Duration least) {
        check(
                timeout.compareTo(least) >= 0 && timeout.compareTo(MAX_TIMEOUT) <= 0,
                "timeout",
                "timeout of %d s is out of range; use %d s to 24 h".formatted(timeout.toSeconds(), least.toSeconds()));
    }

    private static void checkIdlePause(Duration idle) {
        check(
                idle.compareTo(SHORTEST_IDLE) >= 0 && idle.compareTo(MAX_TIMEOUT) <= 0,
                "idle_pause",
                "idle pause after %d s is out of range; use %d s to 24 h"
                        .formatted(idle.toSeconds(), SHORTEST_IDLE.toSeconds()));
    }

    private static void checkEnvironment(Map<String, String> environment) {
        check(
                environment.size() <= MAX_VARIABLES,
                "environment",
                environment.size() + " environment variables; at most " + MAX_VARIABLES);
        int size = environment.entrySet().stream()
                .mapToInt(variable -> bytes(variable.getKey()) + bytes(variable.getValue()))
                .sum();
        check(
                size <= MAX_ENVIRONMENT_BYTES,
                "environment",
                "an environment of " + size + " bytes; at most " + MAX_ENVIRONMENT_BYTES);
        environment.forEach((variable, value) -> check(
                !variable.isEmpty() && !variable.contains("=") && isText(variable) && isText(value),
                "environment",
                "an environment variable whose name is empty or contains '=', or that contains NUL"));
    }

    private static void checkMetadata(Map<String, String> metadata) {
        check(metadata.size() <= MAX_LABELS, "metadata", metadata.size() + " labels; at most " + MAX_LABELS);
        metadata.forEach((label, value) -> check(
                !label.isEmpty() && bytes(label) <= MAX_LABEL_BYTES && bytes(value) <= MAX_VALUE_BYTES,
                "metadata",
                "a label of %d bytes with a value of %d; a label has 1 to %d bytes and its value at most %d"
                        .formatted(bytes(label), bytes(value), MAX_LABEL_BYTES, MAX_VALUE_BYTES)));
    }

    private static void check(boolean allowed, String argument, String message) {
        if (!allowed) {
            throw NeuroVisorException.invalid(argument, message);
        }
    }

    private static boolean isText(String text) {
        return text.indexOf('\0') < 0;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
