/** Hostile clients of a running daemon, and honest clients that are served during each attack. */
@NullMarked
package io.neurovisor.tests.hostile.clients;

import org.jspecify.annotations.NullMarked;
