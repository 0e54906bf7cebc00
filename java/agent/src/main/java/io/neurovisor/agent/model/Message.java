package io.neurovisor.agent.model;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** One message of a conversation with a model. */
public sealed interface Message {
    /** How many characters the model has to read of it. */
    int length();

    /** What the model is told before everything else. */
    record Instruction(String text) implements Message {
        public Instruction {
            requireNonNull(text, "text is null");
        }

        @Override
        public int length() {
            return text.length();
        }
    }

    /** What a person, or the agent in a person's place, says. */
    record User(String text) implements Message {
        public User {
            requireNonNull(text, "text is null");
        }

        @Override
        public int length() {
            return text.length();
        }
    }

    /** What the model said. */
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

    /** What became of a call. */
    record ToolResult(ToolCall call, String text) implements Message {
        public ToolResult {
            requireNonNull(call, "call is null");
            requireNonNull(text, "text is null");
        }

        @Override
        public int length() {
            return text.length();
        }
    }
}
