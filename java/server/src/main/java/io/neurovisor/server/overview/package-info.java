/** The current and recent activity of a daemon, as shown by the status page, its events and the command line. */
@NullMarked
package io.neurovisor.server.overview;

import org.jspecify.annotations.NullMarked;
