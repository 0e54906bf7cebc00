package io.neurovisor.agent.loop;

import io.neurovisor.engine.program.Outcome;
import java.util.Locale;

/** Describes an execution for a model: outcome, exit code and duration, then the output. */
public final class ResultText {
    private ResultText() {}

    public static String of(CodeResult result, int maxCharacters) {
        StringBuilder text = new StringBuilder();
        text.append("exit_code: ").append(result.exitCode()).append('\n');
        if (result.outcome() != Outcome.COMPLETED || !result.detail().isEmpty()) {
            text.append("outcome: ").append(explained(result)).append('\n');
        }
        text.append("duration: ").append(result.duration().toMillis()).append(" ms\n");
        append(text, "stdout", result.stdout(), maxCharacters);
        append(text, "stderr", result.stderr(), maxCharacters);
        return text.toString().stripTrailing();
    }

    private static void append(StringBuilder text, String name, Excerpt output, int maxCharacters) {
        if (!output.isEmpty()) {
            text.append(name).append(":\n").append(output.text(maxCharacters)).append('\n');
        } else if (name.equals("stdout")) {
            text.append("stdout: (empty; print what you want to see)\n");
        }
    }

    private static String explained(CodeResult result) {
        String outcome = result.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return result.detail().isEmpty() ? outcome : outcome + " (" + result.detail() + ")";
    }
}
