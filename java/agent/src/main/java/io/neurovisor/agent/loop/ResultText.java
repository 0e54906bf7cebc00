package io.neurovisor.agent.loop;

import io.neurovisor.engine.interpreter.CellDisplay;
import io.neurovisor.engine.program.Outcome;
import java.util.Locale;
import java.util.stream.Collectors;

/** Describes an execution for a model: outcome, exit code and duration, then the output and the rich results. */
public final class ResultText {
    /** Describes the axes, titles and data of a plot. */
    private static final String CHART = "application/vnd.neurovisor.chart+json";

    private static final int CHART_CHARACTERS = 1_000;

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
        result.displays().forEach(display -> append(text, display));
        return text.toString().stripTrailing();
    }

    private static void append(StringBuilder text, String name, Excerpt output, int maxCharacters) {
        if (!output.isEmpty()) {
            text.append(name).append(":\n").append(output.text(maxCharacters)).append('\n');
        } else if (name.equals("stdout")) {
            text.append("stdout: (empty; print what you want to see)\n");
        }
    }

    /** Describes a plot or another rich result, whose text is a part of stdout. */
    private static void append(StringBuilder text, CellDisplay display) {
        String types = display.parts().entrySet().stream()
                .filter(part -> !part.getKey().equals("text/plain"))
                .map(part -> part.getKey() + " of " + part.getValue().remaining() + " bytes")
                .collect(Collectors.joining(", "));
        if (!types.isEmpty()) {
            text.append("shown to the user: ").append(types).append('\n');
        }
        display.text(CHART)
                .ifPresent(chart -> text.append("chart: ")
                        .append(Excerpt.of(chart).text(CHART_CHARACTERS))
                        .append('\n'));
    }

    private static String explained(CodeResult result) {
        String outcome = result.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return result.detail().isEmpty() ? outcome : outcome + " (" + result.detail() + ")";
    }
}
