/** Keeps what runs scripts of packages, while images are built, away from the host: their ids, and the one directory they share. */
@NullMarked
package io.neurovisor.host.build;

import org.jspecify.annotations.NullMarked;
