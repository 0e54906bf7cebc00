/** E2B's own tests against a daemon. */
@NullMarked
package io.neurovisor.tests.e2b.suites;

import org.jspecify.annotations.NullMarked;
