package io.neurovisor.server.client.sandbox;

import io.neurovisor.engine.layer.LayerState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A sandbox as a daemon describes it.
 *
 * @param state in small letters, such as {@code running}
 * @param pausesOnTimeout whether it is paused when its time-out passes, and not killed
 * @param autoResume whether calls for its processes and files resume it
 * @param idlePause the time after which it is paused when it is idle; zero for never
 * @param generation the number of machines that it has had
 * @param forkedFrom the sandbox of which it is a copy; empty if it is not one
 * @param ends the time at which its time-out passes, or at which it ended
 * @param endReason in small letters, such as {@code timed out}; empty if it has not ended
 * @param endDetail why it ended, for people
 * @param older the time to which it can go back; empty unless it is lost and a checkpoint is kept
 * @param layers empty in a list
 */
public record SandboxView(
        String id,
        String name,
        String state,
        String template,
        String size,
        Instant created,
        Instant ends,
        Map<String, String> metadata,
        boolean pausesOnTimeout,
        boolean autoResume,
        Duration idlePause,
        int generation,
        String forkedFrom,
        int vcpuCount,
        long memoryBytes,
        long diskBytes,
        String vmId,
        String endReason,
        String endDetail,
        Optional<Instant> older,
        List<LayerState> layers) {
    static final String ENDED = "ended";
    static final String PAUSED = "paused";

    public SandboxView {
        metadata = Map.copyOf(metadata);
        layers = List.copyOf(layers);
    }

    public boolean hasEnded() {
        return state.equals(ENDED);
    }

    public boolean isPaused() {
        return state.equals(PAUSED);
    }

    /** Returns how it ended in words, such as {@code timed out}. */
    public String end() {
        return endDetail.isEmpty() ? endReason : endReason + " (" + endDetail + ")";
    }
}
