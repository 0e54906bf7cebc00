package io.neurovisor.engine.vm;

import io.neurovisor.engine.limits.SandboxSize;
import java.nio.file.Path;

/**
 * A virtual machine that was paused and saved.
 *
 * @param files the files from which it was booted; a clone's devices use the same files
 * @param directory the directory with the files of {@link Vm#save}, whose names only the VMM that wrote them knows
 */
public record SavedVm(BootFiles files, SandboxSize size, Path directory) {}
