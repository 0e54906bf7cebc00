package io.neurovisor.host.process;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.List;

/**
 * The result of a run that ended by itself.
 *
 * @param program the program that failed, or the first of the pipeline if none did
 * @param exitCode 0 if every program of the pipeline succeeded
 * @param messages the last lines of the standard error of all programs, in the order of the pipeline
 */
public record ToolResult(String program, int exitCode, List<String> messages) {
    public ToolResult {
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

    /** Returns the line that most likely gives the reason. */
    public String lastMessage() {
        return messages.isEmpty() ? "it printed no reason" : messages.getLast();
    }
}
