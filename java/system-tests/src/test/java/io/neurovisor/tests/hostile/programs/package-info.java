/** Hostile programs in a guest, and honest programs that run during each attack. */
@NullMarked
package io.neurovisor.tests.hostile.programs;

import org.jspecify.annotations.NullMarked;
