/** The terminal, input and signals of a command that is connected to a process of a sandbox. */
@NullMarked
package io.neurovisor.cli.sandbox.terminal;

import org.jspecify.annotations.NullMarked;
