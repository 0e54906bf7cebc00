/** The recorded conversations of agent runs, in an SQLite database. */
@NullMarked
package io.neurovisor.session;

import org.jspecify.annotations.NullMarked;
