/**
 * The command {@code run}: arguments become a request, and the result is printed or written as JSON. The startup
 * cache of the JVM is recorded here, by running programs.
 */
@NullMarked
package io.neurovisor.cli.run;

import org.jspecify.annotations.NullMarked;
