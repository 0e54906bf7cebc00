/** The other side of the daemon's Unix socket: commands of the same user that have their programs run by it. */
@NullMarked
package io.neurovisor.server.client;

import org.jspecify.annotations.NullMarked;
