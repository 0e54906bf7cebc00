/** Streams, progress, exit codes, logging and error messages that all commands share. Nothing here knows a command. */
@NullMarked
package io.neurovisor.cli.console;

import org.jspecify.annotations.NullMarked;
