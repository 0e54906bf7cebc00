package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import java.util.List;

/** Forwards each event to several listeners, in their order. */
public record AgentListeners(List<AgentListener> all) implements AgentListener {
    public AgentListeners {
        all = List.copyOf(all);
    }

    @Override
    public void iteration(int number, String model) {
        all.forEach(listener -> listener.iteration(number, model));
    }

    @Override
    public void text(String piece) {
        all.forEach(listener -> listener.text(piece));
    }

    @Override
    public void retry(String reason) {
        all.forEach(listener -> listener.retry(reason));
    }

    @Override
    public void called(ToolCall call) {
        all.forEach(listener -> listener.called(call));
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        all.forEach(listener -> listener.executed(call, request, result));
    }

    @Override
    public void refused(ToolCall call, String reason) {
        all.forEach(listener -> listener.refused(call, reason));
    }

    @Override
    public void said(Message message) {
        all.forEach(listener -> listener.said(message));
    }

    @Override
    public void ended(AgentResult result) {
        all.forEach(listener -> listener.ended(result));
    }
}
