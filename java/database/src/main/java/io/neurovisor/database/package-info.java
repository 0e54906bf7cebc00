/**
 * SQLite databases of the data directory: opening, migration, transactions and failures. The tables belong to other
 * packages.
 */
@NullMarked
package io.neurovisor.database;

import org.jspecify.annotations.NullMarked;
