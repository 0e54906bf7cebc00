/** The command line. Each command translates arguments into one call and its result into output and an exit code. */
@NullMarked
package io.neurovisor.cli;

import org.jspecify.annotations.NullMarked;
