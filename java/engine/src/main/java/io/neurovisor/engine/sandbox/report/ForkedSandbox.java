package io.neurovisor.engine.sandbox.report;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.sandbox.Sandbox;
import java.util.Optional;

/**
 * What became of one copy of a sandbox.
 *
 * @param sandbox empty if it was not made
 * @param failure why; empty if it was made
 */
public record ForkedSandbox(Optional<Sandbox> sandbox, Optional<NeuroVisorException> failure) {
    public ForkedSandbox {
        if (sandbox.isPresent() == failure.isPresent()) {
            throw new IllegalArgumentException("a copy is either made or has failed");
        }
    }
}
