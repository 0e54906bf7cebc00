package io.neurovisor.engine.sandbox;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.program.ProgramExit;

/**
 * How a sandbox's one program ended.
 *
 * @param detail why the sandbox died, for a person; empty when it did not
 */
public record SandboxRun(ProgramExit exit, String detail) {
    public SandboxRun {
        requireNonNull(exit, "exit is null");
        requireNonNull(detail, "detail is null");
    }
}
