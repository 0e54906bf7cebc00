/** What agent runs said and did, kept in an SQLite database. Nobody else knows of SQL. */
@NullMarked
package io.neurovisor.session;

import org.jspecify.annotations.NullMarked;
