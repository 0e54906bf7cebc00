package io.neurovisor.engine.process;

import java.time.Duration;

/**
 * The end of a process.
 *
 * @param exitCode 128 + {@code signal} if a signal ended it
 * @param signal 0 if none did
 * @param killedProcess the process that the guest's kernel killed for want of memory, or empty
 * @param timedOut whether it was killed because its time-out had passed
 */
public record ProcessEnd(int exitCode, int signal, String killedProcess, Duration duration, boolean timedOut) {}
