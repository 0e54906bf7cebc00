package io.neurovisor.server.doctor;

import io.neurovisor.engine.layer.LayerState;
import io.neurovisor.host.doctor.Finding;
import java.util.List;
import java.util.Locale;

/**
 * The result of an examination.
 *
 * @param layers each once, in order
 * @param repairs what was repaired, one line each
 */
public record Diagnosis(List<LayerState> layers, List<Finding> findings, List<String> repairs) {
    public Diagnosis {
        layers = List.copyOf(layers);
        findings = List.copyOf(findings);
        repairs = List.copyOf(repairs);
    }

    public enum Health {
        /** Every layer protects. */
        LIVE,
        /** This machine, or this version, cannot provide a layer. */
        UNAVAILABLE,
        /** A layer that should protect does not, or a component does not work. */
        BROKEN,
        /** Nothing is known to be broken, but a layer or a component could not be examined. */
        UNKNOWN;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns the overall result. Warnings do not count. */
    public Health health() {
        if (has(LayerState.Status.BROKEN) || count(Finding.Verdict.FAIL) > 0) {
            return Health.BROKEN;
        }
        if (has(LayerState.Status.UNKNOWN) || count(Finding.Verdict.UNKNOWN) > 0) {
            return Health.UNKNOWN;
        }
        return has(LayerState.Status.OFF) ? Health.UNAVAILABLE : Health.LIVE;
    }

    public long count(Finding.Verdict verdict) {
        return findings.stream().filter(finding -> finding.verdict() == verdict).count();
    }

    private boolean has(LayerState.Status status) {
        return layers.stream().anyMatch(state -> state.status() == status);
    }
}
