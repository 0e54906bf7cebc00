package io.neurovisor.agent.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Extracts error messages from responses of a server. */
final class ServerErrors {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ServerErrors() {}

    /** Returns the error in the body of a response as one line; empty if there is none. */
    static String message(String body) {
        try {
            JsonNode node = JSON.readTree(body);
            String said = node == null ? "" : message(node);
            return ConnectionFailures.line(said.isEmpty() ? body : said);
        } catch (JsonProcessingException noJson) {
            return ConnectionFailures.line(body);
        }
    }

    /** Returns the error in an event; empty if the event is not an error. */
    static String message(JsonNode event) {
        JsonNode error = event.path("error");
        if (error.isTextual()) {
            return error.asText();
        }
        return error.isObject() ? error.path("message").asText(error.toString()) : "";
    }
}
