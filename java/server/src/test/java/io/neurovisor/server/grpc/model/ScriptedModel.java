package io.neurovisor.server.grpc.model;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ServerTimes;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/** A model with scripted replies; the last one is repeated indefinitely. */
final class ScriptedModel implements Model {
    /** A reply, or a failure in its place. */
    interface Reply extends Supplier<ModelReply> {}

    private final List<Reply> replies;
    private final List<ModelRequest> requests = new CopyOnWriteArrayList<>();

    ScriptedModel(Reply... replies) {
        this.replies = List.of(replies);
    }

    static Reply says(String text) {
        return () -> new ModelReply(
                text,
                List.of(),
                new Usage(100, 10),
                false,
                new ServerTimes(
                        Optional.of(Duration.ofMillis(1250)), Optional.empty(), Optional.empty(), Optional.empty()));
    }

    static Reply calls(String arguments) {
        ToolCall call = new ToolCall("call_a", "execute_code", arguments);
        return () -> new ModelReply("", List.of(call), new Usage(100, 10), false, ServerTimes.NONE);
    }

    static Reply fails(ModelFailure.Reason reason) {
        return () -> {
            throw new ModelFailure(reason, "it is " + reason);
        };
    }

    List<ModelRequest> requests() {
        return List.copyOf(requests);
    }

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public int contextTokens() {
        return 8192;
    }

    @Override
    public boolean hasNativeTools() {
        return true;
    }

    @Override
    public ModelReply ask(ModelRequest request, ReplyListener listener) {
        requests.add(request);
        ModelReply reply =
                replies.get(Math.min(requests.size(), replies.size()) - 1).get();
        listener.text(reply.text());
        return reply;
    }
}
