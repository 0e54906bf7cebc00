package io.neurovisor.agent.loop;

import io.neurovisor.agent.model.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps a conversation within the context window of the model. It removes the output of old calls first, then whole old turns,
 * then part of the newest output. The instruction and the task are never changed.
 */
final class ContextWindow {
    private static final double MIN_CHARACTERS_PER_TOKEN = 1.2;
    private static final double MAX_CHARACTERS_PER_TOKEN = 6;

    /** The tokens for the description of the tool and the framing of messages, which servers do not report. */
    private static final int OVERHEAD_TOKENS = 300;

    /** Shorter output stays: the note that replaces it would be as long. */
    private static final int SMALL_OUTPUT = 200;

    private final int budgetTokens;

    // Code has fewer characters to a token than prose; the server's count takes over.
    private double charactersPerToken = 3;

    ContextWindow(int contextTokens) {
        // A quarter is reserved for the reply.
        this.budgetTokens = Math.max(256, contextTokens - contextTokens / 4 - OVERHEAD_TOKENS);
    }

    /** Adjusts the estimate to the count of the server. */
    void learn(int characters, int promptTokens) {
        int tokens = promptTokens - OVERHEAD_TOKENS;
        if (tokens > OVERHEAD_TOKENS && characters > 0) {
            charactersPerToken =
                    Math.clamp((double) characters / tokens, MIN_CHARACTERS_PER_TOKEN, MAX_CHARACTERS_PER_TOKEN);
        }
    }

    List<Message> fit(List<Message> conversation) {
        long limit = (long) (budgetTokens * charactersPerToken);
        List<Message> messages = new ArrayList<>(conversation);
        int lastTurn = lastTurn(messages);
        for (int index = 0; index < lastTurn && length(messages) > limit; index++) {
            if (messages.get(index) instanceof Message.ToolResult result && result.length() > SMALL_OUTPUT) {
                messages.set(
                        index,
                        new Message.ToolResult(
                                result.call(), "[" + result.text().length() + " characters of old output left out]"));
            }
        }
        while (length(messages) > limit && dropOldestTurn(messages)) {}
        for (int index = 0; index < messages.size() && length(messages) > limit; index++) {
            long excess = length(messages) - limit;
            if (messages.get(index) instanceof Message.ToolResult result && result.length() > SMALL_OUTPUT) {
                int kept = (int) Math.max(SMALL_OUTPUT, result.length() - excess);
                messages.set(
                        index,
                        new Message.ToolResult(
                                result.call(), Excerpt.of(result.text()).text(kept)));
            }
        }
        return messages;
    }

    static int length(List<Message> messages) {
        return messages.stream().mapToInt(Message::length).sum();
    }

    /** Returns the index of the newest reply of the model. */
    private static int lastTurn(List<Message> messages) {
        int index = messages.size() - 1;
        while (index > 0 && !(messages.get(index) instanceof Message.Assistant)) {
            index--;
        }
        return index;
    }

    /** Drops a reply together with the results of its calls, because servers reject one without the other. */
    private static boolean dropOldestTurn(List<Message> messages) {
        int last = lastTurn(messages);
        for (int index = 0; index < last; index++) {
            if (messages.get(index) instanceof Message.Assistant) {
                messages.remove(index);
                while (index < messages.size() && messages.get(index) instanceof Message.ToolResult) {
                    messages.remove(index);
                }
                return true;
            }
        }
        return false;
    }
}
