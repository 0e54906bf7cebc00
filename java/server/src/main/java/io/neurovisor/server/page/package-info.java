/** The status page: read-only, with all text from outside escaped. */
@NullMarked
package io.neurovisor.server.page;

import org.jspecify.annotations.NullMarked;
