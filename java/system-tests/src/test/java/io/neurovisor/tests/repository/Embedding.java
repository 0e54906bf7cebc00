package io.neurovisor.tests.repository;

import com.fasterxml.uuid.Generators;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.CodeRunner;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.provider.ModelChoice;
import io.neurovisor.agent.provider.ModelServers;
import io.neurovisor.engine.trace.TraceId;
import java.net.URI;

/** Lets a model solve a task; the given runner runs its programs. */
final class Embedding {
    static String answer(URI ollama, CodeRunner runner, String text) {
        Model model = ModelServers.open(ModelChoice.ollama(ollama, "qwen3"));
        TraceId traceId = new TraceId(Generators.timeBasedEpochRandomGenerator().generate());
        AgentListener listener = new AgentListener() {
            @Override
            public void executed(ToolCall call, CodeRequest request, CodeResult result) {
                System.out.println(request.code() + " ended with " + result.exitCode());
            }
        };
        AgentResult result = new AgentRun(model, runner, AgentLimits.USUAL).run(new AgentTask(traceId, text), listener);
        return result.end() == AgentEnd.ANSWERED ? result.answer() : result.explanation();
    }

    private Embedding() {}
}
