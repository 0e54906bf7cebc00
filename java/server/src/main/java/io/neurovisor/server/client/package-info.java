/** The client of a daemon's Unix socket and status port, for commands of the same user. */
@NullMarked
package io.neurovisor.server.client;

import org.jspecify.annotations.NullMarked;
