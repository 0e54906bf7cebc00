/** Files that must be exactly what was built: locked while they are made, published at once and recognised by digest. Nothing here knows what the files are for. */
@NullMarked
package io.neurovisor.host.store;

import org.jspecify.annotations.NullMarked;
