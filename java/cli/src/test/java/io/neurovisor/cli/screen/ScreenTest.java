package io.neurovisor.cli.screen;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jline.utils.AttributedString;
import org.junit.jupiter.api.Test;

final class ScreenTest {
    private final FakeTerminal terminal = new FakeTerminal();
    private final AtomicLong nanos = new AtomicLong();
    private final Screen screen = new Screen(terminal, () -> 30, nanos::get);

    @Test
    void firstTextHidesTheSpinner() {
        screen.await("qwen3");
        assertThat(terminal.lines()).containsExactly("⠋ qwen3 0.0 s");
        nanos.addAndGet(Duration.ofMillis(12_300).toNanos());
        screen.tick();
        assertThat(terminal.lines()).containsExactly("⠙ qwen3 12.3 s");
        screen.text("Forty");
        screen.tick();
        screen.text("-two");
        assertThat(terminal.lines()).containsExactly("Forty-two");
    }

    @Test
    void spinnerReappearsDuringAPause() {
        screen.await("qwen3");
        screen.text("The");
        nanos.addAndGet(Duration.ofMillis(900).toNanos());
        screen.tick();
        assertThat(terminal.lines()).containsExactly("The");
        nanos.addAndGet(Duration.ofMillis(1_600).toNanos());
        screen.tick();
        assertThat(terminal.lines()).containsExactly("The ⠹ 2.5 s");
        screen.text(" answer\n");
        assertThat(terminal.lines()).containsExactly("The answer", "");
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        screen.tick();
        assertThat(terminal.lines()).containsExactly("The answer", "⠸ qwen3 2.0 s");
        screen.text("is 42.");
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        screen.tick();
        screen.rest();
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        screen.tick();
        assertThat(terminal.lines()).containsExactly("The answer", "is 42.", "");
    }

    @Test
    void spinnerBehindTextNeedsSpace() {
        for (int length = 1; length <= 61; length++) {
            FakeTerminal fresh = new FakeTerminal();
            Screen other = new Screen(fresh, () -> 30, nanos::get);
            other.await("qwen3");
            other.text("a".repeat(length));
            nanos.addAndGet(Duration.ofSeconds(2).toNanos());
            other.tick();
            int column = length % 30;
            assertThat(fresh.raw().contains(" ⠙ 2.0 s")).as("after " + length).isEqualTo(column > 0 && column <= 21);
        }
        screen.await("qwen3");
        screen.text("\u6f22".repeat(16));
        nanos.addAndGet(Duration.ofSeconds(2).toNanos());
        screen.tick();
        assertThat(terminal.raw()).doesNotContain("2.0 s");
    }

    @Test
    void linesStartOnANewLine() {
        screen.text("half a line");
        screen.line(new AttributedString("ours"));
        screen.await("wait");
        screen.line(new AttributedString("ours, too"));
        screen.tick();
        screen.rest();
        assertThat(terminal.lines()).containsExactly("half a line", "ours", "ours, too", "");
    }

    @Test
    void truncatesLabelsToTheWidth() {
        screen.await("a model with a name that is longer than the terminal is wide");
        assertThat(terminal.lines().getLast()).hasSize(29);
    }

    @Test
    void drawsNothingAfterClose() {
        screen.await("wait");
        screen.close();
        screen.tick();
        assertThat(terminal.lines()).containsExactly("");
    }

    @Test
    void joinsSplitCharacters() {
        String character = "\uD83D\uDE00";
        screen.text(character.substring(0, 1));
        screen.text(character.substring(1) + "!");
        assertThat(terminal.lines()).containsExactly(character + "!");
    }

    @Test
    void untrustedTextCannotMoveTheCursor() {
        String hostile = "a\u001b[2J\u001b[H\u001b]0;title\u0007\u009b2J\rb\b\b\u202Ec\u001b[31md";
        for (int position = 0; position <= hostile.length(); position++) {
            FakeTerminal fresh = new FakeTerminal();
            Screen other = new Screen(fresh, () -> 80, nanos::get);
            other.text(hostile.substring(0, position));
            other.text(hostile.substring(position));
            assertThat(fresh.raw()).isEqualTo("a[2J[H]0;title2Jbc[31md");
        }
    }
}
