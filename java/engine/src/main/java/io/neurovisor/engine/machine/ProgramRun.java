package io.neurovisor.engine.machine;

import io.neurovisor.engine.program.ProgramExit;

/**
 * The end of a machine's only program.
 *
 * @param detail why the machine died, or what the program lacked, for people; usually empty
 */
public record ProgramRun(ProgramExit exit, String detail) {}
