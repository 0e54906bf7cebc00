/** What agent runs said and did, kept in an SQLite database. */
@NullMarked
package io.neurovisor.session;

import org.jspecify.annotations.NullMarked;
