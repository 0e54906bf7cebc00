package io.neurovisor.engine.process;

import java.time.Instant;
import java.util.Optional;

/**
 * A process of a sandbox.
 *
 * @param directory in which it was started
 * @param end present once it has ended
 * @param offsets the bytes that each stream has had so far
 */
public record ProcessInfo(
        int pid,
        ProcessSpec spec,
        String directory,
        Instant started,
        Optional<ProcessEnd> end,
        OutputOffsets offsets) {}
