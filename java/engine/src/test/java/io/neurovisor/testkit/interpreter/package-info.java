/** An interpreter for tests, and what every interpreter does. */
@NullMarked
package io.neurovisor.testkit.interpreter;

import org.jspecify.annotations.NullMarked;
