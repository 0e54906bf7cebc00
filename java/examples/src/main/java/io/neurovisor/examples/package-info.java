/** Programs that show what NeuroVisor promises. Each checks itself, through the same path as every program of a user's. */
@NullMarked
package io.neurovisor.examples;

import org.jspecify.annotations.NullMarked;
