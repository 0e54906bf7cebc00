package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.node.TextNode;

/** Text as a well-behaved server puts it into JSON. */
final class LooseJsonText {
    private LooseJsonText() {}

    static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }
}
