package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.Timestamp;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.pool.MachineKind;
import io.neurovisor.engine.sandbox.SandboxPhase;
import io.neurovisor.engine.sandbox.SandboxSpec;
import io.neurovisor.engine.sandbox.checkpoint.Snapshot;
import io.neurovisor.proto.sandbox.ConnectRequest;
import io.neurovisor.proto.sandbox.CreateRequest;
import io.neurovisor.proto.sandbox.ForkRequest;
import io.neurovisor.proto.sandbox.ListRequest;
import io.neurovisor.proto.sandbox.OnTimeout;
import io.neurovisor.proto.sandbox.SandboxState;
import io.neurovisor.server.sandbox.SandboxQuery;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Checks requests about sandboxes. What is not allowed is {@code INVALID_ARGUMENT} with field, value and range. */
final class SandboxRequests {
    private static final int MAX_PAGE_SIZE = 100;
    private static final int MAX_COPIES = 32;
    private static final int MAX_TOKEN_CHARACTERS = 200;
    private static final int MAX_TEMPLATE_CHARACTERS = 128;

    /** The range of protobuf's timestamps. */
    private static final long YEAR_1 = -62_135_596_800L;

    private static final long YEAR_9999 = 253_402_300_799L;
    private static final int MAX_NANOS = 999_999_999;

    private SandboxRequests() {}

    /**
     * Returns the sandbox that a client asks for.
     *
     * @param usual for what the request leaves open
     * @param timeout for a request without one
     */
    static SandboxSpec spec(CreateRequest request, MachineKind usual, Duration timeout) {
        return new SandboxSpec(
                new MachineKind(
                        request.getTemplate().isEmpty() ? usual.image() : template(request.getTemplate()),
                        request.getSize().isEmpty() ? usual.size() : SandboxSize.named(request.getSize())),
                lifetime(request.getTimeoutSecs(), timeout),
                request.getEnvMap(),
                Optional.of(request.getCwd()).filter(directory -> !directory.isEmpty()),
                request.getMetadataMap(),
                request.getName(),
                Optional.of(request.getIdempotencyKey()).filter(key -> !key.isEmpty()),
                onTimeout(request.getOnTimeout()),
                request.getAutoResume(),
                idlePause(request),
                Optional.empty());
    }

    /**
     * Returns the sandbox that a client asks for, and that begins as a snapshot. Its memory has what a creation sets: the size,
     * the environment and the directory.
     */
    static SandboxSpec spec(CreateRequest request, Snapshot snapshot, Duration timeout) {
        String size = snapshot.kind().size().label();
        rejectFixed("size", !request.getSize().isEmpty() && !request.getSize().equals(size), snapshot);
        rejectFixed("env", request.getEnvCount() > 0, snapshot);
        rejectFixed("cwd", !request.getCwd().isEmpty(), snapshot);
        return new SandboxSpec(
                snapshot.kind(),
                lifetime(request.getTimeoutSecs(), timeout),
                Map.of(),
                snapshot.directory(),
                request.getMetadataMap(),
                request.getName(),
                Optional.of(request.getIdempotencyKey()).filter(key -> !key.isEmpty()),
                onTimeout(request.getOnTimeout()),
                request.getAutoResume(),
                idlePause(request),
                Optional.of(snapshot.source()));
    }

    private static void rejectFixed(String field, boolean isGiven, Snapshot snapshot) {
        if (isGiven) {
            throw NeuroVisorException.invalid(
                    field,
                    "%s cannot be chosen for a sandbox that begins as a snapshot: %s has size %s and the environment and cwd of its sandbox; set variables for each process"
                            .formatted(
                                    field, snapshot.id(), snapshot.kind().size().label()));
        }
    }

    private static SandboxSpec.OnTimeout onTimeout(OnTimeout value) {
        return switch (value) {
            case ON_TIMEOUT_UNSPECIFIED, ON_TIMEOUT_KILL -> SandboxSpec.OnTimeout.KILL;
            case ON_TIMEOUT_PAUSE -> SandboxSpec.OnTimeout.PAUSE;
            case UNRECOGNIZED ->
                throw NeuroVisorException.invalid("on_timeout", "on_timeout has a value that is not known; use 0 to 2");
        };
    }

    private static Optional<Duration> idlePause(CreateRequest request) {
        return request.getIdlePauseSecs() == 0 ? Optional.empty() : Optional.of(seconds(request.getIdlePauseSecs()));
    }

