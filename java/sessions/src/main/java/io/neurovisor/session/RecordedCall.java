package io.neurovisor.session;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import java.util.Optional;

/**
 * A model's wish with what became of it.
 *
 * @param refusal what was wrong with it; empty where it was executed, or was to be
 * @param result what the model was told; empty where the run ended before
 */
public record RecordedCall(
        ToolCall call, Optional<Execution> execution, Optional<String> refusal, Optional<String> result) {
    /** A program that has run. Of its output there is as much as the database keeps. */
    public record Execution(CodeRequest request, CodeResult result, long stdoutBytes, long stderrBytes) {
        public Execution {
            requireNonNull(request, "request is null");
            requireNonNull(result, "result is null");
        }
    }

    public RecordedCall {
        requireNonNull(call, "call is null");
        requireNonNull(execution, "execution is null");
        requireNonNull(refusal, "refusal is null");
        requireNonNull(result, "result is null");
    }
}
