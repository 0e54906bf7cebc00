/** The records of sandboxes, in a database of the data directory. */
@NullMarked
package io.neurovisor.server.sandbox.records;

import org.jspecify.annotations.NullMarked;
