/** Living sandboxes as clients use them, by gRPC and by E2B's API, with the time of each step. */
@NullMarked
package io.neurovisor.bench.sandbox;

import org.jspecify.annotations.NullMarked;
