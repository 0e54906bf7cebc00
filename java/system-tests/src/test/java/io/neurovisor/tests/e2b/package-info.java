/** The E2B-compatible API of a daemon. */
@NullMarked
package io.neurovisor.tests.e2b;

import org.jspecify.annotations.NullMarked;
