package io.neurovisor.tests.commandline;

import static io.neurovisor.tests.fixtures.ScriptedOllama.calls;
import static io.neurovisor.tests.fixtures.ScriptedOllama.says;
import static org.assertj.core.api.Assertions.assertThat;

import io.neurovisor.tests.fixtures.CommandLineRun;
import io.neurovisor.tests.fixtures.ScriptedOllama;
import io.neurovisor.tests.runner.ShortTier;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests agent mode on a terminal that script(1) opens. */
@Timeout(value = 240, unit = TimeUnit.SECONDS)
final class AgentTerminalIT {
    /** Escape sequences for colours, for the spinner, and for the position of the cursor. */
    private static final String OURS = "\u001b\\[[0-9;]*m|\r?\u001b\\[K|\u001b[78]";

    @ShortTier
    @Test
    void showsARunInColour() throws IOException, InterruptedException {
        String hostile = "printf '\\033[2J\\033]0;title\\007out\\r'";
        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:" + hostile), says("\u001b[1Adone\u0007"))) {
            String shown = onTerminal(ollama, Map.of());
            assertThat(shown)
                    .contains("╭─ bash ─", "╭─ stdout ─", "⠋", "\u001b[32m")
                    .doesNotContain("\u001b[2J", "\u001b]0", "\u0007", "\u001b[1A", "\u001b[?");
            assertThat(shown.replaceAll(OURS, "")).doesNotContain("\u001b").contains("[1Adone");
        }
    }

    @Test
    void printsPlainLinesWithoutColours() throws IOException, InterruptedException {
        try (ScriptedOllama ollama = new ScriptedOllama(calls("bash:echo out"), says("done"))) {
            assertThat(onTerminal(ollama, Map.of("NO_COLOR", "1")))
                    .contains("[Tool Call] execute_code(bash, \"echo out\")", "Result: done")
                    .doesNotContain("╭", "⠋", "\u001b[36");
        }
    }

    /** Returns the output to a terminal of 80 columns. */
    private static String onTerminal(ScriptedOllama ollama, Map<String, String> more)
            throws IOException, InterruptedException {
        // Progress bars of other steps are on stderr.
        String command =
                CommandLineRun.home().resolve("neurovisor") + " agent --no-history --size=small --warm=1 x 2>/dev/null";
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", command, "/dev/null");
        Map<String, String> environment = new HashMap<>(more);
        environment.put("OLLAMA_HOST", ollama.address());
        environment.put("TERM", "xterm-256color");
        builder.environment().remove("NO_COLOR");
        builder.environment().putAll(environment);
        Process process = builder.redirectErrorStream(true).start();
        process.getOutputStream().close();
        String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(shown).isZero();
        return shown;
    }
}
