package io.neurovisor.bench.problems;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentRun;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.engine.trace.TraceId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Puts problems to an agent one after another, so that none waits for another's model or machine. */
public final class AgentBench {
    private final AgentRun agent;
    private final Supplier<TraceId> traceIds;

    public AgentBench(AgentRun agent, Supplier<TraceId> traceIds) {
        this.agent = requireNonNull(agent, "agent is null");
        this.traceIds = requireNonNull(traceIds, "traceIds is null");
    }

    /** Ends early where no model, no machine or nobody is there any more; what there is until then is returned. */
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

    /** Whether the next problem would fail for the same reason. */
    private static boolean isOver(Attempt attempt) {
        return switch (attempt.result().end()) {
            case CANCELLED, MODEL_FAILED, SANDBOX_FAILED -> true;
            case ANSWERED, ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT -> false;
        };
    }
}
