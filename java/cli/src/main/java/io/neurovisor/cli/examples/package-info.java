/**
 * The command {@code example}. It runs an example of {@code io.neurovisor.examples} with the machines or the daemon that it
 * needs.
 */
@NullMarked
package io.neurovisor.cli.examples;

import org.jspecify.annotations.NullMarked;
