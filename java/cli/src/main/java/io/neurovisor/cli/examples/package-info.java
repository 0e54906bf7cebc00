/**
 * The command {@code example}. It gives an example of {@code io.neurovisor.examples} the machines or the daemon that
 * it needs.
 */
@NullMarked
package io.neurovisor.cli.examples;

import org.jspecify.annotations.NullMarked;
