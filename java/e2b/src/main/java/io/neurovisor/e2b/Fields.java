package io.neurovisor.e2b;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The fields of a JSON object. A field of another type is answered with 400 and its name; unknown ones are ignored. */
public record Fields(ObjectNode object) {
    private Optional<JsonNode> field(String name) {
        return Optional.ofNullable(object.get(name)).filter(value -> !value.isNull());
    }

    public boolean has(String name) {
        return field(name).isPresent();
    }

    public Optional<String> text(String name) {
        return field(name).map(value -> {
            if (!value.isTextual()) {
                throw HttpFailure.invalid(name, "is not a string");
            }
            return value.asText();
        });
    }

    public String requiredText(String name) {
        return text(name).orElseThrow(() -> HttpFailure.invalid(name, "is missing"));
    }

    public int number(String name, int usual, int least, int most) {
        return field(name)
                .map(value -> {
                    if (!value.canConvertToInt() || !value.isIntegralNumber()) {
                        throw HttpFailure.invalid(name, "is not a whole number of %d to %d".formatted(least, most));
                    }
                    int number = value.asInt();
                    if (number < least || number > most) {
                        throw HttpFailure.invalid(name, "is %d; %d to %d is allowed".formatted(number, least, most));
                    }
                    return number;
                })
                .orElse(usual);
    }

    public boolean flag(String name, boolean usual) {
        return field(name)
                .map(value -> {
                    if (!value.isBoolean()) {
                        throw HttpFailure.invalid(name, "is neither true nor false");
                    }
                    return value.asBoolean();
                })
                .orElse(usual);
    }

    /** Returns an object whose values are texts. */
    public Map<String, String> texts(String name) {
        Map<String, String> texts = new TreeMap<>();
        object(name)
                .ifPresent(fields -> fields.object().properties().forEach(property -> {
                    if (!property.getValue().isTextual()) {
                        throw HttpFailure.invalid(name + "." + property.getKey(), "is not a string");
                    }
                    texts.put(property.getKey(), property.getValue().asText());
                }));
        return texts;
    }

    /** Returns an array of texts. */
    public List<String> requiredTexts(String name) {
        requireTexts(name);
        return field(name)
                .orElseThrow(() -> HttpFailure.invalid(name, "is missing"))
                .valueStream()
                .map(JsonNode::asText)
                .toList();
    }

    /** Requires that a field, if there is one, is an array of texts. */
    public void requireTexts(String name) {
        field(name).ifPresent(value -> {
            if (!value.isArray() || !value.valueStream().allMatch(JsonNode::isTextual)) {
                throw HttpFailure.invalid(name, "is not an array of strings");
            }
        });
    }

    public Optional<Fields> object(String name) {
        return field(name).map(value -> {
            if (value instanceof ObjectNode fields) {
                return new Fields(fields);
            }
            throw HttpFailure.invalid(name, "is not an object");
        });
    }

    /** Refuses a field that asks for what there is not; one that asks for nothing is ignored. */
    public void refuse(String name, String reason) {
        if (field(name).filter(value -> !value.isEmpty() || value.isValueNode()).isPresent()) {
            throw HttpFailure.invalid(name, "is not possible: " + reason);
        }
    }
}
