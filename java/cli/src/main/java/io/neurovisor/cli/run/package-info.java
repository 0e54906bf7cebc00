/**
 * The command {@code run}, which translates arguments into a request and prints the result. The startup cache of the JVM is
 * recorded here, by running programs.
 */
@NullMarked
package io.neurovisor.cli.run;

import org.jspecify.annotations.NullMarked;
