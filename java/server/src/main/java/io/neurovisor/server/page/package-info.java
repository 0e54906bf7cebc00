/** The status page: read-only, for whoever may reach the port, with everything that a stranger wrote as text and never as markup. */
@NullMarked
package io.neurovisor.server.page;

import org.jspecify.annotations.NullMarked;
