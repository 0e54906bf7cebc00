/**
 * The API keys of a data directory, what each key grants, and their storage in SQLite. The database never contains a secret, only
 * its hash.
 */
@NullMarked
package io.neurovisor.server.access.keys;

import org.jspecify.annotations.NullMarked;
