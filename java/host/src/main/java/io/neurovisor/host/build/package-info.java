/**
 * Isolates the scripts of packages from the host while images are built: their user ids and the one directory that they
 * share.
 */
@NullMarked
package io.neurovisor.host.build;

import org.jspecify.annotations.NullMarked;
