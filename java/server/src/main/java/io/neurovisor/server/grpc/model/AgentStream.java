package io.neurovisor.server.grpc.model;

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
 * Sends the events of a run to a client. A disconnect interrupts the thread of the run, so this listener reports no
 * error to the run, and the other listeners still receive its end.
 */
final class AgentStream implements AgentListener {
    private final Consumer<AgentEvent> client;
    private boolean gone;

    /** @param client may block, which applies back-pressure; throws after a disconnect and interrupts the thread */
    AgentStream(Consumer<AgentEvent> client) {
        this.client = client;
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
            send(AgentEvent.newBuilder().setText(Text.newBuilder().setText(AgentProtos.cut(piece))));
        }
    }

    @Override
    public void retry(String reason) {
        send(AgentEvent.newBuilder().setRetry(Retry.newBuilder().setReason(reason)));
    }

    @Override
    public void called(ToolCall call) {
        send(AgentEvent.newBuilder().setToolCall(AgentProtos.call(call)));
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        send(AgentEvent.newBuilder().setExecution(AgentProtos.execution(call, request, result)));
        result.displays()
                .forEach(display -> send(AgentEvent.newBuilder().setDisplay(AgentProtos.display(call, display))));
    }

    @Override
    public void refused(ToolCall call, String reason) {
        send(AgentEvent.newBuilder()
                .setRefused(Refused.newBuilder().setCallId(call.id()).setReason(AgentProtos.cut(reason))));
    }

    @Override
    public void ended(AgentResult result) {
        send(AgentEvent.newBuilder().setFinished(AgentProtos.finished(result)));
    }

    private void send(AgentEvent.Builder event) {
        if (gone) {
            return;
        }
        try {
            client.accept(event.build());
        } catch (NeuroVisorException exception) {
            gone = true;
            // Restores the interrupt for the run, which has not noticed the disconnect.
            Thread.currentThread().interrupt();
        }
    }
}
