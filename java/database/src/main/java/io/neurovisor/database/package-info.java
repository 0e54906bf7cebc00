/** SQLite databases of the data directory: how one is opened, kept in form and spoken to. What is in it, its owner knows. */
@NullMarked
package io.neurovisor.database;

import org.jspecify.annotations.NullMarked;
