package io.neurovisor.server.grpc.model;

import com.google.protobuf.ByteString;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentLimits;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentStats;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.proto.agent.AgentOutcome;
import io.neurovisor.proto.agent.Display;
import io.neurovisor.proto.agent.DisplayPart;
import io.neurovisor.proto.agent.Execution;
import io.neurovisor.proto.agent.Finished;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;

/** Translates tasks and events between protobuf messages of clients and the agent's values. */
final class AgentProtos {
    /** The limit for a text in an event; clients reject messages of more than 4 MiB. */
    private static final int MAX_CHARACTERS = 1 << 20;

    private static final int MAX_DISPLAY_BYTES = 3 << 20;
    private static final int MAX_OUTPUT_CHARACTERS = 64 << 10;
    private static final double NANOS_PER_MILLISECOND = 1e6;

    private AgentProtos() {}

    /**
     * Returns the limits of a run.
     *
     * @param wanted zero where the client sets no limit
     * @param allowed the highest limits
     */
    static AgentLimits limits(io.neurovisor.proto.agent.AgentLimits wanted, AgentLimits allowed) {
        return new AgentLimits(
                within("iterations", wanted.getIterations(), allowed.iterations()),
                within("tokens", wanted.getTokens(), allowed.tokens()),
                within("tool_calls", wanted.getToolCalls(), allowed.toolCalls()),
                allowed.parallelCalls(),
                wanted.getTimeoutSecs() == 0
                        ? allowed.time()
                        : Duration.ofSeconds(within(
                                "timeout_secs",
                                wanted.getTimeoutSecs(),
                                Math.toIntExact(allowed.time().toSeconds()))),
                allowed.outputCharacters());
    }

    private static int within(String name, int wanted, int allowed) {
        if (Integer.toUnsignedLong(wanted) > allowed) {
            throw NeuroVisorException.invalid(
                    "limits." + name,
                    "limits." + name + " " + Integer.toUnsignedString(wanted) + " is more than the " + allowed
                            + " that this server allows");
        }
        return wanted == 0 ? allowed : wanted;
    }

    static io.neurovisor.proto.agent.ToolCall call(ToolCall call) {
        return io.neurovisor.proto.agent.ToolCall.newBuilder()
                .setId(cut(call.id()))
                .setName(cut(call.name()))
                .setArguments(cut(call.arguments()))
                .build();
    }

    static Execution execution(ToolCall call, CodeRequest request, CodeResult result) {
        Execution.Builder execution = Execution.newBuilder()
                .setCallId(cut(call.id()))
                .setLanguage(request.language().label())
                .setOutcome(result.outcome().name())
                .setExitCode(result.exitCode())
                .setDurationMs(milliseconds(result.duration()))
                .setStdout(result.stdout().text(MAX_OUTPUT_CHARACTERS))
                .setStdoutTotalBytes(result.stdout().totalBytes())
                .setStderr(result.stderr().text(MAX_OUTPUT_CHARACTERS))
                .setStderrTotalBytes(result.stderr().totalBytes())
                .setDetail(result.detail());
        result.bootTime().ifPresent(time -> execution.setBootMs(milliseconds(time)));
        return execution.build();
    }

    static Display display(ToolCall call, CellDisplay display) {
        Display.Builder message = Display.newBuilder().setCallId(cut(call.id()));
        int bytes = 0;
        for (Map.Entry<String, ByteBuffer> part : display.parts().entrySet()) {
            ByteBuffer content = part.getValue().duplicate();
            DisplayPart.Builder sent =
                    DisplayPart.newBuilder().setMimeType(part.getKey()).setSizeBytes(content.remaining());
            if (bytes + content.remaining() <= MAX_DISPLAY_BYTES) {
                bytes += content.remaining();
                sent.setData(ByteString.copyFrom(content));
            }
            message.addParts(sent);
        }
        return message.build();
    }

    static Finished finished(AgentResult result) {
        return Finished.newBuilder()
                .setOutcome(outcome(result.end()))
                .setAnswer(cut(result.answer()))
                .setExplanation(result.explanation())
                .setStats(stats(result.stats()))
                .build();
    }

    private static io.neurovisor.proto.agent.AgentStats stats(AgentStats stats) {
        io.neurovisor.proto.agent.AgentStats.Builder message = io.neurovisor.proto.agent.AgentStats.newBuilder()
                .setIterations(stats.iterations())
                .setToolCalls(stats.toolCalls())
                .setPromptTokens(stats.usage().prompt())
                .setReplyTokens(stats.usage().reply())
                .setTotalMs(milliseconds(stats.total()));
        stats.loadTime().ifPresent(time -> message.setModelLoadMs(milliseconds(time)));
        return message.build();
    }

    static AgentOutcome outcome(AgentEnd end) {
        return switch (end) {
            case ANSWERED -> AgentOutcome.AGENT_OUTCOME_ANSWERED;
            case ITERATION_LIMIT -> AgentOutcome.AGENT_OUTCOME_ITERATION_LIMIT;
            case TOKEN_LIMIT -> AgentOutcome.AGENT_OUTCOME_TOKEN_LIMIT;
            case TIME_LIMIT -> AgentOutcome.AGENT_OUTCOME_TIME_LIMIT;
            case TOOL_CALL_LIMIT -> AgentOutcome.AGENT_OUTCOME_TOOL_CALL_LIMIT;
            case CANCELLED -> AgentOutcome.AGENT_OUTCOME_CANCELLED;
            case MODEL_FAILED -> AgentOutcome.AGENT_OUTCOME_MODEL_FAILED;
            case SANDBOX_FAILED -> AgentOutcome.AGENT_OUTCOME_SANDBOX_FAILED;
        };
    }

    /** Truncates a text to the size of an event and says so in the text. */
    static String cut(String text) {
        return text.length() <= MAX_CHARACTERS
                ? text
                : text.substring(0, MAX_CHARACTERS) + "\n[cut here: it has " + text.length() + " characters]";
    }

    private static double milliseconds(Duration duration) {
        return duration.toNanos() / NANOS_PER_MILLISECOND;
    }
}
