package io.neurovisor.bench.endurance;

import io.neurovisor.engine.execution.ExecutionRequest;
import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.engine.program.Program;
import io.neurovisor.host.files.Sha256;
import io.neurovisor.server.client.DaemonResult;
import io.neurovisor.server.trace.TraceIds;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/** A program that a client asks for; its unique {@code token} shows in the audit log how often it was started. */
record ClientRequest(RequestKind kind, String token) {
    static final int OUTPUT_BYTES = 3_000_000;

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    /** Long enough for the start of an emulated guest next to three others. */
    private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(3);

    private static final int EXIT_CODE = 3;

    ExecutionRequest request(SandboxSize size) {
        return new ExecutionRequest(
                TraceIds.next(), program(), kind == RequestKind.TIMEOUT ? SHORT_TIMEOUT : TIMEOUT, size);
    }

    /** Returns the digest of the program's text, as in the audit log. */
    String digest() {
        return Sha256.of(program().code().getBytes(StandardCharsets.UTF_8));
    }

    private Program program() {
        return switch (kind) {
            case GREETING -> new Program(Language.PYTHON, "print('" + token + "')");
            case OUTPUT -> bash("head -c " + OUTPUT_BYTES + " /dev/zero | tr '\\0' x");
            case FAILURE -> bash("exit " + EXIT_CODE);
            case TIMEOUT, GONE -> bash("sleep 60");
            case KEYED -> bash("sleep 0.3");
        };
    }

    private Program bash(String command) {
        return new Program(Language.BASH, "echo " + token + "\n" + command);
    }

    /** Returns what is wrong with a result, or empty if it is right. */
    Optional<String> complaint(DaemonResult served, ReceivedOutput received) {
        Outcome wanted = kind == RequestKind.TIMEOUT ? Outcome.TIMED_OUT : Outcome.COMPLETED;
        int code = served.result().exit().exitCode();
        if (served.result().outcome() != wanted) {
            return Optional.of("ended as " + served.result().outcome() + ": "
                    + served.result().detail());
        }
        if (wanted == Outcome.COMPLETED && code != (kind == RequestKind.FAILURE ? EXIT_CODE : 0)) {
            return Optional.of("ended with code " + code);
        }
        long bytes = token.length() + 1L + (kind == RequestKind.OUTPUT ? OUTPUT_BYTES : 0);
        if (received.bytes() != bytes || !received.begin().equals(token)) {
            return Optional.of("printed " + received.bytes() + " bytes that begin with \"" + received.begin() + "\"");
        }
        return Optional.empty();
    }
}
