package io.neurovisor.engine.interpreter;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * A cell to be run.
 *
 * @param environment set for this cell and restored after it
 * @param directory of this cell; empty for that of the context
 * @param timeout the time from its start until it is interrupted; empty for no limit
 * @param stopOnError skips the cells that are queued when this one fails
 * @param isDetached whether it goes on when the stream that started it is closed
 * @param hasInput whether its client is asked for input; otherwise there is none
 * @param tables the data of tables among its results
 */
public record CellSpec(
        String code,
        Map<String, String> environment,
        Optional<String> directory,
        Optional<Duration> timeout,
        boolean stopOnError,
        boolean isDetached,
        boolean hasInput,
        TableFormat tables) {
    public CellSpec {
        environment = Map.copyOf(environment);
    }

    /** Returns a cell without options. */
    public static CellSpec of(String code) {
        return new CellSpec(code, Map.of(), Optional.empty(), Optional.empty(), false, false, false, TableFormat.JSON);
    }
}
