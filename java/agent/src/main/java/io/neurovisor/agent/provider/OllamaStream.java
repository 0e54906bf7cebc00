package io.neurovisor.agent.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.neurovisor.agent.calls.CallArguments;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ServerTimes;
import java.time.Duration;
import java.util.Optional;

/** Checks a reply of Ollama: one JSON object per line; the last one is marked as done. */
final class OllamaStream implements StreamCheck {
    private static final ObjectMapper JSON = new ObjectMapper();

    private int calls;
    private boolean complete;
    private boolean cut;
    private ServerTimes times = ServerTimes.NONE;

    @Override
    public String checked(String data) throws Refused {
        ObjectNode event = object(data);
        String error = ServerErrors.message(event);
        if (!error.isEmpty()) {
            throw new Refused(
                    error.contains("does not support tools")
                            ? ModelFailure.Reason.TOOLS_UNSUPPORTED
                            : ModelFailure.Reason.SERVER_ERROR,
                    ConnectionFailures.line(error));
        }
        for (JsonNode call : event.path("message").path("tool_calls")) {
            number(call.path("function"));
        }
        if (event.path("done").asBoolean()) {
            complete = true;
            // A server that has cached the whole conversation reports no prompt count; LangChain4j ignores the other
            // count
            // without it.
            if (event.has("eval_count") && !event.has("prompt_eval_count")) {
                event.put("prompt_eval_count", 0);
            }
            cut = event.path("done_reason").asText("").equals("length");
            times = new ServerTimes(
                    nanos(event, "load_duration"),
                    nanos(event, "prompt_eval_duration"),
                    nanos(event, "eval_duration"),
                    nanos(event, "total_duration"));
        }
        return event.toString();
    }

    @Override
    public boolean isComplete() {
        return complete;
    }

    @Override
    public boolean isCut() {
        return cut;
    }

    @Override
    public ServerTimes times() {
        return times;
    }

    private static Optional<Duration> nanos(JsonNode event, String name) {
        long nanos = event.path(name).asLong();
        return nanos > 0 ? Optional.of(Duration.ofNanos(nanos)) : Optional.empty();
    }

    /**
     * Numbers the call and makes its arguments an object. Older servers give calls no number or the same one, and LangChain4j would
     * merge them. LangChain4j drops the whole event if the arguments are not an object.
     */
    private void number(JsonNode function) {
        if (function instanceof ObjectNode object) {
            object.put("index", calls);
            calls++;
            if (!object.path("arguments").isObject()) {
                String written = object.path("arguments").asText("");
                object.set(
                        "arguments",
                        CallArguments.read(written)
                                .orElseGet(() ->
                                        JsonNodeFactory.instance.objectNode().put("unreadable", written)));
            }
        }
    }

    private static ObjectNode object(String data) throws Refused {
        try {
            if (JSON.readTree(data) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException exception) {
            // Reported below.
        }
        throw new Refused(ModelFailure.Reason.BROKEN_STREAM, "a line of the reply is not a JSON object");
    }
}
