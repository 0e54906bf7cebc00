/** Tests of living sandboxes on real machines. */
@NullMarked
package io.neurovisor.tests.sandbox;

import org.jspecify.annotations.NullMarked;
