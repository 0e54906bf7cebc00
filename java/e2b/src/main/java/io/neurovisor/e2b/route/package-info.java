/** Where a request goes, and who may send it. */
@NullMarked
package io.neurovisor.e2b.route;

import org.jspecify.annotations.NullMarked;
