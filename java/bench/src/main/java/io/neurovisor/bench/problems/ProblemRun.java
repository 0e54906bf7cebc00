package io.neurovisor.bench.problems;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.trace.TraceId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Puts problems to an agent, one after another, so that they do not compete for the model or the machines. */
public record ProblemRun(AgentRun agent, Supplier<TraceId> traceIds) {
    /** Returns the attempts. Stops early if the model or the machines fail, or if the run is cancelled. */
    public List<Attempt> run(List<Problem> problems, Consumer<Attempt> progress) {
        List<Attempt> attempts = new ArrayList<>();
        for (Problem problem : problems) {
            TraceId traceId = traceIds.get();
            AgentResult result = agent.run(new AgentTask(traceId, problem.task()), AgentListener.NONE);
            Attempt attempt = new Attempt(problem, traceId, result);
            attempts.add(attempt);
            progress.accept(attempt);
            if (isOver(attempt)) {
                return attempts;
            }
        }
        return attempts;
    }

    /** Returns whether the next problem would fail for the same reason. */
    private static boolean isOver(Attempt attempt) {
        return switch (attempt.result().end()) {
            case CANCELLED, MODEL_FAILED, SANDBOX_FAILED -> true;
            case ANSWERED, ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT -> false;
        };
    }
}
