/** Compromised agents of living sandboxes, and a test that their host withstands them. */
@NullMarked
package io.neurovisor.tests.hostile.sandboxes;

import org.jspecify.annotations.NullMarked;
