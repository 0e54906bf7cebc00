package io.neurovisor.agent.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;

/**
 * A JSON Schema that an answer has to keep to. Servers hold the model to it while it writes, so that whatever is answered in full
 * is JSON of this form; what was cut off is not.
 */
public record AnswerSchema(String json) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public AnswerSchema {
        if (!isObject(json)) {
            throw new NeuroVisorException(
                    Fault.INVALID_ARGUMENT,
                    "the schema for an answer is no JSON object; give one such as {\"type\": \"object\"}");
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
