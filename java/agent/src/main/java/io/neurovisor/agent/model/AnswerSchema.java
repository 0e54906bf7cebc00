package io.neurovisor.agent.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;

/**
 * A JSON Schema for an answer. Servers enforce it while the model generates, so a complete answer is valid JSON of this form; a
 * truncated answer is not.
 */
public record AnswerSchema(String json) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public AnswerSchema {
        if (!isObject(json)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "the schema for an answer is not a JSON object; give one such as {\"type\": \"object\"}");
        }
    }

    private static boolean isObject(String json) {
        try {
            return JSON.readTree(json).isObject();
        } catch (JsonProcessingException noJson) {
            return false;
        }
    }
}
