package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.program.ProgramExit;

/**
 * The end of a sandbox's only program.
 *
 * @param detail why the sandbox died, for people; empty if it did not
 */
public record SandboxRun(ProgramExit exit, String detail) {}
