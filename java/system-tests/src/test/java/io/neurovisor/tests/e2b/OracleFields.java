package io.neurovisor.tests.e2b;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;

/** Takes JSON apart into fields that are the same for equal answers. */
record OracleFields(Map<String, String> fields, Map<String, String> values) {
    /** What each run has its own values of, and texts that are for people. */
    private static final Set<String> OWN = Set.of("pid", "modifiedTime", "watcherId", "message");

    void add(String name, JsonNode node) {
        String prefix = name.isEmpty() ? "" : name + ".";
        if (node.isEmpty()) {
            fields.put(name.isEmpty() ? "body" : name, node.isContainerNode() ? node.toString() : text(name, node));
        }
        node.properties().forEach(property -> add(prefix + property.getKey(), property.getValue()));
        for (int index = 0; node.isArray() && index < node.size(); index++) {
            add(name + "[" + index + "]", node.get(index));
        }
        // The size of a directory depends on its file system.
        if (node.path("type").asText().equals("FILE_TYPE_DIRECTORY")) {
            fields.put(prefix + "size", "size");
        }
        // An entry of an event is that of a later time.
        if (node.path("type").asText().startsWith("EVENT_TYPE")) {
            fields.remove(prefix + "entry.size");
        }
    }

    private String text(String name, JsonNode leaf) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        values.put(last, leaf.asText());
        return OWN.contains(last) ? last + " " + leaf.getNodeType() : leaf.toString();
    }
}
