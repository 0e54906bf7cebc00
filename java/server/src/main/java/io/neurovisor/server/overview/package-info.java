/** What a daemon is doing and has just done: one picture, which the status page, its events and the command line show. */
@NullMarked
package io.neurovisor.server.overview;

import org.jspecify.annotations.NullMarked;
