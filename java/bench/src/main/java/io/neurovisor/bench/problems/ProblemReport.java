package io.neurovisor.bench.problems;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.loop.AgentStats;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** The summary of all attempts at the {@code asked} selected problems. */
public record ProblemReport(String model, int asked, List<Attempt> attempts) {
    public ProblemReport {
        attempts = List.copyOf(attempts);
    }

    public long solved() {
        return attempts.stream().filter(Attempt::isSolved).count();
    }

    public static String line(Attempt attempt) {
        AgentStats stats = attempt.result().stats();
        return String.format(
                Locale.ROOT,
                "%-17s %-16s %2d iterations %2d tool calls %6d tokens %6.1f s",
                attempt.problem().name(),
                attempt.isSolved() ? "solved" : outcome(attempt),
                stats.iterations(),
                stats.toolCalls(),
                stats.usage().total(),
                stats.total().toMillis() / 1000.0);
    }

    public String summary() {
        return String.format(
                Locale.ROOT,
                "%s solved %d of %d (%.0f %%): %d iterations, %d tool calls, %d tokens, %.1f s",
                model,
                solved(),
                asked,
                100 * successRate(),
                sum(AgentStats::iterations),
                sum(AgentStats::toolCalls),
                sum(stats -> stats.usage().total()),
                sum(stats -> stats.total().toMillis()) / 1000.0);
    }

    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("model", model)
                .put("problems", asked)
                .put("solved", solved())
                .put("success_rate", successRate())
                .put("iterations", sum(AgentStats::iterations))
                .put("tool_calls", sum(AgentStats::toolCalls))
                .put("prompt_tokens", sum(stats -> stats.usage().prompt()))
                .put("reply_tokens", sum(stats -> stats.usage().reply()))
                .put("wall_ms", sum(stats -> stats.total().toMillis()));
        ArrayNode all = json.putArray("attempts");
        attempts.forEach(attempt -> all.add(json(attempt)));
        return json;
    }

    private static ObjectNode json(Attempt attempt) {
        AgentStats stats = attempt.result().stats();
        return JsonNodeFactory.instance
                .objectNode()
                .put("problem", attempt.problem().name())
                .put("trace_id", attempt.traceId().toString())
                .put("solved", attempt.isSolved())
                .put("outcome", attempt.result().end().name())
                .put("expected", attempt.problem().expected())
                .put("answer", attempt.result().answer())
                .put("explanation", attempt.result().explanation())
                .put("iterations", stats.iterations())
                .put("tool_calls", stats.toolCalls())
                .put("prompt_tokens", stats.usage().prompt())
                .put("reply_tokens", stats.usage().reply())
                .put("wall_ms", stats.total().toMillis());
    }

    private static String outcome(Attempt attempt) {
        return switch (attempt.result().end()) {
            case ANSWERED -> attempt.result().stats().toolCalls() == 0 ? "no program" : "wrong";
            case ITERATION_LIMIT, TOKEN_LIMIT, TIME_LIMIT, TOOL_CALL_LIMIT, CANCELLED, MODEL_FAILED, SANDBOX_FAILED ->
                attempt.result().end().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        };
    }

    private double successRate() {
        return asked == 0 ? 0 : (double) solved() / asked;
    }

    private long sum(ToLongFunction<AgentStats> part) {
        return attempts.stream()
                .mapToLong(attempt -> part.applyAsLong(attempt.result().stats()))
                .sum();
    }
}
