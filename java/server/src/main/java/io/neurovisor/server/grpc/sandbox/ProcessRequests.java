package io.neurovisor.server.grpc.sandbox;

import com.google.protobuf.ByteString;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.process.OutputOffsets;
import io.neurovisor.engine.process.OutputStart;
import io.neurovisor.engine.process.ProcessSelector;
import io.neurovisor.engine.process.ProcessSpec;
import io.neurovisor.engine.process.TerminalSize;
import io.neurovisor.proto.sandbox.AttachRequest;
import io.neurovisor.proto.sandbox.StartRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks requests about processes. What is not allowed is {@code INVALID_ARGUMENT} with field, value and range. */
final class ProcessRequests {
    static final int MAX_COMMAND_BYTES = 4096;
    static final int MAX_ARGUMENTS_BYTES = 128 << 10;
    static final int MAX_VARIABLES = 256;
    static final int MAX_ENVIRONMENT_BYTES = 128 << 10;
    static final int MAX_TAG_CHARACTERS = 63;
    static final int MAX_TIMEOUT_SECONDS = 86_400;
    static final int MAX_INPUT_BYTES = 64 << 10;
    static final int MAX_SIGNAL = 64;
    static final int MAX_TERMINAL = 4096;

    private ProcessRequests() {}

    static ProcessSpec spec(StartRequest request) {
        Optional<Duration> timeout = timeout(request.getTimeoutSecs());
        return new ProcessSpec(
                command(request.getCommand()),
                arguments(request.getArgsList()),
                environment(request.getEnvMap()),
                directory(request.getCwd()),
                request.hasPty() ? Optional.of(size("pty", request.getPty())) : Optional.empty(),
                request.getStdin(),
                Optional.of(request.getTag()).filter(tag -> !tag.isEmpty()).map(tag -> tag("tag", tag)),
                request.getEndWithStream(),
                timeout);
    }

    /** @param seconds the field {@code timeout_secs}, unsigned */
    static Optional<Duration> timeout(int seconds) {
        inRange("timeout_secs", seconds, 0, MAX_TIMEOUT_SECONDS);
        return Optional.of(Duration.ofSeconds(seconds)).filter(timeout -> !timeout.isZero());
    }

    /** @param path the field {@code cwd} */
    static Optional<String> directory(String path) {
        return Optional.of(path).filter(cwd -> !cwd.isEmpty()).map(cwd -> FileRequests.path("cwd", cwd));
    }

    private static String command(String command) {
        int bytes = bytes(command);
        check(
                bytes >= 1 && bytes <= MAX_COMMAND_BYTES,
                "command",
                "has %d bytes; 1 to %d are allowed".formatted(bytes, MAX_COMMAND_BYTES));
        return text("command", command);
    }

    private static List<String> arguments(List<String> arguments) {
        int bytes = 0;
        for (String argument : arguments) {
            bytes += bytes(text("args", argument)) + 1;
        }
        check(
                bytes <= MAX_ARGUMENTS_BYTES,
                "args",
                "have %d bytes, with a NUL after each; %d are allowed".formatted(bytes, MAX_ARGUMENTS_BYTES));
        return arguments;
    }

    static Map<String, String> environment(Map<String, String> environment) {
        check(
                environment.size() <= MAX_VARIABLES,
                "env",
                "has %d variables; %d are allowed".formatted(environment.size(), MAX_VARIABLES));
        int bytes = 0;
        for (Map.Entry<String, String> variable : environment.entrySet()) {
            String name = text("env", variable.getKey());
            check(
                    !name.isEmpty() && name.indexOf('=') < 0,
                    "env",
                    "has a variable whose name is empty or contains '='");
            bytes += bytes(name) + bytes(text("env", variable.getValue()));
        }
        check(
                bytes <= MAX_ENVIRONMENT_BYTES,
                "env",
                "has %d bytes; %d are allowed".formatted(bytes, MAX_ENVIRONMENT_BYTES));
        return environment;
    }

    private static String tag(String field, String tag) {
        int characters = tag.codePointCount(0, tag.length());
        check(
                characters >= 1 && characters <= MAX_TAG_CHARACTERS,
                field,
                "has %d characters; 1 to %d are allowed".formatted(characters, MAX_TAG_CHARACTERS));
        check(tag.chars().noneMatch(Character::isISOControl), field, "contains a control character");
        return tag;
    }

    static TerminalSize size(String field, io.neurovisor.proto.sandbox.TerminalSize size) {
        inRange(field + ".rows", size.getRows(), 1, MAX_TERMINAL);
        inRange(field + ".cols", size.getCols(), 1, MAX_TERMINAL);
        return new TerminalSize(size.getRows(), size.getCols());
    }

    /** @param selector the field {@code process} */
    static ProcessSelector selector(io.neurovisor.proto.sandbox.ProcessSelector selector) {
        return switch (selector.getSelectorCase()) {
            case PID -> {
                inRange("process.pid", selector.getPid(), 1, Integer.MAX_VALUE);
                yield new ProcessSelector.Pid(selector.getPid());
            }
            case TAG -> new ProcessSelector.Tag(tag("process.tag", selector.getTag()));
            case SELECTOR_NOT_SET -> throw NeuroVisorException.invalid("process", "process has neither pid nor tag");
        };
    }

    static OutputStart start(AttachRequest request) {
        check(!request.getFromNow() || !request.hasOffsets(), "from_now", "excludes offsets");
        if (request.getFromNow()) {
            return new OutputStart.Now();
        }
        io.neurovisor.proto.sandbox.OutputOffsets offsets = request.getOffsets();
        return request.hasOffsets()
                ? new OutputStart.From(new OutputOffsets(
                        FileRequests.position("offsets.stdout", offsets.getStdout()),
                        FileRequests.position("offsets.stderr", offsets.getStderr()),
                        FileRequests.position("offsets.pty", offsets.getPty())))
                : new OutputStart.Kept();
    }

    static ByteBuffer input(ByteString data) {
        check(
                data.size() <= MAX_INPUT_BYTES,
                "data",
                "has %d bytes; %d are allowed".formatted(data.size(), MAX_INPUT_BYTES));
        return data.asReadOnlyByteBuffer();
    }

    static int signal(int signal) {
        inRange("signal", signal, 1, MAX_SIGNAL);
        return signal;
    }

    /** @param value unsigned */
    private static void inRange(String field, int value, int least, int most) {
        check(
                Integer.compareUnsigned(value, least) >= 0 && Integer.compareUnsigned(value, most) <= 0,
                field,
                "is %s; %d to %d is allowed".formatted(Integer.toUnsignedString(value), least, most));
    }

    private static String text(String field, String text) {
        check(text.indexOf(0) < 0, field, "contains a NUL character");
        return text;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void check(boolean allowed, String field, String problem) {
        if (!allowed) {
            throw NeuroVisorException.invalid(field, field + " " + problem);
        }
    }
}