    /** Returns the least rest of life that a client asks for; empty if it leaves the time-out as it is. */
    static Optional<Duration> extension(ConnectRequest request) {
        return request.getTimeoutSecs() == 0 ? Optional.empty() : Optional.of(seconds(request.getTimeoutSecs()));
    }

    /** Returns the time-out of a new sandbox. */
    static Duration lifetime(int seconds, Duration usual) {
        return seconds == 0 ? usual : seconds(seconds);
    }

    /**
     * Throws {@code IMAGE_UNKNOWN} or another fault if the image of a new sandbox cannot be used.
     *
     * @param available throws it
     */
    static void requireImage(UnaryOperator<MachineKind> available, MachineKind kind) {
        try {
            MachineKind _ = available.apply(kind);
        } catch (NeuroVisorException unknown) {
            if (unknown.fault() != Fault.IMAGE_UNKNOWN) {
                throw unknown;
            }
            throw new NeuroVisorException(
                    Fault.IMAGE_UNKNOWN,
                    unknown.getMessage() + "; no snapshot or template of this client has that id or name either",
                    unknown);
        }
    }

    /** Returns the number of copies that a client asks for. */
    static int copies(ForkRequest request) {
        if (Integer.compareUnsigned(request.getCount(), MAX_COPIES) > 0) {
            throw NeuroVisorException.invalid(
                    "count",
                    "count is %s; 1 to %d is allowed"
                            .formatted(Integer.toUnsignedString(request.getCount()), MAX_COPIES));
        }
        return Math.max(1, request.getCount());
    }

    private static String template(String name) {
        if (name.length() > MAX_TEMPLATE_CHARACTERS) {
            throw NeuroVisorException.invalid(
                    "template",
                    "template has %d characters; at most %d are allowed"
                            .formatted(name.length(), MAX_TEMPLATE_CHARACTERS));
        }
        return name;
    }

    /** @param seconds unsigned */
    static Duration seconds(int seconds) {
        return Duration.ofSeconds(Integer.toUnsignedLong(seconds));
    }

    static SandboxQuery query(ListRequest request) {
        return new SandboxQuery(
                request.getStatesList().stream()
                        .flatMap(SandboxRequests::phases)
                        .collect(Collectors.toSet()),
                request.getMetadataMap(),
                Optional.of(request.getTemplate()).filter(name -> !name.isEmpty()),
                request.hasStartedAfter()
                        ? Optional.of(instant("started_after", request.getStartedAfter()))
                        : Optional.empty(),
                request.getOldestFirst(),
                pageSize(request.getPageSize()),
                Optional.of(request.getPageToken())
                        .filter(token -> !token.isEmpty())
                        .map(SandboxRequests::position));
    }

    private static Stream<SandboxPhase> phases(SandboxState state) {
        return switch (state) {
            case SANDBOX_STATE_CREATING -> Stream.of(SandboxPhase.CREATING);
            case SANDBOX_STATE_RUNNING -> Stream.of(SandboxPhase.RUNNING);
            case SANDBOX_STATE_PAUSING -> Stream.of(SandboxPhase.PAUSING, SandboxPhase.COPYING);
            case SANDBOX_STATE_PAUSED -> Stream.of(SandboxPhase.PAUSED);
            case SANDBOX_STATE_RESUMING -> Stream.of(SandboxPhase.RESUMING);
            case SANDBOX_STATE_ENDED -> Stream.of(SandboxPhase.ENDED);
            case SANDBOX_STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw NeuroVisorException.invalid("states", "states has a value that is not known; 1 to 6 are allowed");
        };
    }

    private static int pageSize(int size) {
        if (Integer.compareUnsigned(size, MAX_PAGE_SIZE) > 0) {
            throw NeuroVisorException.invalid(
                    "page_size",
                    "page_size is %s; 1 to %d is allowed".formatted(Integer.toUnsignedString(size), MAX_PAGE_SIZE));
        }
        return size == 0 ? MAX_PAGE_SIZE : size;
    }

    private static SandboxQuery.Position position(String token) {
        return SandboxQuery.Position.parse(token.length() > MAX_TOKEN_CHARACTERS ? "" : token);
    }

    static Instant instant(String field, Timestamp time) {
        if (time.getSeconds() < YEAR_1
                || time.getSeconds() > YEAR_9999
                || time.getNanos() < 0
                || time.getNanos() > MAX_NANOS) {
            throw NeuroVisorException.invalid(
                    field,
                    "%s is %d s and %d ns after 1970; a time of the years 1 to 9999 is allowed"
                            .formatted(field, time.getSeconds(), time.getNanos()));
        }
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }
}
