/** Attacks of clients on a running daemon, and honest clients that are served during each. */
@NullMarked
package io.neurovisor.tests.clients;

import org.jspecify.annotations.NullMarked;
