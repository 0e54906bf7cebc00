package io.neurovisor.server.grpc;

import static java.util.Objects.requireNonNull;

import io.neurovisor.agent.loop.AgentListener;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.proto.agent.AgentEvent;
import io.neurovisor.proto.agent.Iteration;
import io.neurovisor.proto.agent.Refused;
import io.neurovisor.proto.agent.Retry;
import io.neurovisor.proto.agent.Started;
import io.neurovisor.proto.agent.Text;
import java.util.function.Consumer;

/**
 * Sends what a run does to a client. A client that has gone is nothing that a run has to know: its thread is interrupted, so it
 * ends by itself, and whatever else listens hears its end.
 */
final class AgentStream implements AgentListener {
    private final Consumer<AgentEvent> client;
    private boolean gone;

    /** @param client may hold up whoever writes; throws when the client has gone, and has the thread interrupted */
    AgentStream(Consumer<AgentEvent> client) {
        this.client = requireNonNull(client, "client is null");
    }

    void started(Started started) {
        send(AgentEvent.newBuilder().setStarted(started));
    }

    @Override
    public void iteration(int number, String model) {
        send(AgentEvent.newBuilder()
                .setIteration(Iteration.newBuilder().setNumber(number).setModel(model)));
    }

    @Override
    public void text(String piece) {
        if (!piece.isEmpty()) {
            send(AgentEvent.newBuilder().setText(Text.newBuilder().setText(AgentMessages.cut(piece))));
        }
    }

    @Override
    public void retry(String reason) {
        send(AgentEvent.newBuilder().setRetry(Retry.newBuilder().setReason(reason)));
    }

    @Override
    public void called(ToolCall call) {
        send(AgentEvent.newBuilder().setToolCall(AgentMessages.call(call)));
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        send(AgentEvent.newBuilder().setExecution(AgentMessages.execution(call, request, result)));
    }

    @Override
    public void refused(ToolCall call, String reason) {
        send(AgentEvent.newBuilder()
                .setRefused(Refused.newBuilder().setCallId(call.id()).setReason(AgentMessages.cut(reason))));
    }

    @Override
    public void ended(AgentResult result) {
        send(AgentEvent.newBuilder().setFinished(AgentMessages.finished(result)));
    }

    private void send(AgentEvent.Builder event) {
        if (gone) {
            return;
        }
        try {
            client.accept(event.build());
        } catch (NeuroVisorException exception) {
            gone = true;
            // It was what told of the client; the run has not noticed it yet.
            Thread.currentThread().interrupt();
        }
    }
}
