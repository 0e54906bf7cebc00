package io.neurovisor.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.agent.model.Message;
import io.neurovisor.agent.model.ToolCall;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class ContextWindowTest {
    private static final Message INSTRUCTION = new Message.Instruction("Instruction");
    private static final Message TASK = new Message.User("Task");

    @Test
    void keepsAConversationThatFits() {
        List<Message> messages = conversation(List.of(100, 100));
        assertThat(new ContextWindow(8192).fit(messages)).isEqualTo(messages);
    }

    @Test
    void dropsOldOutputFirst() {
        List<Message> fitted = new ContextWindow(2048).fit(conversation(List.of(3000, 2500)));
        assertThat(fitted).hasSize(6);
        assertThat(((Message.ToolResult) fitted.get(3)).text()).isEqualTo("[3000 characters of old output left out]");
        assertThat(fitted.get(5).length()).isEqualTo(2500);
    }

    @Test
    void adaptsToTheTokenCountOfTheServer() {
        ContextWindow window = new ContextWindow(2048);
        List<Message> messages = conversation(List.of(3000, 2500));
        window.learn(6000, 1300);
        assertThat(window.fit(messages)).isEqualTo(messages);
    }

    @Property(tries = 500)
    void fittedConversationKeepsEachCallWithItsResult(
            @ForAll @Size(min = 1, max = 20) List<@IntRange(max = 20_000) Integer> outputs,
            @ForAll @IntRange(min = 2000, max = 16_000) int contextTokens) {
        List<Message> fitted = new ContextWindow(contextTokens).fit(conversation(outputs));
        assertThat(ContextWindow.length(fitted)).isLessThanOrEqualTo((contextTokens * 3 / 4 - 300) * 3 + 300);
        assertThat(fitted).startsWith(INSTRUCTION, TASK);
        for (int index = 2; index < fitted.size(); index += 2) {
            assertThat(fitted.get(index)).isInstanceOf(Message.Assistant.class);
            assertThat(fitted.get(index + 1)).isInstanceOf(Message.ToolResult.class);
        }
    }

    private static List<Message> conversation(List<Integer> outputs) {
        List<Message> messages = new ArrayList<>(List.of(INSTRUCTION, TASK));
        for (int length : outputs) {
            ToolCall call = new ToolCall("id", "execute_code", "{}");
            messages.add(new Message.Assistant("", List.of(call)));
            messages.add(new Message.ToolResult(call, "x".repeat(length)));
        }
        return messages;
    }
}
