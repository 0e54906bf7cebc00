/** The client of a daemon's sandboxes, their processes and files. */
@NullMarked
package io.neurovisor.server.client.sandbox;

import org.jspecify.annotations.NullMarked;
