package io.neurovisor.cli.admin;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.host.doctor.Finding;
import io.neurovisor.server.doctor.Diagnosis;
import java.io.PrintWriter;

/** Prints {@code doctor} as text. */
record DoctorReport(boolean colours) {
    private static final int NAME_WIDTH = 19;
    private static final int STATUS_WIDTH = 7;

    // Colours of a terminal (ECMA-48).
    private static final int RED = 31;
    private static final int GREEN = 32;
    private static final int YELLOW = 33;

    void print(Diagnosis diagnosis, PrintWriter out) {
        diagnosis.repairs().forEach(out::println);
        out.println("Layers, read off a running virtual machine:");
        for (LayerState state : diagnosis.layers()) {
            line(
                    out,
                    state.layer().number() + " " + state.layer().label(),
                    mark(state.status()),
                    state.detail(),
                    state.fix());
        }
        out.println();
        out.println("Checks:");
        for (Finding finding : diagnosis.findings()) {
            line(out, finding.check(), mark(finding.verdict()), finding.detail(), finding.fix());
        }
        out.println();
        out.println(summary(diagnosis));
    }

    private static void line(PrintWriter out, String name, String mark, String detail, String fix) {
        out.println("  " + pad(name, NAME_WIDTH) + mark + " " + detail);
        if (!fix.isEmpty()) {
            out.println(" ".repeat(2 + NAME_WIDTH + STATUS_WIDTH + 1) + "fix: " + fix);
        }
    }

    private static String summary(Diagnosis diagnosis) {
        return "%d of %d layers live; checks: %d passed, %d with a warning, %d failed, %d unknown"
                .formatted(
                        diagnosis.layers().stream()
                                .filter(state -> state.status() == LayerState.Status.LIVE)
                                .count(),
                        diagnosis.layers().size(),
                        diagnosis.count(Finding.Verdict.PASS),
                        diagnosis.count(Finding.Verdict.WARN),
                        diagnosis.count(Finding.Verdict.FAIL),
                        diagnosis.count(Finding.Verdict.UNKNOWN));
    }

    private String mark(LayerState.Status status) {
        return switch (status) {
            case LIVE -> mark(status.label(), GREEN);
            case OFF -> mark(status.label(), YELLOW);
            case BROKEN -> mark(status.label(), RED);
            case UNKNOWN -> mark(status.label(), YELLOW);
        };
    }

    private String mark(Finding.Verdict verdict) {
        return switch (verdict) {
            case PASS -> mark(verdict.label(), GREEN);
            case WARN -> mark(verdict.label(), YELLOW);
            case FAIL -> mark(verdict.label(), RED);
            case UNKNOWN -> mark(verdict.label(), YELLOW);
        };
    }

    private String mark(String word, int colour) {
        String padded = word + " ".repeat(STATUS_WIDTH - word.length());
        return colours ? "\033[" + colour + "m" + padded + "\033[0m" : padded;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(1, width - text.length()));
    }
}
