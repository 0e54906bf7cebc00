/** Examples that demonstrate the promises of NeuroVisor. Each checks itself, and runs programs in the same way as a user. */
@NullMarked
package io.neurovisor.examples;

import org.jspecify.annotations.NullMarked;
