package io.neurovisor.agent.calls;

import com.fasterxml.jackson.databind.node.TextNode;

/** Encodes text as JSON. */
final class LooseJsonText {
    private LooseJsonText() {}

    static String quoted(String text) {
        return TextNode.valueOf(text).toString();
    }
}
