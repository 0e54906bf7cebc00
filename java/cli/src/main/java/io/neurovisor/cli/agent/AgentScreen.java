package io.neurovisor.cli.agent;

import io.neurovisor.agent.calls.CallArguments;
import io.neurovisor.agent.loop.AgentEnd;
import io.neurovisor.agent.loop.AgentResult;
import io.neurovisor.agent.loop.AgentTask;
import io.neurovisor.agent.loop.CodeRequest;
import io.neurovisor.agent.loop.CodeResult;
import io.neurovisor.agent.loop.Excerpt;
import io.neurovisor.agent.model.Model;
import io.neurovisor.agent.model.ToolCall;
import io.neurovisor.cli.console.StandardStreams;
import io.neurovisor.cli.screen.Box;
import io.neurovisor.cli.screen.Highlighting;
import io.neurovisor.cli.screen.Screen;
import io.neurovisor.cli.screen.TerminalWidth;
import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.program.Language;
import io.neurovisor.engine.progress.Progress;
import io.neurovisor.engine.text.UntrustedText;
import io.neurovisor.engine.time.Ticker;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** Shows a run on a terminal: the words of the model as they arrive, programs in colour, their output in boxes. */
final class AgentScreen implements AgentOutput, Progress {
    private static final int SHOWN_ROWS = 40;
    private static final int SHOWN_CHARACTERS = 8_000;

    /** Longer answers are printed again at the end. */
    private static final int MAX_ANSWER = 1 << 20;

    private static final AttributedStyle OURS =
            AttributedStyle.DEFAULT.foreground(AttributedStyle.CYAN).bold();

    private final Screen screen;
    private final Closeable width;
    private final AgentText text;
    private final String model;
    private final StringBuilder heard = new StringBuilder();
    private int running;

    /** @param width the width of the terminal, which is closed with the screen */
    AgentScreen(Screen screen, Closeable width, AgentTask task, Model model) {
        this.screen = screen;
        this.width = width;
        this.text = new AgentText(line -> screen.line(styled(line)), task);
        this.model = model.name();
    }

    /** Returns a screen on the terminal of stdout. */
    static AgentScreen open(AgentTask task, Model model) {
        TerminalWidth width = TerminalWidth.open();
        Screen screen = new Screen(StandardStreams.printer(), width, Ticker.SYSTEM);
        screen.start();
        return new AgentScreen(screen, width, task, model);
    }

    @Override
    public void iteration(int number, String name) {
        heard.setLength(0);
        text.iteration(number, name);
        screen.await(name);
    }

    @Override
    public void text(String piece) {
        if (heard.length() < MAX_ANSWER) {
            heard.append(piece);
        }
        screen.text(piece);
    }

    @Override
    public void retry(String reason) {
        heard.setLength(0);
        text.retry(reason);
        screen.await(model);
    }

    @Override
    public void called(ToolCall call) {
        running++;
        screen.rest();
        String name = call.name().isEmpty() ? "?" : UntrustedText.line(call.name());
        screen.line(styled("[Tool Call] " + name));
        CallArguments.read(call.arguments())
                .filter(arguments -> arguments.path("code").isTextual())
                .ifPresentOrElse(
                        arguments -> program(
                                arguments.path("language").asText(""),
                                arguments.path("code").asText()),
                        () -> box("arguments", plain(call.arguments())));
        screen.await("running");
    }

    @Override
    public void executed(ToolCall call, CodeRequest request, CodeResult result) {
        text.executed(call, request, result);
        output("stdout", result.stdout());
        output("stderr", result.stderr());
        ended();
    }

    @Override
    public void refused(ToolCall call, String reason) {
        text.refused(call, reason);
        ended();
    }

    @Override
    public void ended(AgentResult result) {
        screen.rest();
        boolean isRead = result.end() == AgentEnd.ANSWERED
                && heard.toString().strip().equals(result.answer().strip());
        if (isRead) {
            // The answer is already on the screen.
            text.stats(result);
        } else {
            text.ended(result);
        }
    }

    /** Shows that an image or a template is being built. */
    @Override
    public void step(String message) {
        screen.await(message);
    }

    @Override
    public void detail(String message) {}

    @Override
    public void close() {
        screen.close();
        try {
            width.close();
        } catch (IOException exception) {
            // Only the width was read from it.
        }
    }

    private void ended() {
        running--;
        if (running > 0) {
            screen.await("running");
        } else {
            running = 0;
            screen.rest();
        }
    }

    private void program(String name, String code) {
        Optional<Language> language = language(name);
        String shown = shown(code.strip());
        box(
                language.map(Language::label).orElse("code"),
                language.map(known -> Highlighting.of(known, shown)).orElseGet(() -> new AttributedString(shown)));
    }

    private void output(String title, Excerpt output) {
        if (!output.isEmpty()) {
            box(title, plain(output.text(SHOWN_CHARACTERS)));
        }
    }

    private void box(String title, AttributedString content) {
        new Box(screen.width(), SHOWN_ROWS).around(title, content).forEach(screen::line);
    }

    private static AttributedString plain(String content) {
        return new AttributedString(shown(content.stripTrailing()));
    }

    private static String shown(String content) {
        String harmless = UntrustedText.lines(content).replace("\t", "    ");
        return harmless.length() > SHOWN_CHARACTERS ? harmless.substring(0, SHOWN_CHARACTERS) + "..." : harmless;
    }

    private static Optional<Language> language(String name) {
        try {
            return Optional.of(Language.named(name));
        } catch (NeuroVisorException unknown) {
            return Optional.empty();
        }
    }

    /** Colours the label in brackets at the beginning of a line, which NeuroVisor itself has written. */
    private static AttributedString styled(String line) {
        int close = line.startsWith("[") ? line.indexOf(']') + 1 : 0;
        return new AttributedStringBuilder()
                .append(line.substring(0, close), OURS)
                .append(line.substring(close))
                .toAttributedString();
    }
}
