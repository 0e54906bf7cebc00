/** The client of a daemon's sandboxes and their processes. */
@NullMarked
package io.neurovisor.server.client.sandbox;

import org.jspecify.annotations.NullMarked;
