/** Streams, progress, exit codes and error messages that all commands share. It knows no command and no option. */
@NullMarked
package io.neurovisor.cli.console;

import org.jspecify.annotations.NullMarked;
