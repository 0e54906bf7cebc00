package io.neurovisor.tests.e2b;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a request was answered with.
 *
 * @param fields with pids, times, ids and texts of errors replaced by what they are
 * @param values as they were received, of the last field of each name
 */
record OracleAnswer(SortedMap<String, String> fields, Map<String, String> values) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STATUS = "status";
    private static final int FIRST_ERROR = 400;

    /** What differs between two answers to a request. */
    record Difference(String request, String field, String theirs, String ours) {}

    static OracleAnswer of(int status, Map<String, String> headers, List<String> messages) {
        // Whether an error is JSON is seen from its fields; other texts are for people.
        SortedMap<String, String> fields = new TreeMap<>(status < FIRST_ERROR ? headers : Map.of());
        Map<String, String> values = new TreeMap<>();
        fields.put(STATUS, Integer.toString(status));
        List<JsonNode> parsed = new ArrayList<>();
        for (String message : messages) {
            Optional<JsonNode> json = json(message);
            if (json.isPresent()) {
                parsed.add(json.get());
            } else if (status < FIRST_ERROR) {
                fields.put("body", TextNode.valueOf(message).toString());
            }
        }
        List<JsonNode> events = OracleEvents.merged(parsed);
        for (int index = 0; index < events.size(); index++) {
            new OracleFields(fields, values)
                    .add(messages.size() == 1 ? "" : Integer.toString(index), events.get(index));
        }
        // Some errors have their status in the JSON, too.
        fields.remove("code", fields.get(STATUS));
        return new OracleAnswer(fields, values);
    }

    private static Optional<JsonNode> json(String text) {
        try {
            return Optional.of(JSON.readTree(text)).filter(JsonNode::isContainerNode);
        } catch (JsonProcessingException other) {
            return Optional.empty();
        }
    }

    /** Returns what differs; only the status or the code of an error, if these do. */
    List<Difference> differences(String request, OracleAnswer ours) {
        Set<String> names = new TreeSet<>(fields.keySet());
        names.addAll(ours.fields.keySet());
        List<Difference> all = new ArrayList<>();
        for (String name : names) {
            String their = fields.getOrDefault(name, "-");
            String our = ours.fields.getOrDefault(name, "-");
            if (!their.equals(our)) {
                all.add(new Difference(request, name, their, our));
            }
        }
        return all.stream()
                .filter(difference -> difference.field().equals(STATUS))
                .findFirst()
                .or(() -> all.stream()
                        .filter(difference -> difference.field().equals("code")
                                || difference.field().endsWith("error.code"))
                        .findFirst())
                .map(List::of)
                .orElse(all);
    }
}
