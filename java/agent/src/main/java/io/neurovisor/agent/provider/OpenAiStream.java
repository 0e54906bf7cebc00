package io.neurovisor.agent.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.agent.model.ModelFailure;
import io.neurovisor.agent.model.ServerTimes;
import java.time.Duration;
import java.util.Optional;

/** Checks a reply of an OpenAI-compatible server: JSON events; the last one has a finish reason or is {@code [DONE]}. */
final class OpenAiStream implements StreamCheck {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DONE = "[DONE]";

    private boolean complete;
    private boolean cut;
    private ServerTimes times = ServerTimes.NONE;

    @Override
    public String checked(String data) throws Refused {
        if (data.strip().equals(DONE)) {
            complete = true;
            return DONE;
        }
        JsonNode event = object(data);
        String error = ServerErrors.message(event);
        if (!error.isEmpty()) {
            throw new Refused(ModelFailure.Reason.SERVER_ERROR, ConnectionFailures.line(error));
        }
        JsonNode own = event.path("timings");
        if (own.isObject()) {
            times = times(own);
        }
        String finish = event.path("choices").path(0).path("finish_reason").asText("");
        if (!finish.isEmpty() && !finish.equals("null")) {
            complete = true;
            cut = finish.equals("length");
        }
        return data;
    }

    @Override
    public boolean isComplete() {
        return complete;
    }

    @Override
    public boolean isCut() {
        return cut;
    }

    /** Returns the times in the extension of llama-server; the protocol itself has none. */
    @Override
    public ServerTimes times() {
        return times;
    }

    private static ServerTimes times(JsonNode own) {
        Optional<Duration> reading = millis(own, "prompt_ms");
        Optional<Duration> writing = millis(own, "predicted_ms");
        return new ServerTimes(Optional.empty(), reading, writing, reading.flatMap(read -> writing.map(read::plus)));
    }

    private static Optional<Duration> millis(JsonNode own, String name) {
        double millis = own.path(name).asDouble();
        return millis > 0 ? Optional.of(Duration.ofNanos((long) (millis * 1e6))) : Optional.empty();
    }

    private static JsonNode object(String data) throws Refused {
        try {
            JsonNode node = JSON.readTree(data);
            if (node != null && node.isObject()) {
                return node;
            }
        } catch (JsonProcessingException exception) {
            // Reported below.
        }
        throw new Refused(ModelFailure.Reason.BROKEN_STREAM, "an event of the reply is not a JSON object");
    }
}
