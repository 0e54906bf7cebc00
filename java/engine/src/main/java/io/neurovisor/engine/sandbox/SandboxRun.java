package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.program.ProgramExit;

/**
 * The end of a sandbox's only program.
 *
 * @param detail why the sandbox died, or what the program lacked, for people; usually empty
 */
public record SandboxRun(ProgramExit exit, String detail) {}
