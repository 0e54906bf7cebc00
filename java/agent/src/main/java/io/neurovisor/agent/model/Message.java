package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** A message in a conversation with a model. */
public sealed interface Message {
    /** Returns the number of characters that the model reads. */
    int length();

    /** The system message. */
    record Instruction(String text) implements Message {
        public Instruction {
            requireNonNull(text, "text is null");
        }

        @Override
        public int length() {
            return text.length();
        }
    }

    /** A message of the user, or of the agent on behalf of the user. */
    record User(String text) implements Message {
        public User {
            requireNonNull(text, "text is null");
        }

        @Override
        public int length() {
            return text.length();
        }
    }

    /** A reply of the model. */
    record Assistant(String text, List<ToolCall> calls) implements Message {
        public Assistant {
            requireNonNull(text, "text is null");
            calls = List.copyOf(calls);
        }

        @Override
        public int length() {
            return text.length()
                    + calls.stream()
                            .mapToInt(call ->
                                    call.name().length() + call.arguments().length())
                            .sum();
        }
    }

    /**
     * The result of a call.
     *
     * @param images for a model that has vision
     */
    record ToolResult(ToolCall call, String text, List<ModelImage> images) implements Message {
        public ToolResult {
            requireNonNull(call, "call is null");
            requireNonNull(text, "text is null");
            images = List.copyOf(images);
        }

        /** A result without images. */
        public ToolResult(ToolCall call, String text) {
            this(call, text, List.of());
        }

        @Override
        public int length() {
            return text.length() + images.size() * ModelImage.EQUIVALENT_CHARACTERS;
        }
    }
}
