/** Output on a terminal. Control characters of a model or a guest never reach the terminal. */
@NullMarked
package io.neurovisor.cli.screen;

import org.jspecify.annotations.NullMarked;
