package io.neurovisor.cli.agent;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.cli.sandbox.interpreter.ResultFiles;

/** Saves the rich results of a run: those of its third call as {@code call-3-1.png}, {@code call-3-2.html} and so on. */
final class AgentResultFiles implements AgentListener {
    private final ResultFiles files;
    private int calls;

    AgentResultFiles(ResultFiles files) {
        this.files = files;
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        calls++;
        files.begin(calls);
        result.displays().forEach(files::save);
    }
}
