package io.neurovisor.agent.provider;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** The words of a server on what it does not like. */
final class ServerErrors {
    private static final ObjectMapper JSON = new ObjectMapper();

    private ServerErrors() {}

    /** Of the body of an answer, in one line; empty where it says nothing. */
    static String message(String body) {
        try {
            JsonNode node = JSON.readTree(body);
            String said = node == null ? "" : message(node);
            return Failed.line(said.isEmpty() ? body : said);
        } catch (JsonProcessingException noJson) {
            return Failed.line(body);
        }
    }

    /** Of an event; empty where it is no error. */
    static String message(JsonNode event) {
        JsonNode error = event.path("error");
        if (error.isTextual()) {
            return error.asText();
        }
        return error.isObject() ? error.path("message").asText(error.toString()) : "";
    }
}
