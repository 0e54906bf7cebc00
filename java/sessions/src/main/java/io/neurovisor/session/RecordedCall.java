package io.neurovisor.session;

import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import java.util.Optional;

/**
 * A tool call of a model and its result.
 *
 * @param refusal why the call was rejected; empty if it was executed or was to be
 * @param result the text returned to the model; empty if the run ended before
 */
public record RecordedCall(
        ToolCall call, Optional<Execution> execution, Optional<String> refusal, Optional<String> result) {
    /** A program that has run. Its output is limited to what the database stores. */
    public record Execution(CodeRequest request, CodeResult result, long stdoutBytes, long stderrBytes) {}
}
