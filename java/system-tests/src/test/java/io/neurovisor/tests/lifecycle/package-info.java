/** Templates, the warm pool, outcomes of programs, and what remains after a crash. */
@NullMarked
package io.neurovisor.tests.lifecycle;

import org.jspecify.annotations.NullMarked;
