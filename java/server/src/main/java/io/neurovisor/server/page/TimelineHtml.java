package io.neurovisor.server.page;

import io.neurovisor.server.overview.EndedExecution;
import io.neurovisor.server.overview.FigureFormat;
import io.neurovisor.server.overview.Phase;
import java.util.Locale;

/** Draws the phases of an execution. */
final class TimelineHtml {
    private static final double WIDTH = 1000;
    private static final double THINNEST = 3;

    private TimelineHtml() {}

    /** Draws a bar with the time of waiting, running and cleaning up. */
    static void bar(Html html, EndedExecution execution) {
        picture(html, "bar");
        execution.phases().stream()
                .filter(phase -> !isPart(phase.name()))
                .forEach(phase -> rectangle(html, execution, phase, "16"));
        html.end();
    }

    /** Writes a row for each phase with its time. */
    static void rows(Html html, EndedExecution execution) {
        html.begin("table", "class", "timeline");
        for (Phase phase : execution.phases()) {
            html.begin("tr", "class", isPart(phase.name()) ? "part" : "whole");
            html.leaf("th", words(phase.name()), "scope", "row");
            html.begin("td", "class", "span");
            picture(html, "bar");
            rectangle(html, execution, phase, "16");
            html.end().end();
            html.leaf("td", FigureFormat.millis(phase.lengthMillis()), "class", "number");
            html.leaf("td", "at " + FigureFormat.millis(phase.startMillis()), "class", "number faint");
            html.end();
        }
        html.end();
    }

    private static void picture(Html html, String type) {
        html.begin(
                "svg", "class", type, "viewBox", "0 0 1000 16", "preserveAspectRatio", "none", "aria-hidden", "true");
    }

    private static void rectangle(Html html, EndedExecution execution, Phase phase, String height) {
        double scale = WIDTH / Math.max(execution.totalMillis(), 0.001);
        double width = Math.min(WIDTH, Math.max(THINNEST, phase.lengthMillis() * scale));
        double left = Math.clamp(phase.startMillis() * scale, 0, WIDTH - width);
        html.begin(
                        "rect",
                        "class",
                        phase.name().name().toLowerCase(Locale.ROOT),
                        "x",
                        number(left),
                        "y",
                        "0",
                        "width",
                        number(width),
                        "height",
                        height)
                .end();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    static boolean isPart(Phase.Name name) {
        return switch (name) {
            case RESTORE, BOOT, PROGRAM -> true;
            case WAIT, EXECUTE, DESTROY -> false;
        };
    }

    private static String words(Phase.Name name) {
        return switch (name) {
            case WAIT -> "waited for a machine";
            case RESTORE -> "machine restored";
            case BOOT -> "machine booted";
            case EXECUTE -> "executed";
            case PROGRAM -> "program, by the guest's clock";
            case DESTROY -> "machine destroyed";
        };
    }
}
