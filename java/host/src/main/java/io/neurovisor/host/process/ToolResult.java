package io.neurovisor.host.process;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;

/**
 * How a tool's run ended by itself.
 *
 * @param program the program that failed, or the first of the pipeline when none did
 * @param exitCode 0 when every program of the pipeline succeeded
 * @param messages the last lines of the standard error of every program of the pipeline, in the pipeline's order
 */
public record ToolResult(String program, int exitCode, List<String> messages) {
    public ToolResult {
        requireNonNull(program, "program is null");
        messages = List.copyOf(messages);
    }

    public boolean failed() {
        return exitCode != 0;
    }

    public void orThrow() {
        if (failed()) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "%s failed with exit code %d: %s".formatted(program, exitCode, lastMessage()));
        }
    }

    /** The line that most likely names the reason. */
    public String lastMessage() {
        return messages.isEmpty() ? "it printed no reason" : messages.getLast();
    }
}
