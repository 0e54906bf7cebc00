/** What a user can set: one tree of records, filled from flags, environment, file and defaults in that order. */
@NullMarked
package io.neurovisor.server.config;

import org.jspecify.annotations.NullMarked;
