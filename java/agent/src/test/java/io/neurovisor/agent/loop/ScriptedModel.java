package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ModelReply;
import io.neurovisor.agent.model.ModelRequest;
import io.neurovisor.agent.model.ReplyListener;
import io.neurovisor.agent.model.ServerTimes;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.agent.model.Usage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A model with scripted replies; the last one is repeated indefinitely. */
final class ScriptedModel implements Model {
    private boolean hasVision;
    /** A reply, or a failure instead. */
    @FunctionalInterface
    interface Reply {
        ModelReply get();

        /** Returns the text that is streamed before the reply or the failure. */
        default String before() {
            return "";
        }
    }

    private final List<Reply> replies;
    private final List<ModelRequest> requests = new ArrayList<>();

    private ScriptedModel(List<Reply> replies) {
        this.replies = List.copyOf(replies);
    }

    static ScriptedModel of(Reply... replies) {
        return new ScriptedModel(List.of(replies));
    }

    static Reply says(String text) {
        return () -> new ModelReply(text, List.of(), new Usage(100, 10), false, ServerTimes.NONE);
    }

    /** Returns a reply with native calls, given as {@code language:code} and numbered. */
    static Reply calls(String... programs) {
        List<ToolCall> calls = new ArrayList<>();
        for (String program : programs) {
            int colon = program.indexOf(':');
            String arguments = com.fasterxml.jackson.databind.node.JsonNodeFactory.instance
                    .objectNode()
                    .put("language", program.substring(0, colon))
                    .put("code", program.substring(colon + 1))
                    .toString();
            calls.add(new ToolCall("call_" + calls.size(), "execute_code", arguments));
        }
        return () -> new ModelReply(
                "",
                calls,
                new Usage(100, 10),
                false,
                new ServerTimes(
                        Optional.of(Duration.ofMillis(1250)), Optional.empty(), Optional.empty(), Optional.empty()));
    }

    static Reply calls(ToolCall call) {
        return () -> new ModelReply("", List.of(call), new Usage(100, 10), false, ServerTimes.NONE);
    }

    static Reply fails(ModelFailure.Reason reason) {
        return () -> {
            throw new ModelFailure(reason, "it is " + reason);
        };
    }

    /** Returns a failure after some text. */
    static Reply fails(String said, ModelFailure.Reason reason) {
        return new Reply() {
            @Override
            public ModelReply get() {
                throw new ModelFailure(reason, "it is " + reason);
            }

            @Override
            public String before() {
                return said;
            }
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
        return hasVision ? 131_072 : 8192;
    }

    /** Returns this model, which reads images from now on and has room for many. */
    ScriptedModel withVision() {
        hasVision = true;
        return this;
    }

    @Override
    public boolean hasVision() {
        return hasVision;
    }

    @Override
    public boolean hasNativeTools() {
        return true;
    }

    @Override
    public ModelReply ask(ModelRequest request, ReplyListener listener) {
        requests.add(request);
        Reply next = replies.get(Math.min(requests.size(), replies.size()) - 1);
        listener.text(next.before());
        ModelReply reply = next.get();
        listener.text(reply.text());
        return reply;
    }
}
